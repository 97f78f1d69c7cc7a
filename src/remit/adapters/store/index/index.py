"""The index: a DuckDB file that follows the lake and answers questions. Disposable: the lake rebuilds it."""

from __future__ import annotations

import threading
import uuid
import weakref
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, Self

import duckdb
import pyarrow as pa

from remit.adapters.store.index import follow, generations
from remit.adapters.store.index.duck import Duck, UnreadableIndex
from remit.adapters.store.index.remembered import Remembered
from remit.adapters.store.lake.datafile import DataFile
from remit.adapters.store.lake.deltalog import MARK, GapInLog
from remit.adapters.store.lake.lake import Acknowledged, Change, Lake
from remit.adapters.store.lake.schema import KINDS, STORED
from remit.model.columns import BY_NAME
from remit.model.errors import IntegrityError

MEMORY_MB = 320
THREADS = 2
BATCH_ROWS = 10_000
_REBUILDS = 5
_READ: Final = {kind: frozenset(column.name for column in STORED[kind]) - {"raw"} for kind in KINDS}
"""What the index reads of each table's files."""


@dataclass(frozen=True, slots=True)
class FollowReport:
    """Rows taken from the lake's new files (before corrections settle on events), whether all was rebuilt, and if that
    was because the log did not tell what happened since, why it did not."""

    events: int = 0
    corrections: int = 0
    quarantine: int = 0
    rebuilt: bool = False
    gap: str = ""


class Index:
    """Rows without raw, link offers, quarantine, and how far into the lake's log they reach."""

    def __init__(
        self, duck: Duck, on_notice: Callable[[str], None], path: Path, opened: Callable[[Path], Duck]
    ) -> None:
        self._duck = duck
        self._notice = on_notice
        self._path = path
        self._opened = opened
        self._moved = threading.Condition()
        self._sequence = ("", 0)
        self._withdrawals = 0
        self.memories: weakref.WeakSet[Remembered] = weakref.WeakSet()
        """Answers that are remembered elsewhere, and are forgotten when rows go."""

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        on_notice: Callable[[str], None] = lambda _: None,
        memory_mb: int = MEMORY_MB,
        threads: int = THREADS,
    ) -> Self:
        """Open the file, or start an empty one (with a notice) if it cannot be read or has other columns.

        :raises KeeperBusy: if another process has it open.
        """
        opened = partial(Duck.open, memory_mb=memory_mb, threads=threads)
        generations.settle(path)
        try:
            duck = opened(path)
        except UnreadableIndex as error:
            on_notice(f"The index cannot be read and is rebuilt from the lake: {str(error).splitlines()[0]}")
            generations.remove(path)
            duck = opened(path)
        index = cls(duck, on_notice, path, opened)
        index._prepare()
        return index

    def close(self) -> None:
        """Checkpoint and close the file."""
        self._duck.close()
        generations.settle(self._path)

    @property
    def sequence(self) -> tuple[str, int]:
        """(epoch, number) of the newest follow that brought or corrected events. Numbers rise within an epoch, also
        over restarts; a rebuilt index begins another epoch."""
        return self._sequence

    @property
    def edition(self) -> tuple[tuple[str, int], int]:
        """Another value after every change of events in this process, also after some were taken away."""
        return self._sequence, self._withdrawals

    def wait(self, seen: tuple[str, int], seconds: float) -> tuple[str, int]:
        """The sequence as soon as it is another than ``seen``, or as it stands after so many seconds."""
        with self._moved:
            self._moved.wait_for(lambda: self._sequence != seen, seconds)
            return self._sequence

    def acknowledged(self) -> Acknowledged:
        """The newest commit of each lake table that this index has followed, with the bytes of its log file. None of
        an index that followed a lake which another process keeps: what it followed need not be acknowledged."""
        rows = self._duck.table("SELECT kind, version, commit_file FROM watermarks").to_pylist()
        return {row["kind"]: (row["version"], row["commit_file"]) for row in rows if row["commit_file"][:1] == b"{"}

    def followed(self) -> dict[str, int]:
        """The newest version of each lake table that this index has followed."""
        rows = self._duck.table("SELECT kind, version FROM watermarks").to_pylist()
        return {row["kind"]: row["version"] for row in rows}

    def follow(self, lake: Lake) -> FollowReport:
        """Apply the lake's commits since the watermark, rows and watermark in one transaction.

        If the log no longer tells what happened since then, the index is rebuilt, with a notice.
        """
        with self._duck.writing:
            try:
                changes = {kind: self._changes(lake, kind) for kind in KINDS}
                with self._duck.transaction():
                    report = self._apply(lake, changes, rebuilt=False)
            except GapInLog as gap:
                self._notice(f"The index is rebuilt from the lake: {gap}.")
                return replace(self.rebuild(lake), gap=str(gap))
            self._tell()
            return report

    def rebuild(self, lake: Lake) -> FollowReport:
        """Empty every table and read the whole lake, in one transaction: readers see the old rows until the end.

        A lake that another process keeps may lose a file to its maintenance meanwhile: then its newer state is read.

        :raises IntegrityError: if files that the newest state names are not there.
        """
        with self._duck.writing:
            for _ in range(_REBUILDS):
                with suppress(GapInLog):
                    return self._rebuild(lake)
                if not lake.refresh():
                    break
        raise IntegrityError(
            "The lake names files that are not there",
            where=lake.storage.place,
            remedy="Restore them from a backup; what the index held is still there.",
        )

    def _rebuild(self, lake: Lake) -> FollowReport:
        with self._duck.transaction() as cursor:
            follow.create_tables(cursor, uuid.uuid4().hex)
            report = self._apply(lake, {kind: lake.files(kind) for kind in KINDS}, rebuilt=True)
        self._tell()
        self._forget()
        return report

    def withdraw(self, lake: Lake, ids: Collection[str], before_us: int | None) -> None:
        """Delete rows that the lake's newest commits no longer have: these ids, and all older than a time.

        The index must have followed every commit before the ones that withdrew the rows.
        """
        with self._duck.transaction() as cursor:
            cursor.register("withdrawn", pa.table({"id": pa.array(list(ids), pa.string())}))
            try:
                follow.forget(cursor, "withdrawn", before_us)
                self._mark_all(lake)
            finally:
                cursor.unregister("withdrawn")
        self._withdrawals += 1
        self._forget()

    def copy_commits(self, lake: Lake) -> None:
        """Keep the newest commits' files as they are now: their words may have been rewritten."""
        with self._duck.transaction():
            self._mark_all(lake)

    def renew(self) -> None:
        """Go on in a new file that holds the present rows and nothing else: deleted rows linger in an old one.

        Readers of the old file end in peace; it is gone from the folder. Places in the sequence of changes stay valid.
        """
        with self._duck.writing:
            old, fresh, building = self._duck, generations.following(self._path), generations.unfinished(self._path)
            old.copy_to(building)
            building.replace(fresh)
            self._duck = self._opened(fresh)
            generations.remove(old.path)
            generations.sync_folder(self._path)

    def space(self) -> tuple[int, int]:
        """Bytes of the file, and how many of them hold nothing any more."""
        row = self._duck.table("CALL pragma_database_size()").to_pylist()[0]
        return row["block_size"] * row["total_blocks"], row["block_size"] * row["free_blocks"]

    def known(self, ids: Sequence[str], low_us: int, high_us: int) -> set[str]:
        """Which of these events are stored; their times lie within the bounds (microseconds since the epoch)."""
        if not ids:
            return set()
        found = self._duck.table(
            "SELECT event_id FROM events WHERE time BETWEEN make_timestamp(?) AND make_timestamp(?) "
            "AND event_id IN (SELECT id FROM asked)",
            [low_us, high_us],
            asked=pa.table({"id": pa.array(ids, pa.string())}),
        )
        return set(found["event_id"].to_pylist())

    def offers(self, keys: Sequence[str], *, at_most: int = 1_000) -> dict[str, list[str]]:
        """For each link key that is offered, the events that offer it, smallest id first, at most so many per key."""
        if not keys:
            return {}
        sql = (
            "SELECT key, event_id FROM offers WHERE key IN (SELECT key FROM asked) "
            f"QUALIFY row_number() OVER (PARTITION BY key ORDER BY event_id) <= {int(at_most)} ORDER BY event_id"
        )
        return _grouped(self._duck.table(sql, asked=pa.table({"key": pa.array(keys, pa.string())})))

    def by_id(
        self, ids: Sequence[str], columns: Sequence[str], low_us: int | None = None, high_us: int | None = None
    ) -> dict[str, dict[str, object]]:
        """These columns of these events, by id; times as microseconds since the epoch. Bounds of time save work."""
        if not ids:
            return {}
        window, params = _window(low_us, high_us)
        names = ["event_id", *columns]
        sql = f"SELECT {_select(names)} FROM events WHERE event_id IN (SELECT id FROM asked) AND {window}"
        found = self._duck.table(sql, params, asked=pa.table({"id": pa.array(ids, pa.string())}))
        return {row["event_id"]: row for row in found.to_pylist()}

    def offer_span(self, keys: Sequence[str]) -> tuple[int | None, int | None]:
        """The first and last time at which any of these keys was offered, in microseconds since the epoch."""
        span = "epoch_us(min(time)) AS low, epoch_us(max(time)) AS high"
        sql = f"SELECT {span} FROM offers WHERE key IN (SELECT key FROM asked)"
        row = self._duck.table(sql, asked=pa.table({"key": pa.array(keys, pa.string())})).to_pylist()[0]
        return row["low"], row["high"]

    def rows(
        self,
        sql_where: str,
        params: Sequence[object],
        columns: Sequence[str],
        *,
        order: str = "time DESC, event_id",
        limit: int | None = None,
    ) -> Iterator[dict[str, list[object]]]:
        """Matching events as batches of columns; times as microseconds since the epoch.

        ``sql_where`` and ``order`` (none when it is empty) are SQL of our own making; values from people belong in
        ``params``.
        """
        bound = f" LIMIT {int(limit)}" if limit is not None else ""
        ordered = f" ORDER BY {order}" if order else ""
        sql = f"SELECT {_select(columns)} FROM events WHERE {sql_where or 'true'}{ordered}{bound}"
        with self._duck.errors("querying"), self._duck.new_cursor() as cursor:
            for batch in cursor.sql(sql, params=list(params)).to_arrow_reader(BATCH_ROWS):
                yield dict(zip(batch.schema.names, (column.to_pylist() for column in batch.columns), strict=True))

    def execute(self, sql: str, params: Sequence[object] = (), **tables: pa.Table) -> pa.Table:
        """Any read over the index's tables ``events``, ``offers`` and ``quarantine``, and over Arrow tables by name."""
        return self._duck.table(sql, params, **tables)

    @contextmanager
    def scratch(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for reads of many steps; temporary tables made with it are gone with it."""
        with self._duck.errors("querying"), self._duck.new_cursor() as cursor:
            yield cursor

    def _prepare(self) -> None:
        stamped = self._duck.table("SELECT 1 FROM duckdb_tables() WHERE table_name = 'stamp'").num_rows
        if stamped and self._duck.table("SELECT text FROM stamp")["text"].to_pylist() == [follow.form()]:
            self._tell()
            return
        if stamped:
            self._notice("The index has other columns than this version and is rebuilt from the lake.")
        named = self._duck.table("SELECT table_name AS name FROM duckdb_tables() WHERE NOT internal")
        tables = named["name"].to_pylist()
        with self._duck.transaction() as cursor:
            for table in tables:  # also those that this version knows nothing of
                cursor.execute(f'DROP TABLE "{table}"')
            follow.create_tables(cursor, uuid.uuid4().hex)
            cursor.execute("CREATE OR REPLACE TABLE stamp (text VARCHAR)")
            cursor.execute("INSERT INTO stamp VALUES (?)", [follow.form()])
        self._tell()

    def _forget(self) -> None:
        """Rows may be gone: no memory of answers keeps them until somebody asks again."""
        for memory in list(self.memories):
            memory.forget()

    def _tell(self) -> None:
        """Wake who waits, once what was brought can be read."""
        row = self._duck.table("SELECT epoch, number FROM sequence").to_pylist()[0]
        with self._moved:
            self._sequence = (row["epoch"], row["number"])
            self._moved.notify_all()

    def _changes(self, lake: Lake, kind: str) -> Change:
        marks = self._duck.table("SELECT * FROM watermarks WHERE kind = ?", [kind]).to_pylist()
        if not marks:
            return lake.files(kind)
        mark = marks[0]
        if mark["table_id"] != lake.table_id(kind):
            raise GapInLog(f"{kind} is another table than the one followed before")
        change = lake.files(kind, mark["version"])
        if mark["commit_file"].startswith(MARK) and not lake.followed(kind, mark["version"], mark["commit_file"]):
            raise GapInLog(f"commit {mark['version']} of {kind} is not the one that was followed")
        if change.removed:
            raise GapInLog(f"rows were removed from {kind}")
        return change

    def _apply(self, lake: Lake, changes: dict[str, Change], *, rebuilt: bool) -> FollowReport:
        new = {kind: sorted(change.added, key=lambda file: file.low_us) for kind, change in changes.items()}
        follow.apply(self._duck.cursor(), new, partial(_here, lake))
        for kind, change in changes.items():
            self._mark(lake, kind, change.version)
        events, corrections, quarantine = (_rows(changes[kind]) for kind in KINDS)
        return FollowReport(events, corrections, quarantine, rebuilt)

    def _mark_all(self, lake: Lake) -> None:
        for kind in KINDS:
            self._mark(lake, kind, lake.version(kind))

    def _mark(self, lake: Lake, kind: str, version: int) -> None:
        """Note, within the transaction, how far the index has followed a table."""
        cursor = self._duck.cursor()
        cursor.execute("DELETE FROM watermarks WHERE kind = ?", [kind])
        mark = [kind, version, lake.table_id(kind), lake.commit_bytes(kind, version)]
        cursor.execute("INSERT INTO watermarks VALUES (?, ?, ?, ?)", mark)


@contextmanager
def _here(lake: Lake, kind: str, files: Sequence[DataFile]) -> Iterator[list[str]]:
    """Local paths of these files.

    :raises GapInLog: if one of them is not there any more.
    """
    with ExitStack() as reading:
        try:
            paths = [str(reading.enter_context(lake.here(kind, file, _READ[kind]))) for file in files]
        except FileNotFoundError:
            raise GapInLog(f"a file of {kind} was replaced before it was read") from None
        yield paths


def _window(low_us: int | None, high_us: int | None) -> tuple[str, list[int]]:
    if low_us is None or high_us is None:
        return "true", []
    return "time BETWEEN make_timestamp(?) AND make_timestamp(?)", [low_us, high_us]


def _grouped(found: pa.Table) -> dict[str, list[str]]:
    answer: defaultdict[str, list[str]] = defaultdict(list)
    for key, event_id in zip(found["key"].to_pylist(), found["event_id"].to_pylist(), strict=True):
        answer[key].append(event_id)
    return dict(answer)


def _rows(change: Change) -> int:
    return sum(file.rows for file in change.added)


def _select(columns: Sequence[str]) -> str:
    return ", ".join(_selected(name) for name in dict.fromkeys(columns))


def _selected(name: str) -> str:
    if name in BY_NAME and BY_NAME[name].kind == "time":
        return f'epoch_us("{name}") AS "{name}"'
    return f'"{name}"'
