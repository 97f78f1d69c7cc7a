"""Where an answer about permissions comes from: the calls of a window, exports of IAM, the organization, the tables."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from remit.flows.counted_calls import CountedCalls
from remit.flows.questions.guarding import changes_of
from remit.flows.questions.window import Window
from remit.model.errors import OrganizationError
from remit.model.event_json import rfc3339
from remit.reference.aws import AwsReference
from remit.rooms.authorization import Details, Guarding, Place
from remit.rooms.iam import Document, parse_document
from remit.rooms.organization import Organization
from remit.rooms.organization.structure import RCP, SCP, Level

Row = dict[str, Any]
Json = dict[str, Any]
COMMAND = "aws iam get-account-authorization-details > ACCOUNT.json"
"""What to run, with an account's credentials, for what the answers need."""


Remember = Callable[[Hashable, Callable[[], list[Row]]], list[Row]]
"""A question and how it is answered -> its answer, which may be one that was kept."""


def asked_anew(_question: Hashable, ask: Callable[[], list[Row]]) -> list[Row]:
    """The memory that keeps nothing."""
    return ask()


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was read: its name, and when it was last written (microseconds), which is when it was taken."""

    name: str
    taken: int


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything an answer is made from; ``moment`` is when it is asked, in microseconds since the epoch."""

    calls: CountedCalls
    reference: AwsReference
    details: Details
    exports: tuple[Export, ...]
    organization: Organization | None
    moment: int
    remember: Remember = asked_anew

    def place(self, account: str) -> Place:
        """Where an account stands."""
        found = self.organization
        if found is None or account not in found.accounts:
            return Place(account)
        return Place(account, found.id, found.path(account), account == found.management_account)

    def guarding(self, account: str) -> Guarding:
        """The organization's policies in force on an account now."""
        found = self.organization
        if found is None or account not in found.accounts:
            return Guarding()
        scps, rcps = (found.in_force(account, self.moment, kind) for kind in (SCP, RCP))
        names = tuple(level.name for level in scps or rcps)
        return Guarding(tuple(map(_documents, scps)), tuple(map(_documents, rcps)), names, known=True)

    def stands(self) -> tuple[int, ...]:
        """What the policies that bear on anybody hang on, besides the events: other files, another organization or a
        change in it give other numbers while these are in memory."""
        known = self.organization
        passed = sum(1 for each in changes_of(known) if each <= self.moment) if known else 0
        return id(self.details), id(known), id(self.reference), passed

    def json(self) -> Json:
        """What was read, for the answer."""
        return {
            "files": [{"name": each.name, "taken": rfc3339(each.taken)} for each in self.exports],
            "accounts": list(self.details.accounts),
            "identities": len(self.details.identities),
            "organization": self.organization.id if self.organization else None,
            "reference": self.reference.version,
        }


def _documents(level: Level) -> tuple[Document, ...]:
    for each in level.policies:
        if not each.told:
            raise OrganizationError(
                f"The policy {each.policy.name or each.policy.id} is attached and its first version is yet to come",
                remedy="Give it the version that is in force, without valid_from.",
            )
    return tuple(parse_document(each.version.document, each.policy.name) for each in level.policies)


def window_json(window: Window) -> Json:
    """The window, for an answer."""
    return {"low": rfc3339(window.low), "high": rfc3339(window.high)}
