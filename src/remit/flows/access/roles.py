"""A provider's claims -> who somebody is here, and what role they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

STRONGEST_FIRST: Final = ("admin", "operator", "viewer")
_NAME_LETTERS: Final = 200
_VALUES: Final = 10_000


@dataclass(frozen=True, slots=True)
class RolePolicy:
    """``claim`` holds a person's groups; ``values`` says for each role which of them give it; ``default`` is the role
    of whom none does, empty to refuse them."""

    claim: str
    values: Mapping[str, Sequence[str]]
    default: str = ""

    def role(self, claims: Mapping[str, Any]) -> str:
        """The strongest role that a person's groups give; empty if they may not come in."""
        groups = claim_texts(claims, self.claim)
        return next((role for role in STRONGEST_FIRST if groups & set(self.values.get(role, ()))), self.default)


def claim_texts(claims: Mapping[str, Any], name: str) -> set[str]:
    """The texts of a claim: of the one so named, dots and all, or of ``b`` within ``a`` for ``a.b``."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    listed = found[:_VALUES] if isinstance(found, list) else [found]
    return {item for item in listed if isinstance(item, str)}


def person_name(claims: Mapping[str, Any]) -> str:
    """How a person is shown and journalled: their address if the provider verified it, else what they are called with
    the provider's own id of them. People choose what they are called, so that alone could pass for somebody else."""
    subject, email = str(claims["sub"]), claims.get("email")
    if isinstance(email, str) and "@" in email and claims.get("email_verified") is True:
        return _plain(email)
    called = next((claims[key] for key in ("preferred_username", "name", "email") if _text(claims.get(key))), "")
    return _plain(f"{called} ({subject})" if called and called != subject else f"({subject})")


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)[:_NAME_LETTERS]
