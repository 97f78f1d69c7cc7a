"""How the index follows the lake: SQL over the lake's new Parquet files, inside the caller's transaction.

Rows of ``events`` are inserted with their newest correction already applied; corrections of events that are already
there update them when they are newer; a correction whose event has not arrived waits in ``pending``. So the order in
which files arrive does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from remit.adapters.store.schema import CORRECTIONS, QUARANTINE, ddl, from_parquet
from remit.model.columns import INDEXED, JUDGED

FILES_AT_ONCE = 32
TABLES: Final = ("events", "offers", "pending", "quarantine", "watermarks")
_INDEXED: Final = ", ".join(f'"{column.name}"' for column in INDEXED)
_CORRECTED: Final = ", ".join(f'"{column.name}"' for column in CORRECTIONS)
_JUDGED_NAMES: Final = frozenset(column.name for column in JUDGED)


def create_tables(cursor: duckdb.DuckDBPyConnection) -> None:
    """The index's tables, empty; tables of the same names are dropped."""
    for table in TABLES:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
    cursor.execute(ddl("events", INDEXED, "correction_seq BIGINT"))
    cursor.execute("CREATE TABLE offers (key VARCHAR, event_id VARCHAR, time TIMESTAMP)")
    cursor.execute(ddl("pending", CORRECTIONS))
    cursor.execute(ddl("quarantine", QUARANTINE))
    cursor.execute("CREATE TABLE watermarks (kind VARCHAR, version BIGINT, table_id VARCHAR, commit_file BLOB)")


def apply(
    cursor: duckdb.DuckDBPyConnection, events: Sequence[str], corrections: Sequence[str], quarantine: Sequence[str]
) -> None:
    """Bring the rows of these files in. Arguments are paths; each file is given once in the index's life."""
    corrected = _stage_corrections(cursor, corrections)
    for chunk in _chunks(events):
        _insert_events(cursor, chunk, corrected)
    if corrected:
        _correct(cursor)
    for chunk in _chunks(quarantine):
        _insert_quarantine(cursor, chunk)


def _chunks(paths: Sequence[str]) -> list[Sequence[str]]:
    return [paths[start : start + FILES_AT_ONCE] for start in range(0, len(paths), FILES_AT_ONCE)]


def _read(paths: Sequence[str]) -> str:
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{quoted}], hive_partitioning = false)"


def _stage_corrections(cursor: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> bool:
    """``fresh``: the newest of the new and the waiting corrections per event. False if there are none."""
    waiting = cursor.execute("SELECT count(*) FROM pending").fetchall()[0][0]
    if not paths and not waiting:
        return False
    sources = [f"SELECT {_CORRECTED} FROM pending"]
    sources += [f"SELECT {from_parquet(CORRECTIONS)} FROM {_read(chunk)}" for chunk in _chunks(paths)]
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT * FROM ({' UNION ALL '.join(sources)}) "
        "QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY seq DESC) = 1"
    )
    return True


def _insert_events(cursor: duckdb.DuckDBPyConnection, paths: Sequence[str], corrected: bool) -> None:
    rows = f"SELECT {from_parquet(INDEXED)} FROM {_read(paths)}"
    if corrected:
        columns = ", ".join(_corrected(column.name) for column in INDEXED)
        rows = f"SELECT {columns}, fresh.seq FROM ({rows}) AS born LEFT JOIN fresh ON fresh.event_id = born.event_id"
        cursor.execute(f"INSERT INTO events ({_INDEXED}, correction_seq) {rows}")
    else:
        cursor.execute(f"INSERT INTO events ({_INDEXED}) {rows}")
    cursor.execute(
        "INSERT INTO offers SELECT unnest(list_distinct(link_offers)), event_id, make_timestamp(epoch_us(time)) "
        f"FROM {_read(paths)} WHERE len(link_offers) > 0"
    )


def _corrected(name: str) -> str:
    if name in _JUDGED_NAMES:
        return f'CASE WHEN fresh.seq IS NULL THEN born."{name}" ELSE fresh."{name}" END'
    return f'born."{name}"'


def _correct(cursor: duckdb.DuckDBPyConnection) -> None:
    low, high = cursor.execute("SELECT epoch_us(min(time)), epoch_us(max(time)) FROM fresh").fetchall()[0]
    if low is None:
        return
    window = f"events.time BETWEEN make_timestamp({low}) AND make_timestamp({high})"
    assignments = ", ".join(f'"{column.name}" = fresh."{column.name}"' for column in JUDGED)
    cursor.execute(
        f"UPDATE events SET {assignments}, correction_seq = fresh.seq FROM fresh "
        f"WHERE events.event_id = fresh.event_id AND {window} "
        "AND (events.correction_seq IS NULL OR events.correction_seq < fresh.seq)"
    )
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
