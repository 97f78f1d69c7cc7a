"""State: what the keeper must remember besides events. SQLite by default, PostgreSQL by URL, the same code.

A feed object's mark means: every record of that object is in the lake. So a mark is written only after the lake has
acknowledged the commit that carries the object's last record; losing a mark costs a second read, never a record.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Final, Self, TypeVar

from sqlalchemy import JSON, Connection, Engine, Table, Text, cast, column, delete, func, literal, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from remit.adapters.store.state.database import open_engine, shown
from remit.adapters.store.state.migrating import migrate
from remit.adapters.store.state.tables import CURSORS, FEED_OBJECTS, FEEDS, JOURNAL, RUNS, SETTINGS
from remit.adapters.store.state.troubles import AGAIN, code_of, trouble
from remit.adapters.store.state.words import Words, kept
from remit.model.errors import StoreError

T = TypeVar("T")
MARKS_AT_ONCE = 500
ROWS_AT_ONCE: Final = 2_000
_ATTEMPTS: Final = 5
LOCKS: Final = 1_380_273_492
"""The first number of our advisory locks: ``REMT`` as a big-endian integer."""


class State:
    """Feeds, marks of what was read, cursors, runs, settings and the journal. What else is remembered (tokens, views,
    alerts ...) has a home of its own over ``transaction`` and ``upsert``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, password: str = "", *, migrates: bool = True) -> Self:
        """Open ``sqlite:///path`` or ``postgresql://...`` and bring its tables up to date. A process that only shares
        the state does not migrate it.

        :raises ConfigError: for an address that cannot be used.
        :raises StateUnavailable: if its server does not answer.
        :raises StoreError: if it cannot be read, or is not of this version.
        """
        state = cls(open_engine(url, password))
        try:
            with state.transaction(alone="migrations") as connection:
                migrate(connection, state.where, migrates=migrates)
        except BaseException:
            state.close()
            raise
        return state

    @property
    def embedded(self) -> bool:
        """Whether it is a file of ours rather than a database server's."""
        return self._engine.dialect.name == "sqlite"

    @property
    def where(self) -> str:
        """Its address, as it may be shown."""
        return shown(self._engine)

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()

    # --- feeds

    def put_feed(self, name: str, target: str, format_name: str) -> None:
        """Add a feed, or change where it points; its history is kept."""
        row = {"name": name, "target": target, "format": format_name, "created": _now()}
        with self.transaction() as connection:
            self.upsert(connection, FEEDS, [row], keep=("created",))

    def feed_read(self, name: str, error: str | None = None) -> None:
        """Note that a feed was read just now, and how it failed if it did."""
        with self.transaction() as connection:
            connection.execute(update(FEEDS).where(FEEDS.c.name == name).values(last_read=_now(), last_error=error))

    def feeds(self) -> list[dict[str, Any]]:
        """Every feed, by name."""
        with self.transaction() as connection:
            return [dict(row) for row in connection.execute(select(FEEDS).order_by(FEEDS.c.name)).mappings()]

    def remove_feed(self, name: str) -> bool:
        """Forget a feed and its marks (never its events); False if there is none."""
        with self.transaction() as connection:
            connection.execute(delete(FEED_OBJECTS).where(FEED_OBJECTS.c.feed == name))
            return bool(connection.execute(delete(FEEDS).where(FEEDS.c.name == name)).rowcount)

    # --- resume

    def done(self, feed: str, key: str, fingerprint: str) -> bool:
        """True if this object, in this very form, has been read to its end."""
        return key in self.done_keys(feed, {key: fingerprint})

    def done_keys(self, feed: str, fingerprints: Mapping[str, str]) -> set[str]:
        """Of these objects (key -> fingerprint) those already read to their end."""
        keys = list(fingerprints)
        found: set[str] = set()
        with self.transaction() as connection:
            for start in range(0, len(keys), MARKS_AT_ONCE):
                chunk = keys[start : start + MARKS_AT_ONCE]
                query = select(FEED_OBJECTS.c.key, FEED_OBJECTS.c.fingerprint).where(
                    FEED_OBJECTS.c.feed == feed, FEED_OBJECTS.c.key.in_(chunk)
                )
                found |= {key for key, fingerprint in connection.execute(query) if fingerprints[key] == fingerprint}
        return found

    def marked(self, feed: str) -> list[str]:
        """Every object of a feed that has a mark."""
        with self.transaction() as connection:
            return list(connection.execute(select(FEED_OBJECTS.c.key).where(FEED_OBJECTS.c.feed == feed)).scalars())

    def mark_done(self, feed: str, objects: Iterable[tuple[str, str]]) -> None:
        """Mark objects, as (key, fingerprint), read to their end. Call it after the lake's commit, never before."""
        at = _now()
        rows = [{"feed": feed, "key": key, "fingerprint": mark, "done_at": at} for key, mark in objects]
        with self.transaction() as connection:
            self.upsert(connection, FEED_OBJECTS, rows)

    # --- cursors, settings

    def cursor(self, name: str) -> Any:
        """A feed's place in its source, as it was put; None if there is none."""
        return self._value(CURSORS, "name", name)

    def put_cursor(self, name: str, value: object) -> None:
        """Remember a place, as anything JSON can hold."""
        with self.transaction() as connection:
            self.upsert(connection, CURSORS, [{"name": name, "value": json.dumps(value)}])

    def setting(self, key: str) -> Any:
        """A setting, as it was put; None if there is none."""
        return self._value(SETTINGS, "key", key)

    def put_setting(self, key: str, value: object) -> None:
        """Remember a setting, as anything JSON can hold."""
        with self.transaction() as connection:
            self.upsert(connection, SETTINGS, [{"key": key, "value": json.dumps(value)}])

    def setting_once(self, key: str, value: object) -> Any:
        """A setting as it was put first: this value, unless some process was there before."""
        with self.transaction() as connection:
            insert = self._insert(SETTINGS).values(key=key, value=json.dumps(value))
            connection.execute(insert.on_conflict_do_nothing(index_elements=["key"]))
        return self.setting(key)

    # --- runs

    def start_run(self, target: str) -> str:
        """Note that an ingest run begins; returns its id."""
        run = uuid.uuid4().hex
        with self.transaction() as connection:
            row = {"id": run, "target": target, "started": _now(), "counts": "{}"}
            self.upsert(connection, RUNS, [row])
        return run

    def finish_run(self, run: str, counts: Mapping[str, object]) -> None:
        """Note how a run ended."""
        change = update(RUNS).where(RUNS.c.id == run).values(finished=_now(), counts=json.dumps(dict(counts)))
        with self.transaction() as connection:
            connection.execute(change)

    def runs(self, limit: int = 20) -> list[dict[str, Any]]:
        """The newest runs first; ``counts`` as a dict, ``finished`` None for one that was cut off."""
        query = select(RUNS).order_by(RUNS.c.started.desc(), RUNS.c.id).limit(limit)
        with self.transaction() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [{**row, "counts": json.loads(row["counts"])} for row in rows]

    # --- journal

    def journal(
        self,
        who: str,
        what: str,
        facts: Mapping[str, object],
        *,
        connection: Connection | None = None,
        record: str | None = None,
    ) -> None:
        """Record a change of Remit itself, such as ``token.created``: who made it and its facts (never a secret).

        With the ``connection`` of the transaction that makes the change, both are kept or neither is. A record of the
        same id replaces the one before, for a change that may have to be finished twice.
        """
        made = {"id": record or uuid.uuid4().hex, "at": _now()}
        row = {**made, "who": who, "what": what, "facts": json.dumps(dict(facts))}
        with nullcontext(connection) if connection is not None else self.transaction() as within:
            self.upsert(within, JOURNAL, [row])

    def journalled(self, limit: int = 100, before: str | None = None) -> list[dict[str, Any]]:
        """The newest records of the journal first, of all or of those before a time: ``id, at, who, what, facts``."""
        query = select(JOURNAL).order_by(JOURNAL.c.at.desc(), JOURNAL.c.id).limit(limit)
        query = query if before is None else query.where(JOURNAL.c.at < before)
        with self.transaction() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [{**row, "facts": json.loads(row["facts"])} for row in rows]

    def _value(self, table: Table, key: str, name: str) -> Any:
        with self.transaction() as connection:
            found = connection.execute(select(table.c.value).where(table.c[key] == name)).scalar()
        return None if found is None else json.loads(found)

    def upsert(
        self, connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], keep: Sequence[str] = ()
    ) -> None:
        """Insert rows, or replace those of the same key but for the columns to ``keep``. Of rows of one key the last
        counts; all go in by the order of their keys, so that two processes never wait for each other in a circle."""
        if not rows:
            return
        keys = [column.name for column in table.primary_key.columns]
        distinct = {tuple(str(row[key]) for key in keys): dict(row) for row in rows}
        ordered = [distinct[key] for key in sorted(distinct)]
        changed = [name for name in rows[0] if name not in (*keys, *keep)]
        if self.embedded:
            connection.execute(_settled(self._insert(table), keys, changed), ordered)
            return
        # One statement for many rows: each of its own would be a journey to the server and back.
        for start in range(0, len(ordered), ROWS_AT_ONCE):
            together = self._insert(table).from_select(*_rows_of(table, ordered[start : start + ROWS_AT_ONCE]))
            connection.execute(_settled(together, keys, changed))

    @contextmanager
    def transaction(self, alone: str = "") -> Iterator[Connection]:
        """One transaction on the state. Of those that name the same thing to be ``alone`` with, one runs at a time,
        whichever process it is in: what it reads holds until it has written.

        :raises StateUnavailable: when the database does not answer. :raises StoreError: when it fails otherwise.
        """
        with self.troubled(), self._engine.begin() as connection:
            if alone:
                self._alone(connection, alone)
            yield connection

    def attempt(self, work: Callable[[Connection], T], alone: str = "") -> T:
        """What ``work`` makes of one transaction; done again when the database undid it in favour of another."""
        for left in reversed(range(_ATTEMPTS)):
            try:
                with self.transaction(alone) as connection:
                    return work(connection)
            except StoreError as error:
                if not left or code_of(getattr(error.__cause__, "orig", None)) not in AGAIN:
                    raise
        raise AssertionError("unreachable")

    def own_connection(self) -> Connection:
        """A connection outside the pool, each statement its own transaction: what a session holds, it holds as long as
        this is open. Whoever asks for it closes it."""
        with self.troubled():
            pooled = self._engine.connect()
            raw: Any = pooled.connection.driver_connection
            raw.rollback()  # looking whether it lives began a transaction
            own = pooled.execution_options(isolation_level="AUTOCOMMIT")
            own.detach()
            return own

    def outside(self, statements: Iterable[str]) -> None:
        """Run PostgreSQL's statements that cannot be part of a transaction, however long they take."""
        with self.troubled(), self.own_connection() as connection:
            for statement in ("SET statement_timeout = 0", *statements):
                connection.exec_driver_sql(statement)

    @contextmanager
    def troubled(self) -> Iterator[None]:
        """What the database says within the block, as errors of ours."""
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise trouble(error, self.where, embedded=self.embedded) from error

    def _insert(self, table: Table) -> Any:
        """The engine's own kind of insert, which says what happens to a row that is there."""
        return sqlite.insert(table) if self.embedded else postgresql.insert(table)

    def _alone(self, connection: Connection, what: str) -> None:
        if self.embedded:
            # SQLite has one writer; to be it from the first read on is to be alone.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        lock = text("SELECT pg_advisory_xact_lock(:locks, hashtext(current_schema() || :what))")
        connection.execute(lock, {"locks": LOCKS, "what": f".{what}"})


def _settled(insert: Any, keys: Sequence[str], changed: Sequence[str]) -> Any:
    """An insert that changes these columns of a row that is there already."""
    if not changed:
        return insert.on_conflict_do_nothing(index_elements=keys)
    return insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in changed})


def _rows_of(table: Table, rows: Sequence[Mapping[str, object]]) -> tuple[list[str], Any]:
    """Rows as a query over one JSON text: the names of the columns, and the query. (Arrays would do, but the driver
    gives the word ``null`` in one as no value at all.)"""
    names = list(rows[0])
    written = [{name: kept(v) if isinstance(v := row[name], str) else v for name in names} for row in rows]
    typed = [column(name, Text() if isinstance(table.c[name].type, Words) else table.c[name].type) for name in names]
    given = func.json_to_recordset(cast(literal(json.dumps(written), Text()), JSON)).table_valued(*typed, name="given")
    derived = given.render_derived(name="given", with_types=True)
    return names, select(*(derived.c[name] for name in names))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
