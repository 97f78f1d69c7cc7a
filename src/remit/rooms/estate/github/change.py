"""One change to code, from ticket to deployment: the ids that its records share."""

from __future__ import annotations

from dataclasses import dataclass

from remit.rooms.estate.feed import Item, Json
from remit.rooms.estate.github.accounts import Account, Repository
from remit.rooms.estate.instants import to_seconds


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; ``author`` and ``committer`` are ``{name, email}``."""

    sha: str
    parent: str
    message: str
    author: Json
    committer: Json
    at: int
    paths: tuple[str, ...] = ("main.tf",)

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]

    def history(self, repository: Repository) -> Item:
        """The commit as Remit's reader of a git repository writes it."""
        date = to_seconds(self.at)
        body = {
            "repository": repository.full_name,
            "sha": self.sha,
            "parents": [self.parent],
            "author": {**self.author, "date": date},
            "committer": {**self.committer, "date": date},
            "message": self.message,
            "trailers": [],
        }
        return Item("git", repository.full_name, self.at, {"git_commit": body})


@dataclass(frozen=True, slots=True)
class Change:
    """A pull request with one commit, squashed into main, and the run that deployed it."""

    repository: Repository
    number: int
    run: int
    branch: str
    title: str
    body: str
    opener: Account
    opened: int
    base: str
    head: Commit
    merge: Commit
