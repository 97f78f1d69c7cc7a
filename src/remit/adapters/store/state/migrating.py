"""Bringing the state's tables to the newest revision. Alembic is loaded only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, select, text

from remit.adapters.store.state.tables import HEAD, REVISION
from remit.model.errors import ConfigError, StoreError


def migrate(connection: Connection, where: str, *, migrates: bool = True) -> None:
    """Bring the tables to ``HEAD`` within the connection's transaction, which must be alone in doing so.

    :raises StoreError: for a state of a newer version; where it may not be migrated also for one of an older.
    :raises ConfigError: for a PostgreSQL database that does not keep its text as UTF-8.
    """
    if connection.dialect.name == "postgresql":
        _of_every_letter(connection, where)
    at = None
    if inspect(connection).has_table(REVISION.name):
        at = connection.execute(select(REVISION.c.version_num)).scalar()
    if at == HEAD:
        return
    if at is not None and at > HEAD:
        raise StoreError(
            f"The state was written by a newer version (revision {at}, this one knows {HEAD})",
            where=where,
            remedy="Run that version, or name another data folder with --data.",
        )
    if not migrates:
        said = f"is of revision {at}, this version needs {HEAD}" if at else "has no tables yet"
        raise StoreError(f"The state {said}", where=where, remedy="Start its keeper first, of this same version.")
    _upgrade(connection)


def _of_every_letter(connection: Connection, where: str) -> None:
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise ConfigError(
            f"The database keeps its text as {encoding}, which cannot hold every letter",
            where=where,
            remedy="Make it with: CREATE DATABASE remit ENCODING 'UTF8' TEMPLATE template0",
        )


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":  # a large table may take its time to be written anew
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
