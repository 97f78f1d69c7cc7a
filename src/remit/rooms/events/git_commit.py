"""Commits of a git repository's history.

Three shapes: ``{"git_commit": {...}}`` as Remit's own reader writes it, GitHub's REST commit object (``commit.author``
nested), and the same flattened. A commit's author and trailers are whatever its writer put there; only a signature
says more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from remit.model.errors import RecordError
from remit.rooms.events.change.batch import Facts, Origin, Reading, decode_each
from remit.rooms.events.change.markers import Markers
from remit.rooms.events.change.reading import Object, child, first_text, flag
from remit.rooms.events.change.resources import Resources
from remit.rooms.events.change.texts import mark_footers, mark_trailers, ticket_in, trailers_in
from remit.rooms.events.change.times import first_instant
from remit.rooms.events.decoded import Decoded
from remit.rooms.events.git_names import repository_name
from remit.rooms.events.lenient import text

_SHA: Final = re.compile(r"[0-9a-fA-F]{7,64}")
_LANDED: Final = re.compile(r"\(#(\d{1,9})\)$")
_MERGED: Final = re.compile(r"^Merge pull request #(\d{1,9}) from (\S+)")
_GITHUB_COMMITTER: Final = "noreply@github.com"
"""The committer of what GitHub's own merge button and editor write; anybody may set it."""
_SIGNATURES: Final = {
    "G": "true",
    "U": "true",
    "N": "false",
    "B": "bad",
    "X": "expired",
    "Y": "expired",
    "R": "revoked",
}
"""git's ``%G?``, as far as it says something."""


def decode(records: Sequence[bytes], feed: str) -> Decoded:
    """Commits as event columns. Never raises: a record it cannot read is a ``Reject``."""
    return decode_each(records, feed, _ORIGIN)


def claims(record: Mapping[str, Any]) -> bool:
    """A commit in any of the three shapes."""
    if isinstance(record.get("git_commit"), dict):
        return True
    flat = child(record, "author") and (child(record, "committer") or isinstance(record.get("parents"), list))
    return isinstance(record.get("sha"), str) and bool(flat or child(record, "commit", "author"))


def _read(record: dict[str, Any]) -> Reading:
    if not claims(record):
        raise RecordError("not-an-event", "The record is no git commit.")
    outer = child(record, "git_commit") or record
    commit = child(outer, "commit") or outer
    sha = text(outer.get("sha"))
    if sha is None or not _SHA.fullmatch(sha):
        raise RecordError("not-an-event", "The commit has no sha.")
    repository = repository_name(text(outer.get("repository")) or text(outer.get("html_url")))
    author, committer = child(commit, "author"), child(commit, "committer")
    message = first_text(commit, "message", "message_subject", "subject") or ""
    pull, branch = _pull(message, text(committer.get("email")))
    facts: Facts = {
        "time": first_instant(committer.get("date"), author.get("date")),
        "provider_id": sha,
        "account": repository.partition("/")[0] if repository and "/" in repository else None,
        "service": "git",
        "operation": "git.commit",
        "action_kind": "update",
        "principal": first_text(author, "email", "name"),
        "principal_name": text(author.get("name")),
        "repository": repository,
        "commit": sha,
        "pull_request": pull,
        "ticket": ticket_in(branch, message),
        "markers": _markers(outer, commit, message, branch),
        "link_offers": [f"commit:{sha}"],
    }
    facts.update(_resources(repository, sha, text(outer.get("html_url"))))
    return Reading(facts, f"{repository}@{sha}", record)


def _pull(message: str, committer: str | None) -> tuple[str | None, str | None]:
    """The pull request that landed the commit, and its branch where the message has it.

    A subject's last ``(#n)`` counts only where GitHub committed; elsewhere people write issue numbers like that.
    """
    subject = message.partition("\n")[0].strip()
    if merged := _MERGED.search(subject):
        return merged.group(1), merged.group(2).partition("/")[2] or None
    landed = _LANDED.search(subject) if committer == _GITHUB_COMMITTER else None
    return (landed.group(1) if landed else None), None


def _markers(outer: Object, commit: Object, message: str, branch: str | None) -> list[str]:
    markers = Markers()
    author, committer = child(commit, "author"), child(commit, "committer")
    markers.add("author_email", text(author.get("email")))
    markers.add("committer_email", text(committer.get("email")))
    markers.add("committer_name", text(committer.get("name")))
    markers.add("signed", _signature(outer, commit))
    markers.add("head_branch", branch)
    parents = outer.get("parents")
    markers.add("merge", "true" if isinstance(parents, list) and len(parents) > 1 else None)
    mark_trailers(markers, [*_listed_trailers(outer), *trailers_in(message)])
    lines = outer.get("agent_lines")
    mark_footers(markers, "\n".join([message, *_texts(lines)]))
    return markers.listed()


def _texts(values: object) -> Iterable[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _listed_trailers(outer: Object) -> Iterable[tuple[str, str]]:
    """Trailers as pairs or as ``{key, value}`` objects."""
    listed = outer.get("trailers")
    for item in listed if isinstance(listed, list) else ():
        pair = (item.get("key"), item.get("value")) if isinstance(item, dict) else item
        if isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
            yield pair[0], pair[1]


def _signature(outer: Object, commit: Object) -> str | None:
    verified = flag(child(commit, "verification"), "verified") or flag(outer, "signed")
    return verified or _SIGNATURES.get(first_text(outer, "signature", "signature_status") or "")


def _resources(repository: str | None, sha: str, url: str | None) -> Facts:
    found = Resources()
    found.add("git:commit", sha, url)
    found.add("git:repository", repository)
    return found.columns()


_ORIGIN: Final = Origin("git", "git", _read, by_content=True)
