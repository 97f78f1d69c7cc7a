"""The ``pull_request`` webhook."""

from __future__ import annotations

from typing import Final

from remit.rooms.events.change.batch import Facts
from remit.rooms.events.change.markers import Markers
from remit.rooms.events.change.reading import Object, child, children, flag
from remit.rooms.events.change.resources import Resources
from remit.rooms.events.change.texts import mark_message, ticket_in
from remit.rooms.events.change.times import first_instant
from remit.rooms.events.github.names import mark_account, repository_of
from remit.rooms.events.github.same_act import pull_key
from remit.rooms.events.lenient import text

_ACT_TIMES: Final = {
    "opened": ("created_at",),
    "closed": ("merged_at", "closed_at"),
}


def read_pull(payload: Object) -> Facts:
    """Facts of one act on a pull request; closing by merging is its own operation, ``pull_request.merged``."""
    pull = child(payload, "pull_request")
    act = text(payload.get("action")) or "seen"
    merged = act == "closed" and (pull.get("merged") is True or bool(text(pull.get("merged_at"))))
    operation = "pull_request.merged" if merged else f"pull_request.{act}"
    facts = pull_facts(payload)
    facts["operation"] = operation
    facts["time"] = first_instant(*(pull.get(key) for key in (*_ACT_TIMES.get(act, ()), "updated_at", "created_at")))
    if merged and (sha := text(pull.get("merge_commit_sha"))):
        facts["commit"] = sha
        facts["link_offers"] = [f"commit:{sha}", *facts["link_offers"]]
    facts["link_offers"] += pull_key(operation, facts["repository"], facts["pull_request"])
    return facts


def pull_facts(payload: Object) -> Facts:
    """What any payload with a pull request says about it: number, head commit, ticket, marks, resources."""
    pull = child(payload, "pull_request")
    repository = repository_of(payload)
    number = text(pull.get("number")) or text(payload.get("number"))
    head = child(pull, "head")
    sha = text(head.get("sha"))
    branch, title = text(head.get("ref")), text(pull.get("title"))
    found = Resources()
    if repository and number:
        found.add("github:pull_request", f"{repository}#{number}", text(pull.get("html_url")))
    found.add("github:repository", repository, text(child(payload, "repository").get("html_url")))
    return {
        "repository": repository,
        "pull_request": number,
        "commit": sha,
        "ticket": ticket_in(branch, title, text(pull.get("body"))),
        "markers": _markers(payload, pull),
        "link_offers": [f"commit:{sha}"] if sha else [],
        **found.columns(),
    }


def _markers(payload: Object, pull: Object) -> list[str]:
    markers = Markers()
    mark_account(markers, "pr_author", child(pull, "user"))
    mark_account(markers, "merged_by", child(pull, "merged_by"))
    markers.add("head_branch", text(child(pull, "head").get("ref")))
    markers.add("base_branch", text(child(pull, "base").get("ref")))
    markers.add("draft", flag(pull, "draft") if pull.get("draft") is True else None)
    if child(pull, "head", "repo").get("fork") is True and _from_elsewhere(pull):
        markers.add("from_fork", "true")
    for label in children(pull, "labels"):
        markers.add("labels", text(label.get("name")))
    for assignee in children(pull, "assignees"):
        markers.add("assignee", text(assignee.get("login")))
    mark_message(markers, text(pull.get("body")))
    markers.add("review_state", text(child(payload, "review").get("state")))
    return markers.listed()


def _from_elsewhere(pull: Object) -> bool:
    sides = [text(child(pull, side, "repo").get("full_name")) for side in ("head", "base")]
    return sides[0] != sides[1]
