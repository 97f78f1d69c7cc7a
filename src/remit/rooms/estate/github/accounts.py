"""GitHub's accounts: people of the cast and the bots, by the numeric ids that GitHub gave them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from remit.rooms.estate.cast import GITHUB_ORG, GITHUB_ORG_ID, Person
from remit.rooms.estate.chance import stable_number
from remit.rooms.estate.feed import Json

WEB_FLOW: Final = {"name": "GitHub", "email": "noreply@github.com"}


@dataclass(frozen=True, slots=True)
class Account:
    """A sender or author: ``name`` and ``email`` as in commits."""

    login: str
    id: int
    type: str
    name: str
    email: str

    def sender(self) -> Json:
        return {"login": self.login, "id": self.id, "type": self.type, "site_admin": False}

    def signature(self) -> Json:
        return {"name": self.name, "email": self.email}


def account(person: Person) -> Account:
    return Account(person.login, person.github_id, "User", person.name, person.commit_email)


COPILOT: Final = Account(
    "Copilot", 198982749, "Bot", "copilot-swe-agent[bot]", "198982749+Copilot@users.noreply.github.com"
)
DEPENDABOT: Final = Account(
    "dependabot[bot]", 49699333, "Bot", "dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"
)
CLAUDE_TRAILER: Final = "Co-Authored-By: Claude <noreply@anthropic.com>"
ORGANIZATION: Final = {"login": GITHUB_ORG, "id": GITHUB_ORG_ID}


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository and the AWS environment that its main branch deploys to."""

    name: str
    environment: str = "production"
    immutable_subject: bool = False

    @property
    def full_name(self) -> str:
        return f"{GITHUB_ORG}/{self.name}"

    @property
    def id(self) -> int:
        return stable_number("repository", self.name, digits=9)

    @property
    def url(self) -> str:
        return f"https://github.com/{self.full_name}"

    @property
    def subject(self) -> str:
        """The ``sub`` of this repository's OIDC tokens on main, in the older or the immutable form."""
        if self.immutable_subject:
            return f"repo:{GITHUB_ORG}@{GITHUB_ORG_ID}/{self.name}@{self.id}:ref:refs/heads/main"
        return f"repo:{self.full_name}:ref:refs/heads/main"

    def payload(self, pushed: str) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "full_name": self.full_name,
            "private": True,
            "html_url": self.url,
            "owner": {**ORGANIZATION, "type": "Organization"},
            "default_branch": "main",
            "pushed_at": pushed,
        }


PAYMENTS: Final = Repository("payments")
STOREFRONT: Final = Repository("storefront", immutable_subject=True)
PLATFORM: Final = Repository("platform", "staging")
INFRASTRUCTURE: Final = Repository("infrastructure", "shared")
