"""Taking a subject out of the state: what Remit itself remembers besides events.

Rows that are about events or belong to the subject are deleted: saved views, alerts and what they found, sign-ins,
feeds and their marks. What must stay, above all the journal, keeps its rows and gets a stand-in for the name.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, delete, inspect, select, update

from remit.adapters.store.state.state import State
from remit.adapters.store.state.tables import DELIVERIES, FIRINGS, METADATA
from remit.adapters.store.state.words import COLLATION, Words
from remit.rooms.removal.subject import Subject

_LOOKS: Final = 50
_LOOK_SECONDS: Final = 0.1
_SAMPLES: Final = "VACUUM (FULL) pg_statistic"
"""What PostgreSQL's planner samples is in a table of its own; only the owner of a database may write it anew."""
DELETED: Final = frozenset(
    {"saved_views", "alerts", "firings", "deliveries", "sign_ins", "feeds", "feed_objects", "cursors"}
)
"""Tables whose rows go when they name the subject; in every other one the name is replaced."""
BY_WHOM: Final = frozenset({"owner", "created_by", "seen_by"})
"""Columns that say who made a row: an alert does not go because the one who set it up does."""


def mentions(state: State, subject: Subject) -> dict[str, list[str]]:
    """Per table of the state the rows that name the subject, by name or key."""
    with state.transaction() as connection:
        return {
            table.name: named
            for table in _tables(connection)
            if (named := [_label(table, row) for row in _rows(connection, table, subject)])
        }


def scrub(state: State, subject: Subject, stand_in: str) -> dict[str, int]:
    """Delete or rewrite every row that names the subject, in one transaction; rows per table."""

    def scrubbed(connection: Connection) -> dict[str, int]:
        tables = _tables(connection)
        if not state.embedded:  # what is read is rewritten by its key: nobody may change it in between
            names = ", ".join(f'"{table.name}"' for table in tables)
            connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
        counted = {table.name: _out_of(connection, table, subject, stand_in) for table in tables}
        _drop_orphans(connection)
        return {name: count for name, count in counted.items() if count}

    return state.attempt(scrubbed, alone="scrubbing")


def _out_of(connection: Connection, table: Table, subject: Subject, stand_in: str) -> int:
    """Rows of one table that were deleted or rewritten."""
    rows = list(_rows(connection, table, subject))
    for row in rows:
        _take_out(connection, table, row, subject, stand_in)
    return len(rows)


def compact(state: State) -> bool:
    """Write the database anew, so that no deleted row lingers in its tables and in what its planner knows of them.
    False for PostgreSQL, which keeps a log, replicas and backups beside its tables that are not ours to reach."""
    if not state.embedded:
        state.outside([*map(_without_samples, METADATA.sorted_tables), *map(_anew, METADATA.sorted_tables), _SAMPLES])
        return False
    with state.transaction() as connection:
        raw: Any = connection.connection.driver_connection
        raw.rollback()  # neither statement runs inside a transaction
        connection.exec_driver_sql("VACUUM")
        for _ in range(_LOOKS):  # a reader of an older state keeps the log from being emptied
            (busy, _, _) = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            if not busy:
                break
            time.sleep(_LOOK_SECONDS)
    return True


def _without_samples(table: Table) -> str:
    """Makes PostgreSQL forget the values that its planner keeps of a table: those of one that is empty now would stay
    for good, but naming a column's type, even the one it has, drops them."""
    texts = [column.name for column in table.columns if isinstance(column.type, Words)]
    changes = ", ".join(f'ALTER COLUMN "{name}" TYPE text COLLATE "{COLLATION}"' for name in texts)
    return f'ALTER TABLE "{table.name}" {changes}'


def _anew(table: Table) -> str:
    return f'VACUUM (FULL) "{table.name}"'


def forget_firings(state: State, before: str) -> int:
    """Delete what alerts found before a time (ISO 8601), with its deliveries."""
    with state.transaction() as connection:
        gone = connection.execute(delete(FIRINGS).where(FIRINGS.c.last < before)).rowcount
        _drop_orphans(connection)
    return int(gone)


def _drop_orphans(connection: Connection) -> None:
    connection.execute(delete(DELIVERIES).where(DELIVERIES.c.firing.not_in(select(FIRINGS.c.id))))


def _tables(connection: Connection) -> list[Table]:
    present = set(inspect(connection).get_table_names())
    return [table for table in METADATA.sorted_tables if table.name in present]


def _rows(connection: Connection, table: Table, subject: Subject) -> Iterator[Mapping[str, Any]]:
    found = connection.execute(select(table)).mappings().all()
    return (dict(row) for row in found if any(_names(value, subject) for value in row.values()))


def _names(value: Any, subject: Subject) -> bool:
    return isinstance(value, str) and subject.names_in_source(value)


def _label(table: Table, row: Mapping[str, Any]) -> str:
    named = "name" if "name" in table.c else next(iter(table.primary_key.columns.keys()))
    return str(row[named])


def _take_out(connection: Connection, table: Table, row: Mapping[str, Any], subject: Subject, stand_in: str) -> None:
    here = and_(*(column == row[column.name] for column in table.primary_key.columns))
    naming = {name: value for name, value in row.items() if _names(value, subject)}
    if table.name in DELETED and naming.keys() - BY_WHOM:
        connection.execute(delete(table).where(here))
        return
    clean = {name: _cleaned(value, subject, stand_in) for name, value in naming.items()}
    connection.execute(update(table).where(here).values(**clean))


def _cleaned(value: str, subject: Subject, stand_in: str) -> str:
    """The text without the name; what was JSON stays JSON."""
    try:
        parsed = json.loads(value)
    except ValueError:
        parsed = None
    if isinstance(parsed, (dict, list)):
        return json.dumps(_replaced(parsed, subject, stand_in))
    return subject.replaced_in_source(value, stand_in)


def _replaced(value: Any, subject: Subject, stand_in: str) -> Any:
    if isinstance(value, str):
        return subject.replaced_in_source(value, stand_in)
    if isinstance(value, list):
        return [_replaced(item, subject, stand_in) for item in value]
    if isinstance(value, dict):
        return {
            subject.replaced_in_source(key, stand_in): _replaced(item, subject, stand_in) for key, item in value.items()
        }
    return value


def words(state: State) -> Iterator[str]:
    """Every text of every table."""
    with state.transaction() as connection:
        for table in _tables(connection):
            for row in connection.execute(select(table)):
                yield from (value for value in row if isinstance(value, str))
