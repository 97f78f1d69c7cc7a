"""Every other webhook event: repositories, members, keys, rules, deployments, issues, reviews, checks."""

from __future__ import annotations

from typing import Final

from remit.rooms.events.change.batch import Facts
from remit.rooms.events.change.markers import Markers
from remit.rooms.events.change.reading import Object, child, first_text
from remit.rooms.events.change.resources import Resources
from remit.rooms.events.change.times import first_instant, instant
from remit.rooms.events.change.words import words
from remit.rooms.events.github.names import mark_account, repository_of
from remit.rooms.events.github.pulls import pull_facts
from remit.rooms.events.github.same_act import repository_key
from remit.rooms.events.lenient import text

_SUBJECTS: Final = {
    "branch_protection_rule": ("rule",),
    "code_scanning_alert": ("alert",),
    "commit_comment": ("comment",),
    "create": ("repository",),
    "delete": ("repository",),
    "dependabot_alert": ("alert",),
    "deploy_key": ("key",),
    "discussion_comment": ("comment", "discussion"),
    "fork": ("forkee",),
    "issue_comment": ("comment", "issue"),
    "issues": ("issue",),
    "page_build": ("build",),
    "public": ("repository",),
    "pull_request_review": ("review", "pull_request"),
    "pull_request_review_comment": ("comment", "pull_request"),
    "pull_request_review_thread": ("thread", "pull_request"),
    "registry_package": ("registry_package",),
    "repository_vulnerability_alert": ("alert",),
    "secret_scanning_alert": ("alert",),
}
"""Which object of the payload an event is about, where it is not named like the event."""
_CREATED: Final = ("submitted_at", "starred_at", "published_at", "created_at", "started_at", "updated_at")
_CHANGED: Final = ("completed_at", "updated_at", "closed_at", "fixed_at", "dismissed_at")
"""Times of an object that its making, and that a later act on it, leave. A later act is never dated by the making.
A deletion leaves none of its own: the object's last change stands in, unless the time of receipt is known."""
_BIRTHS: Final = words("create created opened published prereleased released submitted added requested")
_ENDS: Final = frozenset(("deleted", "removed", "destroyed", "unpublished"))
_REF_EVENTS: Final = frozenset(("create", "delete"))
_KINDS: Final = {"key": "deploy_key", "forkee": "repository"}
_NUMBERED: Final = frozenset(("issue", "issues", "discussion", "milestone", "alert"))


def read_other(event: str, payload: Object, received_at: object) -> Facts:
    """Facts of an event without a reader of its own. Raises ``RecordError`` when nothing in it is a time.

    The marker ``time_from`` names the field the time was read from: few of these payloads state the act's own time.
    """
    markers = Markers()
    facts: Facts = pull_facts(payload) if child(payload, "pull_request") else {}
    facts["time"] = _time(event, payload, received_at, markers)
    facts.setdefault("commit", _commit(payload))
    _mark(markers, payload)
    facts["markers"] = [*facts.get("markers", ()), *markers.listed()]
    offered = facts.get("link_offers") or ([f"commit:{facts['commit']}"] if facts["commit"] else [])
    if event == "repository":
        offered = [*offered, *_repository_act(payload)]
    facts["link_offers"] = offered
    facts.update(_status(event, payload))
    facts.update(_resources(event, payload))
    return facts


def _time(event: str, payload: Object, received_at: object, markers: Markers) -> int:
    act = text(payload.get("action"))
    received = received_at if instant(received_at) is not None else None
    place, moment = "received_at", received
    if received is None or act not in _ENDS:
        keys = _time_keys(event, act)
        stated = _stated(payload, (*_SUBJECTS.get(event, (event,)), ""), keys)
        place, moment = stated or (place, moment)
    markers.add("time_from", place if moment is not None else None)
    return first_instant(moment)


def _stated(payload: Object, subjects: tuple[str, ...], keys: tuple[str, ...]) -> tuple[str, object] | None:
    """The first time among the payload's objects, and where it stands; the empty name is the payload itself."""
    for name in subjects:
        subject = child(payload, name) if name else payload
        for key in keys:
            if instant(subject.get(key)) is not None:
                return f"{name}.{key}".lstrip("."), subject.get(key)
    return None


def _time_keys(event: str, act: str | None) -> tuple[str, ...]:
    if event in _REF_EVENTS:
        return ("pushed_at",)
    if event == "public":
        return ("updated_at",)
    return _CREATED if act is None or act in _BIRTHS else _CHANGED


def _commit(payload: Object) -> str | None:
    for subject in (child(payload, "deployment"), child(payload, "check_run"), child(payload, "check_suite"), payload):
        if found := first_text(subject, "sha", "head_sha", "commit_oid"):
            return found
    return text(child(payload, "comment").get("commit_id"))


def _mark(markers: Markers, payload: Object) -> None:
    markers.add("ref", first_text(payload, "ref") or text(child(payload, "deployment").get("ref")))
    markers.add("ref_type", text(payload.get("ref_type")))
    deployment = child(payload, "deployment")
    markers.add("environment", first_text(deployment, "environment"))
    mark_account(markers, "deployment_creator", child(deployment, "creator"))
    for subject in (child(payload, "comment"), child(payload, "issue"), deployment):
        markers.add("via_app", text(child(subject, "performed_via_github_app").get("slug")))


def _status(event: str, payload: Object) -> Facts:
    """A deployment or a check that failed is a failure; every other event happened."""
    subject = child(payload, event)
    state = first_text(subject, "state", "conclusion") if event != "status" else text(payload.get("state"))
    reports = event in ("deployment_status", "status", "check_run", "check_suite")
    if reports and state in ("failure", "error", "cancelled", "timed_out", "action_required"):
        return {"outcome": "failure", "error_code": state}
    return {}


def _repository_act(payload: Object) -> list[str]:
    return repository_key(text(child(payload, "repository").get("id")), text(payload.get("action")))


def _resources(event: str, payload: Object) -> Facts:
    found = Resources()
    name = _SUBJECTS.get(event, (event,))[0]
    subject, repository = child(payload, name), repository_of(payload)
    url = text(subject.get("html_url"))
    number = text(subject.get("number")) if name in _NUMBERED else None
    kind = {"issues": "issue", "alert": event, "rule": event, "key": "deploy_key", "forkee": "repository"}.get(
        name, name
    )
    if number and repository:
        found.add(f"github:{kind}", f"{repository}#{number}", url)
    elif name not in ("repository", "installation", "organization"):
        found.add(f"github:{kind}", first_text(subject, "full_name", "name", "tag_name", "title", "id"), url)
    if event in _REF_EVENTS:
        found.add(f"github:{text(payload.get('ref_type')) or 'ref'}", text(payload.get("ref")))
    pull = text(child(payload, "pull_request").get("number"))
    if pull and repository:
        found.add("github:pull_request", f"{repository}#{pull}", text(child(payload, "pull_request").get("html_url")))
    for member in (child(payload, "member"), child(payload, "membership", "user"), child(payload, "blocked_user")):
        found.add("github:user", text(member.get("login")))
    if event.startswith("installation"):
        found.add("github:app", first_text(child(payload, "installation"), "app_slug", "app_id"))
    found.add("github:team", text(child(payload, "team").get("slug")))
    found.add("github:repository", repository, text(child(payload, "repository").get("html_url")))
    if not repository:
        found.add("github:organization", text(child(payload, "organization").get("login")))
    return found.columns()
