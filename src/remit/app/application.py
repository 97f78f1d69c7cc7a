"""What the command line sets in motion, for one user on one machine.

Everything that opens a data folder is imported when it is first asked for: a second of importing is spared to commands
that need none, such as ``remit guardrails`` and ``remit iam``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.faces.web.caller import LOCAL

if TYPE_CHECKING:
    from remit.app.over_spark import OverSpark
    from remit.faces.cli.ports import Desk
    from remit.flows.exporting import Exporter
    from remit.flows.insights import PolicyInsights
    from remit.flows.library import GuardrailLibrary

Json = dict[str, Any]
Tell = Callable[[Json], None]
Say = Callable[[str], None]


class RemitApplication:
    """Opens data folders: as their keeper when nobody is, through the keeper's control socket when somebody is."""

    def __init__(self, say: Say) -> None:
        self._say = say

    @contextmanager
    def desk(self, data: Path) -> Iterator[Desk]:
        """Questions to a data folder."""
        from remit.app.desks import QUESTIONS

        with self.desk_of(data, QUESTIONS) as desk:
            yield desk

    def desk_of(self, data: Path, name: str) -> AbstractContextManager[Any]:
        """One desk of a data folder, by name; see ``remit.app.desks``."""
        from remit.app.folders import desk_of

        return desk_of(data, name, self._say)

    def over_spark(self, options: Json) -> OverSpark:
        """An application whose desk asks Spark."""
        from remit.app.over_spark import OverSpark

        return OverSpark(options, self._say)

    def ingest(self, data: Path, target: str, options: Json, tell: Tell) -> Json:
        """Read a target into the store; the process that keeps the folder does it when there is one."""
        return self._work(data, "ingest", {"target": absolute(target), "options": options}, tell)

    def watch(self, data: Path, target: str, options: Json, tell: Tell) -> Json:
        """Follow a target until stopped."""
        return self._work(data, "watch", {"target": absolute(target), "options": options}, tell)

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
        from remit.app.packaged import REGISTRY_FILE

        return data / REGISTRY_FILE

    def library(self) -> GuardrailLibrary:
        """The built-in guardrails."""
        from remit.app.catalogue import load_guardrails
        from remit.flows.library import GuardrailLibrary

        return GuardrailLibrary(load_guardrails())

    def insights(self) -> PolicyInsights:
        """The checks of policies; no data folder is needed."""
        from remit.app.findings import make_insights

        return make_insights()

    def exporter(self) -> Exporter:
        """The built-in guardrails and written policies, in every form of export."""
        from remit.flows.exporting import Exporter

        return Exporter(self.library(), self.insights())

    def _work(self, data: Path, verb: str, arguments: Json, tell: Tell) -> Json:
        from remit.app.folders import work_on

        return work_on(data, verb, arguments, tell, self._say)


def absolute(target: str) -> str:
    """The target as another process would find it."""
    if "://" in target or target == "-":
        return target
    if target.startswith("git:"):
        return f"git:{absolute(target.removeprefix('git:'))}"
    path = Path(target)
    return str(path.resolve() if ".." in path.parts else path.absolute())
