"""The desk of permissions: what an agent can do, and the policy that its past use justifies."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from remit.app.authorization_files import AuthorizationFiles
from remit.app.organization_file import OrganizationFile
from remit.flows.permissions.can import can
from remit.flows.permissions.narrow import narrow
from remit.flows.permissions.sources import Calls, Sources
from remit.flows.questions.window import read_window
from remit.reference.aws import AwsReference

Json = dict[str, Any]


class PermissionsDesk:
    """Answers from one store, exports of IAM and the organization's file."""

    def __init__(
        self,
        calls: Calls,
        reference: Callable[[], AwsReference],
        files: AuthorizationFiles,
        organization: OrganizationFile,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._calls = calls
        self._reference = reference
        self._files = files
        self._organization = organization
        self._clock = clock

    def can(self, agent: str, window: str = "30d", authorization: Sequence[str] = ()) -> Json:
        """What the agent can do with the credentials it used in the window; ``authorization`` are paths of exports to
        read in place of the configured ones."""
        return can(self._sources(authorization), agent, read_window(window, self._clock()))

    def narrow(self, agent: str, window: str = "90d", authorization: Sequence[str] = (), principal: str = "") -> Json:
        """The policy that the agent's calls in the window justify, for each identity or for one."""
        return narrow(self._sources(authorization), agent, read_window(window, self._clock()), principal)

    def _sources(self, given: Sequence[str]) -> Sources:
        details, exports = self._files.details(given)
        known = self._organization.organization()
        return Sources(self._calls, self._reference(), details, exports, known, self._clock())
