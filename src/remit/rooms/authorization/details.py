"""Who may do what in AWS accounts, as ``aws iam get-account-authorization-details`` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from remit.rooms.iam import Document

INLINE: Final = "inline"
MANAGED: Final = "managed"


@dataclass(frozen=True, slots=True)
class Attached:
    """One policy of an identity. ``how`` is inline or managed; ``group`` names the group through which a user has it;
    ``document`` is named uniquely among the identity's policies, so that an evaluation's statements lead back here."""

    document: Document
    name: str
    how: str
    arn: str = ""
    group: str = ""

    @property
    def place(self) -> str:
        """Where it is attached, for people: ``managed policy «Deploy» (group «makers»)``."""
        return f"{self.how} policy «{self.name}»" + (f" (group «{self.group}»)" if self.group else "")


@dataclass(frozen=True, slots=True)
class Identity:
    """A role or a user. ``trust`` is a role's own policy; ``wanting`` are ARNs of managed policies that are attached
    and of which the export has no document, so that what they say is unknown; ``profiles`` are instance profiles."""

    kind: str
    arn: str
    name: str
    account: str
    attached: tuple[Attached, ...] = ()
    boundary: Attached | None = None
    trust: Document | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    wanting: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents of its identity policies."""
        return tuple(each.document for each in self.attached)

    @property
    def linked(self) -> bool:
        """Whether only a service can use it."""
        return ":role/aws-service-role/" in self.arn


@dataclass(frozen=True, slots=True)
class Details:
    """Exports of one or several accounts together. ``identities`` by ARN; ``accounts`` are those whose export was
    read; ``files`` how many files that were."""

    identities: Mapping[str, Identity] = field(default_factory=dict)
    accounts: tuple[str, ...] = ()
    files: int = 0

    def role(self, account: str, name: str) -> Identity | None:
        """The role of this name: names are unique in an account, whatever the path."""
        return next(
            (each for each in self.identities.values()
             if each.kind == "role" and each.account == account and each.name == name),
            None,
        )  # fmt: skip

    def roles(self) -> tuple[Identity, ...]:
        """Every role, by ARN."""
        return tuple(self.identities[arn] for arn in sorted(self.identities) if self.identities[arn].kind == "role")
