"""What is exported: one policy of an organization, with the places it is to be attached to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from remit.model.errors import UsageError

TYPES: Final[Mapping[str, str]] = {"SCP": "SERVICE_CONTROL_POLICY", "RCP": "RESOURCE_CONTROL_POLICY"}
"""Our word for a type of policy -> the word of AWS Organizations."""
NAME_LETTERS: Final = 128
DESCRIPTION_LETTERS: Final = 512
_TARGET: Final = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class OrganizationPolicy:
    """``kind`` is SCP or RCP; ``document`` the policy as parsed JSON; ``targets`` ids of a root, organizational units
    and accounts, none for a policy that is not attached yet."""

    name: str
    kind: str
    document: Mapping[str, Any]
    description: str = ""
    targets: tuple[str, ...] = ()

    @property
    def aws_type(self) -> str:
        """The type as AWS Organizations spells it."""
        return TYPES[self.kind]


def organization_policy(
    name: str, kind: str, document: Mapping[str, Any], description: str = "", targets: Iterable[str] = ()
) -> OrganizationPolicy:
    """A policy whose name, type, description and targets AWS Organizations would take; targets in the order given,
    each once. A description that is too long is cut short.

    :raises UsageError: for a name, type or target that cannot be.
    """
    if kind not in TYPES:
        raise UsageError(f"There is no type of policy {kind!r}", remedy="It is SCP or RCP.")
    name = name.strip()
    if not 1 <= len(name) <= NAME_LETTERS or not name.isprintable():
        raise UsageError(
            f"A policy cannot be named {name[:NAME_LETTERS]!r}",
            remedy=f"A name has 1 to {NAME_LETTERS} visible letters; give one with --name.",
        )
    return OrganizationPolicy(name, kind, document, _one_line(description), checked_targets(targets))


def is_target_id(text: str) -> bool:
    """Whether a text has the form of the id of a root, organizational unit or account."""
    return _TARGET.fullmatch(text) is not None


def checked_targets(targets: Iterable[str]) -> tuple[str, ...]:
    """The ids of targets, each once.

    :raises UsageError: for a text that is no id of a root, organizational unit or account.
    """
    given = tuple(dict.fromkeys(target.strip() for target in targets))
    for target in given:
        if not is_target_id(target):
            raise UsageError(
                f"{target[:80]!r} is no target of a policy",
                remedy="A target is a root (r-ab12), an organizational unit (ou-ab12-cdefgh34) or an account of "
                "twelve digits.",
            )
    return given


def _one_line(text: str) -> str:
    """A text without line breaks and invisible letters, of the length that AWS takes."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return plain if len(plain) <= DESCRIPTION_LETTERS else plain[: DESCRIPTION_LETTERS - 1] + "…"
