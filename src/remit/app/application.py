"""What the command line sets in motion, for one user on one machine."""

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
from remit.app.desks import QUESTIONS
from remit.app.findings import make_insights
from remit.app.keeping import open_desks, work
from remit.app.opening import open_store
from remit.app.over_spark import OverSpark
from remit.app.packaged import REGISTRY_FILE, load_guardrails
from remit.app.removing import finish_interrupted
from remit.faces.cli.ports import Desk
from remit.faces.web.caller import LOCAL
from remit.flows.exporting import Exporter
from remit.flows.insights import PolicyInsights
from remit.flows.library import GuardrailLibrary
from remit.model.errors import KeeperBusy

Json = dict[str, Any]
Tell = Callable[[Json], None]
Say = Callable[[str], None]
_READING: Final = frozenset({"ingest", "watch", "connect_aws"})
"""Work that brings events, which people then want to see."""


class RemitApplication:
    """Opens data folders: as their keeper when nobody is, through the keeper's control socket when somebody is."""

    def __init__(self, say: Say) -> None:
        self._say = say

    @contextmanager
    def desk(self, data: Path) -> Iterator[Desk]:
        """Questions to a data folder."""
        with self.desk_of(data, QUESTIONS) as desk:
            yield desk

    @contextmanager
    def desk_of(self, data: Path, name: str) -> Iterator[Any]:
        """One desk of a data folder, by name; see ``remit.app.desks``."""
        try:
            store = open_store(data, "command", self._say)
        except KeeperBusy:
            socket = _control_socket(data)
            if socket is None:
                raise
            yield RemoteDesk(socket, name)
            return
        with store:
            finish_interrupted(store, self._say)
            yield open_desks(store)[name]

    def over_spark(self, options: Json) -> OverSpark:
        """An application whose desk asks Spark."""
        return OverSpark(options, self._say)

    def ingest(self, data: Path, target: str, options: Json, tell: Tell) -> Json:
        """Read a target into the store; the process that keeps the folder does it when there is one."""
        return self._work(data, "ingest", {"target": _absolute(target), "options": options}, tell)

    def watch(self, data: Path, target: str, options: Json, tell: Tell) -> Json:
        """Follow a target until stopped."""
        return self._work(data, "watch", {"target": _absolute(target), "options": options}, tell)

    def connect_aws(self, data: Path, options: Json, tell: Tell) -> Json:
        """Read CloudTrail's event history."""
        return self._work(data, "connect_aws", {"options": options}, tell)

    def reattribute(self, data: Path, tell: Tell) -> Json:
        """Judge everything again."""
        return self._work(data, "reattribute", {}, tell)

    def erase(self, data: Path, subject: str) -> Json:
        """Remove every record that names a subject."""
        return self._work(data, "erase", {"subject": subject, "who": LOCAL.name}, lambda state: None)  # noqa: ARG005

    def expire(self, data: Path, keep: str) -> Json:
        """Remove every event older than a time to keep."""
        return self._work(data, "expire", {"keep": keep, "who": LOCAL.name}, lambda state: None)  # noqa: ARG005

    def maintain(self, data: Path, grace_hours: float, tell: Tell) -> Json:
        """Merge small files and remove what nobody needs any more."""
        return self._work(data, "maintain", {"grace_hours": grace_hours, "who": LOCAL.name}, tell)

    def up(self, data: Path, options: Json, say: Say) -> None:
        """Serve the console until stopped."""
        from remit.app.serving import serve

        serve(data, options, say)

    def drill(self, data: Path, name: str, tell: Tell) -> Json:
        """Play a drill in a folder of its own."""
        from remit.app.drilling import run_drill

        return run_drill(data, name, tell, self._say)

    def registry_path(self, data: Path) -> Path:
        """Where the registry of identities is."""
        return data / REGISTRY_FILE

    def library(self) -> GuardrailLibrary:
        """The built-in guardrails."""
        return GuardrailLibrary(load_guardrails())

    def insights(self) -> PolicyInsights:
        """The checks of policies; no data folder is needed."""
        return make_insights()

    def exporter(self) -> Exporter:
        """The built-in guardrails and written policies, in every form of export."""
        return Exporter(self.library(), self.insights())

    def _work(self, data: Path, verb: str, arguments: Json, tell: Tell) -> Json:
        socket = control_path(data.absolute())
        try:
            store = open_store(data, verb, self._say, control=f"{socket}|")
        except KeeperBusy:
            give_up(socket)
            kept = _control_socket(data)
            if kept is None:
                raise
            with _reachable(arguments) as reachable:
                return self._linked(verb, _followed(call(kept, verb, **reachable), tell), _server_of(data))
        with store, _answering(socket, store):
            finish_interrupted(store, self._say)
            return self._linked(verb, work(store, verb, arguments, tell), "")

    @staticmethod
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


def _absolute(target: str) -> str:
    """The target as another process would find it."""
    if "://" in target or target == "-":
        return target
    if target.startswith("git:"):
        return f"git:{_absolute(target.removeprefix('git:'))}"
    path = Path(target)
    return str(path.resolve() if ".." in path.parts else path.absolute())


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
