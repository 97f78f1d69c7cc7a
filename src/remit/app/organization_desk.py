"""The desk of the organization: what is known of it, and taking it anew from exports or from AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from remit.adapters.clouds.aws import organizations
from remit.app.organization_file import OrganizationFile, exported
from remit.flows.organization import described, holds, take, target_ids
from remit.model.errors import NotFound, OrganizationError, UsageError
from remit.rooms.guardrails.exports.policy import is_target_id
from remit.rooms.query.instants import FORMS, read_moment

Json = dict[str, Any]


class Journal(Protocol):
    """Where changes are recorded."""

    def journal(self, who: str, what: str, facts: Any) -> None: ...


class OrganizationDesk:
    """Answers from one organization file."""

    def __init__(
        self, file: OrganizationFile, journal: Journal, clock: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> None:
        self._file = file
        self._journal = journal
        self._clock = clock

    def show(self, target: str = "", at: str = "") -> Json:
        """The organization as it stood at a moment, and with a target what was in force there."""
        found = self._file.organization()
        if found is None:
            raise NotFound(
                "No organization is known",
                where=str(self._file.path),
                remedy="Bring it in with `remit organization import FOLDER` or `remit organization import aws`.",
            )
        return {**described(found, self._moment(at), target), "path": str(self._file.path)}

    def target_ids(self, targets: Sequence[str]) -> list[str]:
        """The ids of targets given by their ids or names; see ``flows.organization.target_ids``. The file is read for
        names alone: one that cannot be used keeps nobody from giving ids, or no target."""
        named = not all(is_target_id(each.strip()) for each in targets)
        return target_ids(self._file.organization() if named else None, targets)

    def holds(self, policy: str, content: str, targets: Sequence[str]) -> bool:
        """Whether the file has a policy with this document on these targets by now; see
        ``flows.organization.holds``. A file that cannot be used has none."""
        try:
            return holds(self._file.organization(), policy, content, targets, self._clock())
        except OrganizationError:
            return False

    def likely_target_ids(self, targets: Sequence[str]) -> list[str]:
        """As ``target_ids``; what cannot be looked up stays as it is, and the checks of a policy find that."""
        try:
            return self.target_ids(targets)
        except (UsageError, OrganizationError):
            return list(targets)

    def take(self, source: str, options: Json | None = None, who: str = "local") -> Json:
        """Read a folder of exports, or AWS where ``source`` is ``aws``, and keep what is known of before."""
        given = options or {}
        if source == "aws":
            files = organizations.answers(organizations.client(given.get("profile"), given.get("endpoint_url")))
        else:
            files = exported(Path(source))
        where = "the Organizations API" if source == "aws" else source
        found, answer = take(files, self._file.organization(), self._clock(), where)
        self._file.write(found)
        self._journal.journal(who, "organization.taken", {"source": source, **answer})
        return {**answer, "path": str(self._file.path)}

    def _moment(self, text: str) -> int:
        if not text:
            return self._clock()
        found = read_moment(text, self._clock())
        if found is None:
            raise UsageError(f"No moment is written «{text[:60]}»", remedy=f"Write {FORMS}.")
        return found.start
