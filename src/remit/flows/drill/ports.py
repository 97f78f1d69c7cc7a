"""What a drill needs: a stage, on which everything it does is done for real and everything it says is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from remit.rooms.organization import Organization

Json = dict[str, Any]


class Stage(Protocol):
    """One store of its own, with the organization beside it. Moments are microseconds since the epoch."""

    def attempt(self, at: int, *, refused: bool) -> Json:
        """The agent's calls happen and their records are ingested; the ingest's counts."""
        ...

    def change_recorded(self, at: int, policy: str, document: Mapping[str, Any]) -> Json:
        """The provider's record of a policy's change is ingested; the ingest's counts."""
        ...

    def organization(self) -> Organization:
        """The organization as its file has it now."""
        ...

    def adopt(self, policy: str, document: Mapping[str, Any], at: int) -> None:
        """Give a policy a new version, in force from a moment on."""
        ...

    def denials(self, query: str) -> Json:
        """As ``remit denials``."""
        ...

    def show(self, event: str) -> Json:
        """As ``remit events show``."""
        ...

    def search(self, query: str) -> Json:
        """As ``remit events search``."""
        ...

    def lint(self, text: str) -> Json:
        """As ``remit guardrails lint`` of an SCP."""
        ...

    def backtest(self, text: str, against: str, target: str, query: str) -> Json:
        """As ``remit backtest`` of an SCP, against the newest version of a policy."""
        ...
