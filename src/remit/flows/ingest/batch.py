"""One chunk on its way to the lake: decode, ask the keeper, join, judge, write, commit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from remit.flows.ingest import quarantine
from remit.flows.ingest.gather import Batch, alone
from remit.flows.ingest.ports import Answers, ChunkLike, Keeper, Offers, Writer
from remit.flows.ingest.summary import Summary
from remit.model.columns import BY_NAME
from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.links import ISSUED_KEY, Link
from remit.rooms.events.decoded import Decoded, Reject

Columns = dict[str, list[Any]]


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
    merged: Columns = {name: [] for name in names}
    for part in parts:
        size = len(part["event_id"])
        for name, values in merged.items():
            values += part.get(name) or _absent(name, size)
    return merged


def _absent(name: str, size: int) -> list[Any]:
    return [[] for _ in range(size)] if BY_NAME[name].kind == "strings" else [None] * size


def asked_keys(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """The distinct link keys this batch joins by."""
    keys = {f"key:{key}" for key in set(columns.get("access_key") or ()) if key}
    for asked in columns.get("link_asks") or ():
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
    if len(rows) == len(columns["event_id"]):
        return columns
    return {name: [values[row] for row in rows] for name, values in columns.items()}


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
    links: dict[int, Sequence[Link]] = {}
    for row, (key, event_id) in enumerate(zip(columns.get("access_key") or (), columns["event_id"], strict=False)):
        chain = behind.get(key)
        if chain and event_id in makers:
            chain = [link for link in chain if link.facts["event_id"] != event_id]
        if chain:
            links[row] = chain
    return links


def offers_of(columns: Columns) -> dict[str, list[dict[str, Any]]]:
    """The issued keys of a batch, with the facts of the events that offer them; empty facts are left out."""
    offered: dict[str, list[dict[str, Any]]] = {}
    for row, keys in enumerate(columns.get("link_offers") or ()):
        if not keys:
            continue
        issued = [key for key in keys if key.startswith("key:")]
        if issued:
            facts = {name: value for name, values in columns.items() if _says(value := values[row]) and name != "raw"}
            for key in dict.fromkeys(issued):
                offered.setdefault(key, []).append(facts)
    return offered


def _says(value: Any) -> bool:
    return value is not None and value != []


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
    for row in fresh:
        summary.by_data_source[columns["data_source"][row]] += 1
    if fresh:
        times = columns["time"]
        summary.saw(min(times[row] for row in fresh))
        summary.saw(max(times[row] for row in fresh))
    return summary
