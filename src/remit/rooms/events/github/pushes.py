"""The ``push`` webhook: one ref moved, with the commits that moved it."""

from __future__ import annotations

from typing import Final

from remit.rooms.events.change.batch import Facts
from remit.rooms.events.change.markers import Markers
from remit.rooms.events.change.reading import Object, child, children, flag
from remit.rooms.events.change.resources import Resources
from remit.rooms.events.change.texts import mark_message, ticket_in
from remit.rooms.events.change.times import first_instant
from remit.rooms.events.github.names import repository_of
from remit.rooms.events.github.same_act import push_key
from remit.rooms.events.lenient import text

_NO_COMMIT: Final = "0" * 40
"""What stands for "no commit" before a ref was created and after it was deleted."""
_COMMIT_LIMIT: Final = 250
"""Commits of one push that are offered as links; ``commits_unlinked=N`` says how many were not."""


def read_push(payload: Object) -> Facts:
    """Facts of a push. Raises ``RecordError`` when it holds no time."""
    commits = children(payload, "commits")
    head = child(payload, "head_commit")
    repository, ref = repository_of(payload), text(payload.get("ref"))
    after, before = text(payload.get("after")), text(payload.get("before"))
    sha = after if after != _NO_COMMIT else None
    kind, name = _ref(ref or "")
    branch = name if kind == "branch" else None
    facts: Facts = {
        "time": _time(payload, head, commits),
        "action_kind": "delete" if payload.get("deleted") is True else "update",
        "commit": sha or text(head.get("id")),
        "ticket": ticket_in(branch, text(head.get("message")), *(text(item.get("message")) for item in commits[:20])),
        "markers": _markers(payload, commits or [head]),
    }
    facts.update(_pusher(payload))
    shas = dict.fromkeys(found for item in [head, *commits[-_COMMIT_LIMIT:]] if (found := text(item.get("id"))))
    facts["link_offers"] = [f"commit:{item}" for item in shas] + push_key(repository, ref, before, after)
    facts.update(_resources(payload, repository, (kind, name), facts["commit"]))
    return facts


def _ref(ref: str) -> tuple[str, str]:
    """What a ref is, and its name: ``refs/tags/v1`` is the tag ``v1``."""
    if ref.startswith("refs/tags/"):
        return "tag", ref.removeprefix("refs/tags/")
    return "branch", ref.removeprefix("refs/heads/")


def _time(payload: Object, head: Object, commits: list[Object]) -> int:
    """A push's own ``repository.pushed_at`` is the act; a commit's time may be weeks before it."""
    written = [item.get("timestamp") for item in (head, *reversed(commits))]
    return first_instant(child(payload, "repository").get("pushed_at"), *written)


def _pusher(payload: Object) -> Facts:
    """Payloads without a sender still name the pusher."""
    name = text(child(payload, "pusher").get("name"))
    return {} if child(payload, "sender") or not name else {"principal": name, "principal_name": name}


def _markers(payload: Object, commits: list[Object]) -> list[str]:
    markers = Markers()
    ref = text(payload.get("ref"))
    markers.add("ref", ref)
    markers.add("head_branch", ref.removeprefix("refs/heads/") if ref and ref.startswith("refs/heads/") else None)
    markers.add("forced", flag(payload, "forced") if payload.get("forced") is True else None)
    for commit in commits:
        markers.add("author_email", text(child(commit, "author").get("email")))
        markers.add("committer_email", text(child(commit, "committer").get("email")))
        mark_message(markers, text(commit.get("message")))
    if len(commits) > _COMMIT_LIMIT:
        markers.add("commits_unlinked", str(len(commits) - _COMMIT_LIMIT))
    return markers.listed()


def _resources(payload: Object, repository: str | None, ref: tuple[str, str], sha: str | None) -> Facts:
    found = Resources()
    found.add("github:repository", repository, text(child(payload, "repository").get("html_url")))
    found.add(f"github:{ref[0]}", ref[1])
    found.add("github:commit", sha, text(child(payload, "head_commit").get("url")))
    return found.columns()
