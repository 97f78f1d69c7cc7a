"""Ingest from the command line's words to the store: feeds, workers, settling, and what to tell the person."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from remit.adapters.feeds.chunks import SKIP_MEANINGS, Chunk, Source
from remit.adapters.feeds.open_feed import read, sources
from remit.adapters.store.index.links import StoredLinks
from remit.adapters.store.index.narrowed import reader_of
from remit.adapters.store.store import Store
from remit.app.collecting import seldom
from remit.app.config.reading import load_configuration
from remit.app.keeper import StoreCorrections, StoreKeeper
from remit.app.packaged import REGISTRY_FILE, load_registry, load_rules
from remit.app.pipeline import build_pipeline
from remit.app.registry_file import JUDGED, RegistryFile
from remit.app.workers import ingest_in_parallel
from remit.flows.ingest.run import ingest
from remit.flows.ingest.summary import Summary
from remit.flows.questions.findings import findings
from remit.flows.rejudge import Report, reattribute, settle
from remit.rooms.attribution.judge import Judge

Json = dict[str, Any]
Tell = Callable[[Json], None]
_TELL_SECONDS: Final = 0.1
_SAMPLES: Final = 3
_FOLLOW_SECONDS: Final = 1.0
_STOPPED: Final = "Stopped before the end: what is counted here is kept. Run the same command again to read the rest."


@dataclass(slots=True)
class _Telling:
    """Passes the running summary on, a few times a second at most."""

    tell: Tell
    bytes_total: int | None = None
    bytes_done: int = 0
    last: float = 0.0
    summary: Summary = field(default_factory=Summary)

    def __call__(self, summary: Summary, place: str) -> None:
        self.summary = summary
        now = time.monotonic()
        if now - self.last >= _TELL_SECONDS:
            self.last = now
            self.tell(
                {**summary.to_json(), "place": place, "bytes_total": self.bytes_total, "bytes_done": self.bytes_done}
            )


class Ingesting:
    """One ingest into an open store."""

    def __init__(self, store: Store, options: Mapping[str, Any], tell: Tell, keeper: StoreKeeper | None = None) -> None:
        self.store = store
        self.keeper = keeper or StoreKeeper(store)
        self.feed = options.get("feed") or "default"
        self.workers = options.get("workers") or 1
        self.settings: Json = {
            "data": str(store.folder),
            "place": store.place,
            "format": options.get("form") or "auto",
            "keep": kept(store),
        }
        self.telling = _Telling(tell)
        self._resumable = False
        self._again: set[str] = set()

    def from_target(self, target: str, options: Mapping[str, Any]) -> Json:
        """Read everything at ``target``; objects of a bucket that were read before and have not changed are skipped."""
        started = time.monotonic()
        skipped: Counter[str] = Counter()
        self._resumable = target.startswith("s3://")
        self.feed = options.get("feed") or feed_name(target)
        self.store.state.put_feed(self.feed, target, self.settings["format"])
        done = (lambda key, mark: self.store.state.done(self.feed, key, mark)) if self._resumable else None
        found = sources(
            target, endpoint_url=options.get("endpoint_url"), profile=options.get("profile"), done=done, skipped=skipped
        )
        run = self.store.state.start_run(target)
        with seldom():
            try:
                summary, stopped = self.read(found), False
            except KeyboardInterrupt:
                summary, stopped = self.telling.summary, True
            summary.skipped.update(skipped)
            result = self.conclude(summary, started)
        result["skip_meanings"] = {word: SKIP_MEANINGS[word] for word in skipped if word in SKIP_MEANINGS}
        self.store.state.finish_run(run, {**summary.to_json(), "stopped": stopped})
        if stopped:
            return {**result, "stopped": True, "notes": [_STOPPED]}
        self.store.state.feed_read(self.feed)
        return result

    def read(self, found: Iterator[Source]) -> Summary:
        """Read these sources to their ends, here or with workers."""
        with self.store.lake.heeding_syncs():
            if self.workers > 1:
                return ingest_in_parallel(
                    found,
                    self._reading,
                    self.keeper,
                    self.feed,
                    self.workers,
                    build_pipeline,
                    self.settings,
                    progress=self.telling,
                    finished=self._finished,
                )
            pipeline = build_pipeline(self.keeper, self.settings)
            return ingest(found, self._reading, pipeline, self.feed, progress=self.telling, finished=self._finished)

    def chunks(self, chunks: Iterator[Chunk]) -> Summary:
        """Take chunks that come from no source, such as pages of an event history."""
        pipeline = build_pipeline(self.keeper, self.settings)
        total = Summary(sources=1)
        followed = time.monotonic()
        for chunk in chunks:
            with self.store.lake.heeding_syncs():
                total.add(pipeline.ingest(chunk, self.feed))
            if time.monotonic() - followed >= _FOLLOW_SECONDS:
                self.store.follow()
                followed = time.monotonic()
            self.telling(total, chunk.place)
        return total

    def conclude(self, summary: Summary, started: float) -> Json:
        """Settle late joins and say what was done and what is worth a look."""
        self.store.follow()
        report = settle_store(self.store)
        seconds = time.monotonic() - started
        return {
            **summary.to_json(),
            "seconds": seconds,
            "rate": summary.read / seconds if seconds else 0.0,
            "corrected": report.changed,
            "quarantine_samples": _quarantine_samples(self.store, summary.quarantined),
            "findings": findings(reader_of(self.store.index), since=summary.earliest_us) if summary.new else [],
        }

    def _reading(self, source: Source) -> Iterator[Chunk]:
        """The chunks of a source; one that could not be reached is not marked as read, so that it is tried again."""
        for chunk in read(source):
            if any(fault.passing for fault in chunk.faults):
                self._again.add(source.place)
            yield chunk

    def _finished(self, source: Any) -> None:
        self.telling.bytes_done += source.size or 0
        if self._resumable and source.fingerprint and source.place not in self._again:
            self.store.state.mark_done(self.feed, [(source.place, source.fingerprint)])


def settle_store(store: Store) -> Report:
    """Judge again what was judged before its joins were known. Waits for others who judge again."""
    with store.judging:
        judge = Judge(load_rules(), load_registry(store.folder))  # of now: it may have been changed while waiting
        return settle(StoredLinks(store.index), StoreCorrections(store), judge)


def reattribute_store(store: Store, tell: Tell = lambda _: None) -> Json:
    """Judge everything again under today's rules and registry; which registry that was is remembered."""
    version = RegistryFile(store.folder / REGISTRY_FILE).read()[1]
    judge = Judge(load_rules(), load_registry(store.folder))
    corrections = StoreCorrections(store)
    with store.judging, seldom():
        store.follow()
        report = reattribute(
            StoredLinks(store.index), corrections, judge, lambda so_far: tell({"looked_at": so_far.looked_at})
        )
        corrections.settled()
    store.state.put_setting("rules_version", judge.version)
    judged = {"version": version, "at": datetime.now(UTC).isoformat(timespec="seconds"), "changed": report.changed}
    store.state.put_setting(JUDGED, judged)
    return {**report.to_json(), "rules_version": judge.version}


def kept(store: Store) -> str:
    """How long this store's events are kept, empty for always: as its server was told, else as its folder says."""
    return load_configuration(store.folder).retention.keep if store.keep is None else store.keep


def feed_name(target: str) -> str:
    """A feed is named by where it comes from unless it is given a name."""
    return target.rstrip("/").rpartition("/")[2] or target


def _quarantine_samples(store: Store, reasons: Counter[str]) -> list[Json]:
    """One example of each of the commonest reasons."""
    common = [reason for reason, _ in reasons.most_common(_SAMPLES)]
    sql = (
        "SELECT arg_max(place, time) AS place, reason, arg_max(detail, time) AS detail FROM quarantine"
        " WHERE list_contains(CAST(? AS VARCHAR[]), reason)"
        " GROUP BY reason ORDER BY list_position(CAST(? AS VARCHAR[]), reason)"
    )
    found: list[Json] = store.index.execute(sql, [common, common]).to_pylist() if common else []
    return found
