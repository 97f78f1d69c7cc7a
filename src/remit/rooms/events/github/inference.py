"""Which event a bare webhook payload is, from the objects it carries: the event's name travels in an HTTP header."""

from __future__ import annotations

from typing import Final

from remit.rooms.events.change.reading import Object
from remit.rooms.events.change.words import words

_PLACES: Final = ("repository", "organization", "installation", "enterprise", "sender")
_OBJECTS: Final = (
    ("workflow_job", ("workflow_job",)),
    ("deployment_status", ("deployment_status",)),
    ("deployment", ("deployment",)),
    ("workflow_run", ("workflow_run",)),
    ("pull_request_review_thread", ("pull_request", "thread")),
    ("pull_request_review_comment", ("pull_request", "comment")),
    ("pull_request_review", ("pull_request", "review")),
    ("pull_request", ("pull_request",)),
    ("check_run", ("check_run",)),
    ("check_suite", ("check_suite",)),
    ("issue_comment", ("issue", "comment")),
    ("issues", ("issue",)),
    ("discussion_comment", ("discussion", "comment")),
    ("discussion", ("discussion",)),
    ("release", ("release",)),
    ("fork", ("forkee",)),
    ("package", ("package",)),
    ("branch_protection_rule", ("rule",)),
    ("repository_ruleset", ("repository_ruleset",)),
    ("deploy_key", ("key",)),
    ("membership", ("member", "team")),
    ("organization", ("membership", "organization")),
    ("member", ("member",)),
    ("team", ("team", "organization")),
    ("milestone", ("milestone",)),
    ("label", ("label",)),
    ("projects_v2_item", ("projects_v2_item",)),
)
"""Event by the objects that must be there; the first row that fits wins, so the more particular stands first."""
_REPOSITORY_ACTS: Final = words("created deleted archived unarchived edited renamed transferred publicized privatized")
_INSTALLATION_ACTS: Final = words("created deleted suspend unsuspend new_permissions_accepted")


def infer_event(payload: Object) -> str | None:
    """The event's name as GitHub's header would say it; ``None`` when the payload is not recognizably one."""
    if "zen" in payload and "hook_id" in payload:
        return "ping"
    if not any(isinstance(payload.get(place), dict) for place in _PLACES):
        return None
    if "ref_type" in payload and "ref" in payload:
        return "create" if "master_branch" in payload else "delete"
    for event, objects in _OBJECTS:
        if all(isinstance(payload.get(name), dict) for name in objects):
            return event
    if "ref" in payload and ("pusher" in payload or isinstance(payload.get("commits"), list)):
        return "push"
    return _by_action(payload)


def _by_action(payload: Object) -> str | None:
    act = payload.get("action")
    if not isinstance(act, str):
        return None
    if isinstance(payload.get("repositories_added"), list):
        return "installation_repositories"
    if isinstance(payload.get("repository"), dict):
        return "repository" if act in _REPOSITORY_ACTS and "alert" not in payload else None
    return "installation" if isinstance(payload.get("installation"), dict) and act in _INSTALLATION_ACTS else None
