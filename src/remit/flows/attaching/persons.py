"""Who proposes and who agrees, and what is known of it.

A signed-in person is vouched for by the identity provider. A token says that somebody held its secret. The person at
this machine is whoever uses its account. A token that a named person made counts as that person: nobody becomes two by
making a token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

ACCOUNT: Final = "account"
TOKEN: Final = "token"  # noqa: S105 - a word
SIGNED_IN: Final = "signed in"
LOCAL: Final = "local"
"""Who makes tokens by a command: whoever uses the account that the data folder belongs to."""


@dataclass(frozen=True, slots=True)
class Person:
    """``name`` is what the journal writes; ``made_by`` and ``since`` tell who made a token, and when (ISO 8601)."""

    kind: str
    name: str
    made_by: str = ""
    since: str = ""

    @property
    def counts_as(self) -> str:
        """The one whose yes this is: of two that count as the same, one cannot agree to what the other proposed."""
        return self.made_by if self.kind == TOKEN and self.made_by not in ("", LOCAL) else self.name

    @property
    def proves(self) -> str:
        """What is known of who it was, in a sentence."""
        if self.kind == SIGNED_IN:
            return f"The identity provider vouches for {self.name}."
        if self.kind == TOKEN:
            maker = "whoever uses this machine's account" if self.made_by == LOCAL else self.made_by
            return f"Somebody held the secret of {self.name}, which {maker} made on {self.since[:10]}."
        return f"Somebody used the account {self.name}; several people who share it cannot be told apart."

    def row(self) -> dict[str, str]:
        """As it is kept."""
        return {"kind": self.kind, "name": self.name, "made_by": self.made_by, "since": self.since}


def person_of(row: Mapping[str, Any]) -> Person:
    """A person as they were kept."""
    return Person(row["kind"], row["name"], row["made_by"], row["since"])


def token_person(token: Mapping[str, Any], every: Iterable[Mapping[str, Any]]) -> Person:
    """The holder of a token, from its row and ``every`` token's: one that a token's holder made is whoever's that token
    is, however long the chain."""
    named: dict[str, list[Mapping[str, Any]]] = {}
    for each in every:
        named.setdefault(f"token:{each['name']}", []).append(each)
    made_by, since, seen = str(token["created_by"]), str(token["created"]), set[tuple[str, str]]()
    while (made_by, since) not in seen:
        seen.add((made_by, since))
        maker = _maker(named.get(made_by, ()), since)
        if maker is None or str(maker["created_by"]) in ("", LOCAL):
            break
        made_by, since = str(maker["created_by"]), str(maker["created"])
    return Person(TOKEN, f"token:{token['name']}", made_by, token["created"])


def _maker(named: Iterable[Mapping[str, Any]], since: str) -> Mapping[str, Any] | None:
    """Of the tokens that had one name in turn, the one that could make another at ``since`` (ISO 8601): a name is free
    again once its token was taken back or ended, and who takes it over is not who had it before. Times are whole
    seconds: within one, whoever made a token is rather a person than this machine."""
    at = datetime.fromisoformat(since)
    there = [each for each in named if datetime.fromisoformat(each["created"]) <= at]
    return max(
        there,
        key=lambda each: (datetime.fromisoformat(each["created"]), each["created_by"] not in ("", LOCAL)),
        default=None,
    )
