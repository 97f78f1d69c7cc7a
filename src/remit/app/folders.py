"""Data folders as a command reaches them: as their keeper when nobody is, else through the keeper's control socket."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from remit.adapters.store.lease import holder
from remit.adapters.store.store import Store
from remit.app.answering import Answering
from remit.app.control import ControlServer, RemoteDesk, call, control_path, give_up
from remit.app.keeping import open_desks, work
from remit.app.opening import open_store
from remit.app.removing import finish_interrupted
from remit.model.errors import KeeperBusy

Json = dict[str, Any]
Tell = Callable[[Json], None]
Say = Callable[[str], None]
_READING: Final = frozenset({"ingest", "watch", "connect_aws"})
"""Work that brings events, which people then want to see."""


@contextmanager
def desk_of(data: Path, name: str, say: Say) -> Iterator[Any]:
    """One desk of a data folder, by name; see ``remit.app.desks``."""
    try:
        store = open_store(data, "command", say)
    except KeeperBusy:
        socket = _control_socket(data)
        if socket is None:
            raise
        yield RemoteDesk(socket, name)
        return
    with store:
        finish_interrupted(store, say)
        yield open_desks(store)[name]


def work_on(data: Path, verb: str, arguments: Json, tell: Tell, say: Say) -> Json:
    """One piece of work on a data folder, done here or by the process that keeps it; its summary."""
    socket = control_path(data.absolute())
    try:
        store = open_store(data, verb, say, control=f"{socket}|")
    except KeeperBusy:
        give_up(socket)
        kept = _control_socket(data)
        if kept is None:
            raise
        with _reachable(arguments) as reachable:
            return _linked(verb, _followed(call(kept, verb, **reachable), tell), _server_of(data))
    with store, _answering(socket, store):
        finish_interrupted(store, say)
        return _linked(verb, work(store, verb, arguments, tell), "")


def _linked(verb: str, result: Json, console: str) -> Json:
    """What was read is seen at the console of the server that read it, if it was one."""
    return {**result, "link": console or None} if verb in _READING else result


@contextmanager
def _answering(socket: Path, store: Store) -> Iterator[None]:
    """While this command keeps the folder, other commands may ask it questions."""
    server = ControlServer(socket, Answering(store, open_desks(store), works=False))
    try:
        yield
    finally:
        server.close()


@contextmanager
def _reachable(arguments: Json) -> Iterator[Json]:
    """Arguments that the keeper can use: our standard input is not its own, so it is given as a file."""
    if arguments.get("target") != "-":
        yield arguments
        return
    with tempfile.TemporaryDirectory(prefix="remit-stdin-") as folder:
        spool = Path(folder) / "standard-input"
        with spool.open("wb") as taken:
            shutil.copyfileobj(sys.stdin.buffer, taken)
        options = {**arguments["options"], "feed": arguments["options"].get("feed") or "-"}
        yield {"target": str(spool), "options": options}


def _followed(items: Iterator[Any], tell: Tell) -> Json:
    """Progress until the result."""
    result: Json = {}
    for item in items:
        if "progress" in item:
            tell(item["progress"])
        else:
            result = item["result"]
    return result


def _control_socket(data: Path) -> Path | None:
    control = (holder(data) or {}).get("control")
    return Path(control.rpartition("|")[0]) if control else None


def _server_of(data: Path) -> str:
    """The address of the console of the server that keeps a folder; empty when a command keeps it."""
    return str((holder(data) or {}).get("control") or "").rpartition("|")[2]
