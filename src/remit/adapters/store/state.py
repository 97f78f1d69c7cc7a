"""State: what the keeper must remember besides events. SQLite by default, PostgreSQL by URL, the same code.

A feed object's mark means: every record of that object is in the lake. So a mark is written only after the lake has
acknowledged the commit that carries the object's last record; losing a mark costs a second read, never a record.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, Table, create_engine, delete, event, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from remit.adapters.store.tables import CURSORS, FEED_OBJECTS, FEEDS, HEAD, JOURNAL, REVISION, RUNS, SETTINGS
from remit.model.errors import StoreError

MARKS_AT_ONCE = 500


class State:
    """Feeds, marks of what was read, cursors, runs, settings and the journal. What else is remembered (tokens, views,
    alerts ...) has a home of its own over ``transaction`` and ``upsert``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Self:
        """Open ``sqlite:///path`` or ``postgresql+driver://...`` and bring its tables up to date.

        :raises StoreError: if it cannot be reached, or was written by a newer version.
        """
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _durable_sqlite)
        state = cls(engine)
        with state.transaction() as connection:
            _migrate(connection)
        return state

    @property
    def embedded(self) -> bool:
        """Whether it is a file of ours rather than a database server's."""
        return self._engine.dialect.name == "sqlite"

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
        """Insert rows, or replace those of the same key but for the columns to ``keep``."""
        if not rows:
            return
        keys = [column.name for column in table.primary_key.columns]
        insert = (postgresql if self._engine.dialect.name == "postgresql" else sqlite).insert(table)
        changed = {name: insert.excluded[name] for name in rows[0] if name not in (*keys, *keep)}
        if changed:
            settled = insert.on_conflict_do_update(index_elements=keys, set_=changed)
        else:
            settled = insert.on_conflict_do_nothing(index_elements=keys)
        connection.execute(settled, [dict(row) for row in rows])

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction on the state; StoreError when it fails."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(
                f"The state failed: {str(getattr(error, 'orig', None) or error).splitlines()[0]}",
                where=self._engine.url.render_as_string(hide_password=True),
                remedy="Check that it can be reached and written, and that its disk has space.",
            ) from error


def _durable_sqlite(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(connection: Connection) -> None:
    """Bring the tables to ``HEAD``. Alembic is loaded only when there is something to do."""
    at = None
    if inspect(connection).has_table(REVISION.name):
        at = connection.execute(select(REVISION.c.version_num)).scalar()
    if at == HEAD:
        return
    if at is not None and at > HEAD:
        raise StoreError(
            f"The state was written by a newer version (revision {at}, this one knows {HEAD})",
            where=connection.engine.url.render_as_string(hide_password=True),
            remedy="Run that version, or name another data folder with --data.",
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
