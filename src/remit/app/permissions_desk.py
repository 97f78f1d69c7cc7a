"""The desk of permissions: what an agent can do, and the policy that its past use justifies."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from remit.app.authorization_files import AuthorizationFiles
from remit.app.organization_file import OrganizationFile
from remit.flows.counted_calls import CountedCalls
from remit.flows.permissions.can import can, credentials
from remit.flows.permissions.narrow import narrow
from remit.flows.permissions.sources import Remember, Sources, asked_anew
from remit.flows.questions.window import read_window
from remit.model.errors import ConfigError, NotFound, PolicyError
from remit.reference.aws import AwsReference

Json = dict[str, Any]


class PermissionsDesk:
    """Answers from one store, exports of IAM and the organization's file."""

    def __init__(
        self,
        calls: CountedCalls,
        reference: Callable[[], AwsReference],
        files: AuthorizationFiles,
        organization: OrganizationFile,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
        remember: Remember = asked_anew,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        """``remember`` keeps answers with what they were made from; ``forget`` lets go of all of them."""
        self._calls = calls
        self._reference = reference
        self._files = files
        self._organization = organization
        self._clock = clock
        self._remember = remember
        self._forget = forget
        self._standing: tuple[object, object] = (None, None)

    def can(self, agent: str, window: str = "30d", authorization: Sequence[str] = ()) -> Json:
        """What the agent can do with the credentials it used in the window; ``authorization`` are paths of exports to
        read in place of the configured ones."""
        return can(self._sources(authorization), agent, read_window(window, self._clock()))

    def panel(self, agent: str, window: str, *, whole: bool) -> Json:
        """What an agent's page shows: ``{principals, exports, how_to, can, note}``. ``can`` is the whole answer, which
        takes a second or more for wide permissions the first time, and None unless it is asked for."""
        nothing: Json = {"principals": [], "exports": None, "how_to": None, "can": None}
        try:
            sources, asked = self._sources(()), read_window(window, self._clock())
            standing = credentials(sources, agent, asked)
            answer = can(sources, agent, asked) if whole and not standing["how_to"] else None
        except (NotFound, ConfigError, PolicyError) as error:
            return {**nothing, "note": str(error)}
        return {**standing, "can": answer, "note": None}

    def narrow(self, agent: str, window: str = "90d", authorization: Sequence[str] = (), principal: str = "") -> Json:
        """The policy that the agent's calls in the window justify, for each identity or for one."""
        return narrow(self._sources(authorization), agent, read_window(window, self._clock()), principal)

    def _sources(self, given: Sequence[str]) -> Sources:
        details, exports = self._files.details(given)
        known = self._organization.organization()
        before, self._standing = self._standing, (details, known)
        if before[0] is not details or before[1] is not known:
            self._forget()  # or exports that were replaced would stay in memory, each with its answers
        return Sources(self._calls, self._reference(), details, exports, known, self._clock(), self._remember)
