"""The store of one data folder: lease, lake, index and state together, as the one keeper sees them.

``<data>/lake/{events,corrections,quarantine}``, ``<data>/index.duckdb``, ``<data>/state.db``, ``<data>/keeper.lock``,
``<data>/inbox/``.

A batch: ``ask`` reserves the ids that are new, the caller attributes them, ``commit`` makes them durable in the lake.
The index follows in groups, because DuckDB takes many rows at once far faster than the same rows in small lots; until
then the ids of a committed batch are remembered here, so nothing is stored twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from remit.adapters.store.index.chains import Chains, Row
from remit.adapters.store.index.follower import Follower
from remit.adapters.store.index.index import MEMORY_MB, FollowReport, Index
from remit.adapters.store.lake.datafile import DataFile
from remit.adapters.store.lake.disk import Disk
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.schema import IDENTITY, file_schema
from remit.adapters.store.lease import Lease
from remit.adapters.store.place import LakePlace
from remit.adapters.store.reservations import Offers, Reservations
from remit.adapters.store.shared_lease import SharedLease
from remit.adapters.store.state.erased import Erased
from remit.adapters.store.state.state import State
from remit.model.errors import KeeperBusy, StoreError

HERE = LakePlace()
REBUILT = "index_rebuilt"
"""The setting of the state that tells when and why the index was last rebuilt because of a gap."""
ALONE_SECONDS = 60.0
ALONE_LOOK_SECONDS = 0.05
UNUSABLE = frozenset("?%")
"""DuckDB takes ``?`` in a path for the start of options, and delta-rs decodes ``%``."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a batch was told. ``token`` belongs to ``commit`` or ``abort``; ``known`` must not be stored again, of which
    ``erased`` was stored once and was erased."""

    token: str
    known: set[str]
    offers: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)


class Store:
    """Everything in one data folder, for the process that keeps it."""

    settle_soon: Callable[[], None] | None = None
    """Asks for late joins to be settled in the background; None where nothing does that, as in a command."""

    def __init__(
        self,
        folder: Path,
        lake: Lake,
        index: Index,
        state: State,
        closing: ExitStack,
        disk: Disk | None = None,
        place: LakePlace = HERE,
    ) -> None:
        self.folder = folder
        self.lake = lake
        self.index = index
        self.state = state
        self.working = threading.Lock()
        """Held while a long piece of work is done on the store, so that two do not interleave."""
        self.judging = threading.Lock()
        """Held while stored events are judged again, from finding their joins to the last correction: of two who judge
        an event, the one who found its joins later must correct it later."""
        self.maintaining = threading.Lock()
        """Held during maintenance, which goes on beside other work."""
        self.structure = threading.Lock()
        """Held while files of the lake are replaced by others, from reading the old to committing the new."""
        self.keep: str | None = None
        """How long events are kept, as whoever opened it was told; None when nobody was: the configuration says."""
        self.place = place
        self.disk = disk or Disk()
        """Through which everything durable in the folder is written."""
        self.shared: SharedLease | None = None
        """The lease of a state that several processes share; None where the data folder's own lease is enough."""
        self._closing = closing
        self._reservations = Reservations()
        self._chains = Chains(index)
        self.erased = Erased(state)
        self._counting, self._wanted_alone = threading.Lock(), 0
        self._asking = threading.Lock()
        self._committing = threading.Lock()
        self._following = threading.Lock()
        self._follower = Follower(self.follow)
        closing.callback(self._follower.wait)

    @classmethod
    def open(
        cls,
        folder: Path,
        role: str,
        on_notice: Callable[[str], None] = lambda _: None,
        *,
        control: str = "",
        state_url: str | None = None,
        state_password: str = "",
        memory_mb: int = MEMORY_MB,
        disk: Disk | None = None,
        place: LakePlace = HERE,
    ) -> Self:
        """Take the lease, mend and open everything, and let the index catch up with the lake.

        :raises KeeperBusy: naming the process that keeps this folder, or the lake that lies elsewhere.
        :raises IntegrityError: if acknowledged data is damaged beyond mending.
        """
        prepare(folder, disk or Disk())
        # Arrow's own pool keeps what batches of unequal size leave behind: 80 MB more after half a million events.
        pa.set_memory_pool(pa.system_memory_pool())
        with ExitStack() as opening:
            opening.enter_context(Lease.acquire(folder, role, control=control))
            state = State.open(state_url or f"sqlite:///{folder / 'state.db'}", state_password)
            opening.callback(state.close)
            shared = None if state.embedded else SharedLease.acquire(state, role, folder)
            if shared is not None:
                opening.callback(shared.release)
            index = Index.open(folder / "index.duckdb", on_notice=on_notice, memory_mb=memory_mb)
            opening.callback(index.close)
            known = index.acknowledged()
            storage, taken_over = place.keep(folder, role, disk, opening, on_notice)
            lake = Lake.open_in(storage, acknowledged=known, on_notice=on_notice, taken_over=taken_over)
            report = index.follow(lake)
            store = cls(folder, lake, index, state, opening.pop_all(), disk, place)
            store.shared = shared
            lake.write_while(store.check_lease)
            store._note_rebuild(report)
            return store

    def check_lease(self) -> None:
        """Make sure that this process still keeps a shared state; see ``SharedLease.check``."""
        if self.shared is not None:
            self.shared.check()

    def close(self) -> None:
        """Close everything and give the lease back."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def inbox(self) -> Path:
        """Where pushed records wait, synced, until they are ingested."""
        return self.folder / "inbox"

    def ask(
        self, ids: Sequence[str], times: Sequence[int], keys: Sequence[str] = (), offers: Offers | None = None
    ) -> Answers:
        """Reserve a batch's new ids and answer its link questions.

        ``times`` (microseconds since the epoch) belong to ``ids``, which are distinct within a batch. ``known`` holds
        the ids that are stored or on their way in another batch. ``offers`` are the link keys of the batch's own
        events, with the facts of each; they are held until the index has followed the batch. The answer's ``offers``
        holds, for each key somebody offers, the facts of the offering events and of those behind them, nearest first:
        the batch's own new events, committed ones and those in the index. What another batch in flight offers is not
        in it, which ``follow`` before a second look settles.
        """
        with self._asking:
            token, known = self._reservations.reserve(ids)
        try:
            if len(times):
                stored = self.index.known(ids, min(times), max(times))
                self._reservations.drop(token, stored)
                known |= stored
            erased = self.erased.among(ids)
            self._reservations.offer(token, offers or {})
            offered = self._chains.behind(keys, partial(self._reservations.offering, token))
            return Answers(token, known | erased, offered, erased)
        except BaseException:
            self._reservations.release(token)
            raise

    def abort(self, token: str) -> None:
        """Give a batch up: its ids are free again."""
        self._reservations.release(token)

    def commit(
        self,
        token: str | None,
        events: pa.Table | Sequence[DataFile] | None = None,
        corrections: pa.Table | None = None,
        quarantine: pa.Table | None = None,
        meta: Mapping[str, str] | None = None,
    ) -> dict[str, int]:
        """Make a batch durable, all of it or nothing; returns the version each touched lake table reached.

        ``events`` may be rows, or files that a worker wrote with ``write_files``. Corrections are numbered here, so the
        one committed later wins; a ``seq`` they bring is ignored. ``token`` is None for a batch that adds no events.

        :raises StoreError: the batch is not acknowledged; whether it is in the lake shows on the next open.
        """
        self._follower.check()
        with self._committing:
            self.check_lease()
            self._check(token, events)
            quarantine, corrections = (
                self._not_erased("quarantine", quarantine),
                self._not_erased("corrections", corrections),
            )
            batch = {"events": self._files("events", events), "quarantine": self._files("quarantine", quarantine)}
            if corrections is not None and corrections.num_rows:
                batch["corrections"] = self.lake.write("corrections", self._numbered(corrections))
            reached = self.lake.commit_batch(batch, meta or {})
            if token is not None:
                self._reservations.commit(token)
        self._follower.committed(sum(file.rows for files in batch.values() for file in files))
        return reached

    def follow(self) -> FollowReport:
        """Let the index catch up with every commit so far."""
        with self._following:
            return self._follow()

    def _follow(self) -> FollowReport:
        batches = self._reservations.committed()
        self._follower.begin()
        report = self.index.follow(self.lake)
        self._reservations.followed(batches)
        self._note_rebuild(report)
        return report

    def _note_rebuild(self, report: FollowReport) -> None:
        """Remember for the doctor that the index had to be rebuilt, and why."""
        if report.gap:
            at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            self.state.put_setting(REBUILT, {"at": at, "why": report.gap})

    @contextmanager
    def merging(self) -> Iterator[None]:
        """While files of the lake are replaced by others; begins after whoever waits to be alone."""
        while self._wanted_alone:
            time.sleep(ALONE_LOOK_SECONDS)
        with self.structure:
            yield

    @contextmanager
    def still(self) -> Iterator[None]:
        """While the index has every batch so far and follows nothing, and nothing is removed; events are stored
        meanwhile, and the index follows them afterwards."""
        self.check_lease()
        with self.structure, self._following:
            self._follow()
            yield

    @contextmanager
    def alone(self, patience: float = ALONE_SECONDS) -> Iterator[None]:
        """While nothing is stored and the index follows nothing: every batch has ended, and the index has them all.

        :raises KeeperBusy: if batches, or work on the lake's files, that are under way do not end in so many seconds.
        """
        self.check_lease()
        end = time.monotonic() + patience
        with self._structure_within(patience), self._asking:
            while self._reservations.in_flight():
                if time.monotonic() > end:
                    raise KeeperBusy(
                        "Records are being stored all the time",
                        where=str(self.folder),
                        remedy="Wait until what is being read is finished, then run this again.",
                    )
                time.sleep(ALONE_LOOK_SECONDS)
            with self._committing, self._following:
                self._follow()
                yield

    @contextmanager
    def _structure_within(self, patience: float) -> Iterator[None]:
        """``structure``, before any merge that has not begun."""
        with self._counting:
            self._wanted_alone += 1
        try:
            taken = self.structure.acquire(timeout=max(0.0, patience))
        finally:
            with self._counting:
                self._wanted_alone -= 1
        if not taken:
            raise KeeperBusy(
                f"Other work on the lake's files has not ended in {patience:g} seconds",
                where=str(self.folder),
                remedy="It is a merge, a removal, or the index being written anew: run this again once it is over.",
            )
        try:
            yield
        finally:
            self.structure.release()

    def forget_memory(self) -> None:
        """Let go of facts of stored events that are only remembered to save questions."""
        self._chains = Chains(self.index)

    def raw(self, event_id: str, time_us: int) -> str | None:
        """The redacted source record of an event, from the lake."""
        return self.lake.raw(event_id, time_us)

    def replace(self, kind: str, old: Sequence[DataFile], new: Sequence[DataFile]) -> None:
        """Swap files of the lake for others that say the same; whoever does holds ``structure``."""
        with self._committing:
            self.lake.replace(kind, old, new)

    def _not_erased(self, kind: str, rows: pa.Table | None) -> pa.Table | None:
        """Rows whose id was not erased: a second reading meets a record that is unreadable again."""
        if rows is None or not (erased := self.erased.among(rows[IDENTITY[kind]].to_pylist())):
            return rows
        gone = pc.is_in(rows[IDENTITY[kind]], value_set=pa.array(sorted(erased), pa.string()))
        return rows.filter(pc.invert(gone))

    def _files(self, kind: str, rows: Any) -> list[DataFile]:
        if isinstance(rows, pa.Table):
            return self.lake.write(kind, rows.cast(file_schema(kind))) if rows.num_rows else []
        return list(rows or ())

    def _numbered(self, corrections: pa.Table) -> pa.Table:
        """Number corrections by the version they will be committed as, and their place in it."""
        start = (self.lake.version("corrections") + 1) << 32
        numbers = pa.array(range(start, start + corrections.num_rows), pa.int64())
        schema = file_schema("corrections")
        columns = [
            numbers if name == "seq" else corrections[name].cast(schema.field(name).type) for name in schema.names
        ]
        return pa.Table.from_arrays(columns, schema=schema)

    def _check(self, token: str | None, events: Any) -> None:
        """Refuse rows that were not reserved: they would be stored twice."""
        held = self._reservations.held(token) if token is not None else frozenset()
        if isinstance(events, pa.Table):
            ids = events["event_id"].to_pylist()
            fits = len(set(ids)) == len(ids) and held.issuperset(ids)
        else:
            fits = sum(file.rows for file in events or ()) <= len(held)
        if not fits:
            raise StoreError(
                "A batch brings events that it did not reserve, or one of them twice",
                where=str(self.folder),
                remedy="Nothing of it was stored. This is a defect in the ingest flow: please report it.",
            )


def prepare(folder: Path, disk: Disk) -> None:
    """Make a data folder, for its owner alone."""
    if set(str(folder.absolute())) & UNUSABLE:
        raise StoreError(
            "The path of a data folder cannot have a question mark or a per cent sign in it",
            where=str(folder),
            remedy="Name another with --data.",
        )
    for place in (folder, folder / "inbox"):
        disk.make_folder(place, 0o700)
