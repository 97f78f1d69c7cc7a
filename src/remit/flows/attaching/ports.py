"""What attaching needs: the organization, the findings and backtests of a policy, somewhere to keep proposals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Json = dict[str, Any]
Row = Mapping[str, Any]
Clock = Callable[[], datetime]
FindingsOf = Callable[[Mapping[str, Any], str], Sequence[Json]]
"""(document, SCP or RCP) -> what insights find, each at least ``{code, severity, message}``, JSON-able."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy as it stands in the organization: its text as stored, and the ids it is attached to, in order."""

    id: str
    content: str
    targets: tuple[str, ...]
    managed: bool = False


class Organizations(Protocol):
    """AWS Organizations. Every call raises Unavailable when it is not answered, and NotFound for what is not there."""

    def organization_id(self) -> str: ...
    def enabled_types(self) -> frozenset[str]: ...
    def target_name(self, target: str) -> str: ...
    def named(self, name: str, aws_type: str) -> Standing | None: ...
    def standing(self, policy_id: str) -> Standing: ...
    def create(self, name: str, aws_type: str, content: str, description: str) -> str: ...
    def update(self, policy_id: str, content: str, description: str) -> None: ...
    def attach(self, policy_id: str, target: str) -> None: ...


class Backtests(Protocol):
    """Backtests that were run, as rows of ``id, at, who, kind, digest, targets`` and ``facts``."""

    def newest(self, digest: str, kind: str, targets: Sequence[str]) -> Json | None: ...


class ProposalStore(Protocol):
    """Proposals as rows; see ``proposals.Proposal``. A change and its record in the journal are kept together."""

    def add(self, row: Row, who: str) -> None: ...
    def of(self, proposal: str) -> Row | None: ...
    def rows(self) -> Sequence[Row]: ...
    def move(self, proposal: str, before: str, changes: Row, who: str, what: str, facts: Row) -> bool: ...
    def note(self, who: str, what: str, facts: Row) -> None: ...
