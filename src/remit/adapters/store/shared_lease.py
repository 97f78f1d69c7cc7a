"""One keeper of a state that several processes share: a lock of PostgreSQL's that dies with its connection, and a row
that says who has it.

The lock is asked about on its own connection before each write, so a keeper that lost it, by a cut network or a server
that was restarted, writes nothing more. It takes it again by itself only if nobody else had it in between.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Connection, literal_column, select, text, update

from remit.adapters.store.state.state import LOCKS, State
from remit.adapters.store.state.tables import KEEPERS
from remit.model.errors import KeeperBusy, StateUnavailable, StoreError

KEEPER: Final = "keeper"
_TAKE: Final = text(f"SELECT pg_try_advisory_lock({LOCKS}, hashtext(current_schema() || '.keeper'))")
_GIVE: Final = text("SELECT pg_advisory_unlock_all()")
"""The connection has no other lock; closing it would do the same a moment later."""
_ALIVE: Final = text("SELECT 1")
_CLOCK: Final[ColumnElement[str]] = literal_column(
    "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || '+00:00'"
)
"""The database's own clock, as the state writes times: those of two machines need not agree."""


class SharedLease:
    """The right to write the events whose state this is."""

    def __init__(self, state: State, role: str, folder: Path) -> None:
        self._state = state
        self._role = role
        self._folder = folder
        self._asking = threading.Lock()
        self._connection: Connection | None = None
        self._number = 0

    @classmethod
    def acquire(cls, state: State, role: str, folder: Path) -> Self:
        """Take it for ``role`` (``server``, ``ingest``, ...), for the data folder ``folder`` of this machine.

        :raises KeeperBusy: naming who has it.
        """
        lease = cls(state, role, folder)
        lease._connection = lease._taken()
        lease._number = lease._sign()
        return lease

    def check(self) -> None:
        """Make sure that it is still ours; call it before writing.

        :raises KeeperBusy: when another process has taken it. :raises StateUnavailable: when nobody can tell.
        """
        with self._asking:
            if self._connection is not None:
                try:
                    self._connection.execute(_ALIVE)
                    return
                except Exception:  # however a connection ends, the lock ended with it
                    self._let_go()
            self._again()

    def beat(self) -> None:
        """Say that its holder lives, for those who only read. Raises as ``check``."""
        self.check()
        with self._state.transaction() as connection:
            connection.execute(update(KEEPERS).where(KEEPERS.c.number == self._number).values(seen=_CLOCK))

    def release(self) -> None:
        """Give it back."""
        with self._asking:
            if self._connection is not None:
                with suppress(Exception):  # it may be dead already
                    self._connection.execute(_GIVE)
            self._let_go()

    def _again(self) -> None:
        """Take it once more, which is allowed only if nobody had it meanwhile."""
        taken = self._tried()
        holder = keeper_of(self._state)
        if holder is not None and holder["number"] == self._number:
            if taken is None:  # the server has not noticed yet that our connection ended
                raise StateUnavailable(
                    "The state's database still holds the lock of a connection that was lost",
                    where=self._state.where,
                    remedy="It is tried again by itself.",
                )
            self._connection = taken
            return
        if taken is not None:
            taken.close()
        raise KeeperBusy(
            f"Another process took over from this one: {named(holder)}",
            where=self._state.where,
            remedy="This one writes nothing any more. Stop it, or run it as a console.",
        )

    def _taken(self) -> Connection:
        taken = self._tried()
        if taken is None:
            raise KeeperBusy(
                f"The state is kept by {named(keeper_of(self._state))}",
                where=self._state.where,
                remedy="Ask that process, stop it, or run this one as a console that keeps nothing.",
            )
        return taken

    def _tried(self) -> Connection | None:
        """A connection that holds the lock; None if another one does."""
        connection = self._state.own_connection()
        taken = False
        try:
            with self._state.troubled():
                taken = bool(connection.execute(_TAKE).scalar())
        finally:
            if not taken:
                with suppress(Exception):  # it may be dead already
                    connection.close()
        return connection if taken else None

    def _sign(self) -> int:
        """Write who has it into its row; the number of this keeper."""
        mine = {"host": socket.gethostname(), "pid": os.getpid(), "role": self._role, "folder": str(self._folder)}
        with self._state.transaction(alone="keepers") as connection:
            before = connection.execute(select(KEEPERS.c.number).where(KEEPERS.c.name == KEEPER)).scalar() or 0
            now = connection.execute(select(_CLOCK)).scalar()
            row = {"name": KEEPER, "number": before + 1, **mine, "since": now, "seen": now}
            self._state.upsert(connection, KEEPERS, [row])
        return int(before) + 1

    def _let_go(self) -> None:
        if self._connection is not None:
            with suppress(Exception):  # it may be dead already
                self._connection.close()
            self._connection = None


def keeper_of(state: State) -> dict[str, Any] | None:
    """Who kept a shared state last: ``number, host, pid, role, folder, since, seen``, and ``now``, the database's time.
    Not proof that it still lives."""
    with state.transaction() as connection:
        asked = select(KEEPERS, _CLOCK.label("now")).where(KEEPERS.c.name == KEEPER)
        row = connection.execute(asked).mappings().first()
    return dict(row) if row is not None else None


def seen_ago(holder: dict[str, Any] | None) -> float | None:
    """Seconds from a keeper's last word that it lives until it was asked about; None when there is none."""
    if holder is None or not holder["seen"]:
        return None
    return (datetime.fromisoformat(holder["now"]) - datetime.fromisoformat(holder["seen"])).total_seconds()


def named(holder: dict[str, Any] | None) -> str:
    """A keeper in words."""
    if holder is None:
        return "another process"
    return f"{holder['role']} on {holder['host']} (process {holder['pid']}, since {holder['since'][:19]})"


def refusal(state: State, what: str) -> KeeperBusy:
    """What a process says that keeps nothing and was asked to write."""
    try:
        keeper = keeper_of(state)
    except StoreError:
        keeper = None
    who = named(keeper) if keeper else "its keeper, which has not been seen yet"
    return KeeperBusy(f"{what} is not done by a console that keeps nothing", remedy=f"Ask {who}.")
