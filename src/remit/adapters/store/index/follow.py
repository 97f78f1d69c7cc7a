"""How the index follows the lake: SQL over the lake's new Parquet files, inside the caller's transaction.

Rows of ``events`` are inserted with their newest correction already applied; corrections of events that are already
there update them when they are newer; a correction whose event has not arrived waits in ``pending``. So the order in
which files arrive does not matter.

Every follow that brings or corrects events has a number, one higher than the last. A row carries the number of the
follow that brought it (``born_seq``) and of the one that last brought or corrected it (``change_seq``), so that what
changed since is found without looking at the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import accumulate
from typing import Final

import duckdb

from remit.adapters.store.index import hours, lookups, packed
from remit.adapters.store.index.hours import count_in, create_hours, merge, recount
from remit.adapters.store.index.lookups import add_names, create_names, forget_names
from remit.adapters.store.lake.datafile import DataFile
from remit.adapters.store.lake.schema import CORRECTIONS, QUARANTINE, ddl, fingerprint, from_parquet
from remit.model.columns import INDEXED, JUDGED

FILES_AT_ONCE = 32
BYTES_AT_ONCE = 1 << 30
"""Of an object store the files of one step lie on the local disk meanwhile."""
Here = Callable[[str, Sequence[DataFile]], AbstractContextManager[list[str]]]
"""A table's kind and files of it -> local paths at which all but ``raw`` can be read, meanwhile."""
TABLES: Final = ("events", "offers", "pending", "quarantine", "watermarks", "sequence")
_IDENTITIES: Final = {"events": "event_id", "offers": "event_id", "pending": "event_id", "quarantine": "quarantine_id"}
_OWN: Final = ("correction_seq", "change_seq", "born_seq", "place")
_CORRECTED: Final = ", ".join(f'"{column.name}"' for column in CORRECTIONS)
_JUDGED_NAMES: Final = frozenset(column.name for column in JUDGED)


def form() -> str:
    """What the tables hold and how they are filled: an index of another form is rebuilt from the lake."""
    return f"{fingerprint()};{packed.FORM};{lookups.FORM};{hours.FORM}"


def create_tables(cursor: duckdb.DuckDBPyConnection, epoch: str) -> None:
    """The index's tables, empty; tables of the same names are dropped. Numbers of one ``epoch`` mean nothing
    in another."""
    for table in TABLES:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
    cursor.execute(packed.ddl("events", INDEXED, *(f"{name} BIGINT" for name in _OWN)))
    cursor.execute("CREATE TABLE offers (key VARCHAR, event_id VARCHAR, time TIMESTAMP)")
    cursor.execute(ddl("pending", CORRECTIONS))
    cursor.execute(ddl("quarantine", QUARANTINE))
    cursor.execute("CREATE TABLE watermarks (kind VARCHAR, version BIGINT, table_id VARCHAR, commit_file BLOB)")
    cursor.execute("CREATE TABLE sequence (epoch VARCHAR, number BIGINT, places BIGINT)")
    cursor.execute("INSERT INTO sequence VALUES (?, 0, 0)", [epoch])
    create_names(cursor)
    create_hours(cursor)


def apply(cursor: duckdb.DuckDBPyConnection, new: Mapping[str, Sequence[DataFile]], here: Here) -> None:
    """Bring the rows of each table's new files in; each file is given once in the index's life."""
    number = _next_number(cursor) if new["events"] or new["corrections"] else 0
    with here("corrections", new["corrections"]) as paths:
        corrected = _stage_corrections(cursor, paths)
    for chunk in _chunks(new["events"]):
        with here("events", chunk) as paths:
            files = dict(zip(paths, (file.rows for file in chunk), strict=True))
            _insert_events(cursor, files, corrected, number)
    if corrected:
        _correct(cursor, number)
    if number:
        merge(cursor)
    for chunk in _chunks(new["quarantine"]):
        with here("quarantine", chunk) as paths:
            _insert_quarantine(cursor, paths)


def _next_number(cursor: duckdb.DuckDBPyConnection) -> int:
    cursor.execute("UPDATE sequence SET number = number + 1")
    number: int = cursor.execute("SELECT number FROM sequence").fetchall()[0][0]
    return number


def _chunks(files: Sequence[DataFile]) -> Iterator[list[DataFile]]:
    chunk: list[DataFile] = []
    for file in files:
        if len(chunk) == FILES_AT_ONCE or (chunk and sum(each.size for each in chunk) + file.size > BYTES_AT_ONCE):
            yield chunk
            chunk = []
        chunk.append(file)
    if chunk:
        yield chunk


def _read(paths: Sequence[str]) -> str:
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{quoted}], hive_partitioning = false)"


def _stage_corrections(cursor: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> bool:
    """``fresh``: the newest of the new and the waiting corrections per event. False if there are none."""
    waiting = cursor.execute("SELECT count(*) FROM pending").fetchall()[0][0]
    if not paths and not waiting:
        return False
    sources = [f"SELECT {_CORRECTED} FROM pending"]
    lots = [paths[start : start + FILES_AT_ONCE] for start in range(0, len(paths), FILES_AT_ONCE)]
    sources += [f"SELECT {from_parquet(CORRECTIONS)} FROM {_read(lot)}" for lot in lots]
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT * FROM ({' UNION ALL '.join(sources)}) "
        "QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY seq DESC) = 1"
    )
    return True


def _insert_events(cursor: duckdb.DuckDBPyConnection, files: Mapping[str, int], corrected: bool, number: int) -> None:
    paths = list(files)
    rows = f"SELECT {from_parquet(INDEXED)}, {_places(cursor, files)} AS place FROM {_read(paths)}"
    add_names(cursor, f"({rows})")
    seq = "NULL"
    if corrected:
        columns = ", ".join(_corrected(column.name) for column in INDEXED)
        joined = f"({rows}) AS born LEFT JOIN fresh ON fresh.event_id = born.event_id"
        rows, seq = f"SELECT {columns}, born.place, fresh.seq AS seq FROM {joined}", "seq"
    own = {"correction_seq": seq, "change_seq": str(number), "born_seq": str(number), "place": "place"}
    names, values = packed.stored(rows, own)
    cursor.execute(f"INSERT INTO events ({names}) {values}")
    count_in(cursor, f"({rows})")
    cursor.execute(
        "INSERT INTO offers SELECT unnest(list_distinct(link_offers)), event_id, make_timestamp(epoch_us(time)) "
        f"FROM {_read(paths)} WHERE len(link_offers) > 0"
    )


def _places(cursor: duckdb.DuckDBPyConnection, files: Mapping[str, int]) -> str:
    """The place of each row that is read from these files: numbers that no other event has had."""
    taken: int = cursor.execute("SELECT places FROM sequence").fetchall()[0][0]
    starts = list(accumulate(files.values(), initial=taken))
    cursor.execute("UPDATE sequence SET places = ?", [starts[-1]])
    return f"{starts[:-1]}[(file_index + 1)::BIGINT] + file_row_number"


def _corrected(name: str) -> str:
    if name in _JUDGED_NAMES:
        return f'CASE WHEN fresh.seq IS NULL THEN born."{name}" ELSE fresh."{name}" END AS "{name}"'
    return f'born."{name}"'


def _correct(cursor: duckdb.DuckDBPyConnection, number: int) -> None:
    low, high = cursor.execute("SELECT epoch_us(min(time)), epoch_us(max(time)) FROM fresh").fetchall()[0]
    if low is None:
        return
    window = f"events.time BETWEEN make_timestamp({low}) AND make_timestamp({high})"
    older = "(events.correction_seq IS NULL OR events.correction_seq < fresh.seq)"
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS SELECT events.place FROM events JOIN fresh "
        f"ON events.event_id = fresh.event_id AND {window} AND {older}"
    )
    corrected = f"(SELECT * FROM events WHERE place IN (SELECT place FROM touched) AND {window})"
    count_in(cursor, corrected, -1)
    assignments = ", ".join(f'"{column.name}" = fresh."{column.name}"' for column in JUDGED)
    cursor.execute(
        f"UPDATE events SET {assignments}, correction_seq = fresh.seq, change_seq = {number} FROM fresh "
        f"WHERE events.event_id = fresh.event_id AND {window} AND {older}"
    )
    count_in(cursor, corrected)
    cursor.execute("DROP TABLE touched")
    cursor.execute("DELETE FROM pending")
    cursor.execute(
        f"INSERT INTO pending SELECT {_CORRECTED} FROM fresh "
        f"WHERE event_id NOT IN (SELECT event_id FROM events WHERE {window})"
    )
    cursor.execute("DROP TABLE fresh")


def _insert_quarantine(cursor: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> None:
    cursor.execute(
        f"INSERT INTO quarantine SELECT {from_parquet(QUARANTINE)} FROM {_read(paths)} "
        "WHERE quarantine_id NOT IN (SELECT quarantine_id FROM quarantine) "
        "QUALIFY row_number() OVER (PARTITION BY quarantine_id ORDER BY time) = 1"
    )


def forget(cursor: duckdb.DuckDBPyConnection, ids: str, before_us: int | None) -> None:
    """Delete what was removed from the lake: rows whose id is in the relation ``ids`` (column ``id``), and rows older
    than a time in microseconds since the epoch."""
    older = "" if before_us is None else f" OR time < make_timestamp({int(before_us)})"
    for table, identity in _IDENTITIES.items():
        cursor.execute(f"DELETE FROM {table} WHERE {identity} IN (SELECT id FROM {ids}){older}")
    forget_names(cursor)
    recount(cursor)
