"""One chunk on its way to the lake: decode, ask the keeper, join, judge, write, commit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from remit.flows.ingest import quarantine
from remit.flows.ingest.gather import Batch, alone
from remit.flows.ingest.ports import Answers, ChunkLike, Keeper, Offers, Writer
from remit.flows.ingest.summary import Summary
from remit.model.coded import coded, selected
from remit.model.columns import BY_NAME
from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.links import ISSUED_KEY, Link
from remit.rooms.events.decoded import Decoded, Reject

Columns = Mapping[str, Sequence[Any]]
"""By name a list or a ``model.coded.Coded``, all of one length."""


class DecodeRecords(Protocol):
    """Raw records and the feed name to parts: data source, what was decoded (positions in the whole batch), share."""

    def __call__(self, records: Sequence[bytes], feed: str) -> Sequence[tuple[str, Decoded, Sequence[int]]]: ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chunk that is ready for the disk: judged columns of its new events (none: ``{}``), and its quarantine."""

    token: Any
    columns: Columns
    quarantine: Sequence[Mapping[str, Any]]
    place: str
    summary: Summary


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Everything a chunk passes through. ``redact`` cleans samples of what could not be decoded; ``horizon`` gives the
    time (microseconds since the epoch) before which events are not kept, or None."""

    decode: DecodeRecords
    judge: Judge
    keeper: Keeper
    write: Writer
    redact: quarantine.Redact
    horizon: Callable[[], int | None] = lambda: None

    def ingest(self, chunk: ChunkLike, feed: str) -> Summary:
        """Take one chunk to the lake; the returned summary counts what is committed."""
        prepared = self.prepare(alone(chunk), feed)
        self.store(prepared)
        return prepared.summary

    def prepare(self, batch: Batch, feed: str) -> Prepared:
        """Decode, ask and judge: everything but the disk. What is prepared must be stored, or its token aborted."""
        columns, rejects = merge(self.decode(batch.records, feed))
        columns, expired = not_before(columns, self.horizon())
        rows = quarantine.from_faults(batch, feed, self.redact)
        rows += quarantine.from_rejects(batch, feed, rejects, self.redact)
        size = len(columns.get("event_id", ()))
        if not size:
            return Prepared(None, {}, rows, batch.place, _count(batch, columns, [], rows, expired))
        answers = self.keeper.ask(columns["event_id"], columns["time"], asked_keys(columns), offers_of(columns))
        try:
            fresh = new_rows(columns["event_id"], answers.known)
            judged = self._judge(columns, fresh, answers)
        except BaseException:
            self.keeper.abort(answers.token)
            raise
        summary = _count(batch, columns, fresh, rows, expired, answers.erased)
        return Prepared(answers.token, judged, rows, batch.place, summary)

    def store(self, prepared: Prepared) -> None:
        """Write and commit what was prepared."""
        try:
            files = self.write(prepared.columns) if prepared.columns else ()
            self.keeper.commit(prepared.token, files, prepared.quarantine, prepared.place)
        except BaseException:
            if prepared.token is not None:
                self.keeper.abort(prepared.token)
            raise

    def _judge(self, columns: Columns, fresh: Sequence[int], answers: Answers) -> Columns:
        if not fresh:
            return {}
        kept = select(columns, fresh)
        return {**kept, **self.judge.judge(kept, links_of(kept, answers.offers))}


def merge(parts: Sequence[tuple[str, Decoded, Sequence[int]]]) -> tuple[Columns, list[Reject]]:
    """Parts of several formats as one batch; their rejects carry positions in the chunk already."""
    rejects = [reject for _, decoded, _ in parts for reject in decoded.rejects]
    filled = [decoded.columns for _, decoded, _ in parts if decoded.rows]
    if len(filled) <= 1:
        return (filled[0] if filled else {}), rejects
    return _concatenate(filled), rejects


def _concatenate(parts: Sequence[Columns]) -> Columns:
    names = dict.fromkeys(name for part in parts for name in part)
    merged: dict[str, list[Any]] = {name: [] for name in names}
    for part in parts:
        size = len(part["event_id"])
        for name, values in merged.items():
            values += part.get(name) or _absent(name, size)
    return {**merged}


def _absent(name: str, size: int) -> list[Any]:
    return [[] for _ in range(size)] if BY_NAME[name].kind == "strings" else [None] * size


def asked_keys(columns: Columns) -> list[str]:
    """The distinct link keys this batch joins by."""
    keys = {f"key:{key}" for key, _ in coded(columns.get("access_key") or ()).counted() if key}
    for asked, _ in coded(columns.get("link_asks") or ()).counted():
        keys.update(asked or ())
    return sorted(keys)


def new_rows(ids: Sequence[str], known: frozenset[str] | set[str]) -> list[int]:
    """Rows whose id is neither stored nor earlier in this batch."""
    seen: set[str] = set(known)
    rows = []
    for row, event_id in enumerate(ids):
        if event_id not in seen:
            seen.add(event_id)
            rows.append(row)
    return rows


def select(columns: Columns, rows: Sequence[int]) -> Columns:
    """These rows of a batch; the batch itself when they are all of it."""
    return columns if len(rows) == len(columns["event_id"]) else selected(columns, rows)


def not_before(columns: Columns, time_us: int | None) -> tuple[Columns, int]:
    """The rows that are not older than a time, and how many were."""
    times = columns.get("time", ())
    if time_us is None or not times or min(times) >= time_us:
        return columns, 0
    rows = [row for row, time in enumerate(times) if time >= time_us]
    return select(columns, rows), len(times) - len(rows)


def links_of(columns: Columns, offers: Offers) -> dict[int, Sequence[Link]]:
    """The issued-key links that can be answered now; the rest is settled later. Calls of one key share one list."""
    behind = {
        key.removeprefix("key:"): [Link(ISSUED_KEY, facts) for facts in chain]
        for key, chain in offers.items()
        if key.startswith("key:")
    }
    if not behind:
        return {}
    makers = {link.facts["event_id"] for chain in behind.values() for link in chain}
    keys, ids = coded(columns.get("access_key") or ()), columns["event_id"]
    links: dict[int, Sequence[Link]] = {}
    for row in keys.having(behind.get):
        chain = behind[keys[row]]
        if ids[row] in makers:
            chain = [link for link in chain if link.facts["event_id"] != ids[row]]
        if chain:
            links[row] = chain
    return links


def offers_of(columns: Columns) -> dict[str, list[dict[str, Any]]]:
    """The issued keys of a batch, with the facts of the events that offer them; empty facts are left out."""
    offers = coded(columns.get("link_offers") or ())
    rows = offers.having(_issued)
    offered: dict[str, list[dict[str, Any]]] = {}
    for row, facts in zip(rows, _facts(columns, rows), strict=True):
        for key in _issued(offers[row]):
            offered.setdefault(key, []).append(facts)
    return offered


def _facts(columns: Columns, rows: Sequence[int]) -> list[dict[str, Any]]:
    """What these rows say, absent values left out."""
    facts: list[dict[str, Any]] = [{} for _ in rows]
    chosen = selected({name: column for name, column in columns.items() if name != "raw"}, rows)
    for name, column in chosen.items():
        for said, value in zip(facts, column, strict=True):
            if value is not None and value != []:
                said[name] = value
    return facts


def _issued(keys: Sequence[str] | None) -> list[str]:
    return list(dict.fromkeys(key for key in keys or () if key.startswith("key:")))


def _count(
    batch: Batch,
    columns: Columns,
    fresh: Sequence[int],
    rows: Sequence[Any],
    expired: int,
    erased: Collection[str] = (),
) -> Summary:
    ids = columns.get("event_id", ())
    out = sum(event_id in erased for event_id in ids) if erased else 0
    summary = Summary(read=len(batch.records), new=len(fresh), erased=out, expired=expired)
    summary.duplicate = len(ids) - len(fresh) - out
    summary.quarantined.update(row["reason"] for row in rows)
    if fresh:
        kept = select({name: columns[name] for name in ("event_id", "time", "data_source")}, fresh)
        summary.by_data_source.update(dict(coded(kept["data_source"]).counted()))
        summary.saw(min(kept["time"]))
        summary.saw(max(kept["time"]))
    return summary
