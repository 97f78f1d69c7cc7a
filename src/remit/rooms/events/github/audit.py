"""GitHub audit log entries, as the API, the export and log streaming write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from remit.model.errors import RecordError
from remit.rooms.events.change.batch import Facts, Origin, Reading, decode_each
from remit.rooms.events.change.markers import Markers
from remit.rooms.events.change.reading import Object, child, first_text, flag
from remit.rooms.events.change.resources import Resources
from remit.rooms.events.change.texts import ticket_in
from remit.rooms.events.change.times import first_instant
from remit.rooms.events.change.words import words
from remit.rooms.events.decoded import Decoded
from remit.rooms.events.denials.denial import Denial
from remit.rooms.events.github.actions import action_kind, failed, refused
from remit.rooms.events.github.names import BOT_SUFFIX, app_slug
from remit.rooms.events.github.runs import FAILED
from remit.rooms.events.github.same_act import audit_keys
from remit.rooms.events.lenient import text
from remit.rooms.events.rows import denial_columns

_ACTION: Final = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_.]+")
_CONTEXT: Final = words(
    "@timestamp at_sign_timestamp _document_id actor actor_id org business operation_type repo user created_at"
)
_PULL_URL: Final = re.compile(r"/pull/(\d{1,9})(?:$|[/?#])")
_NAMED_RESOURCES: Final = (
    ("team", "github:team"),
    ("hook_id", "github:hook"),
    ("ruleset_id", "github:ruleset"),
    ("environment_name", "github:environment"),
    ("workflow_run_id", "github:workflow_run"),
    ("deploy_key_fingerprint", "github:deploy_key"),
    ("integration", "github:app"),
    ("oauth_application", "github:oauth_application"),
    ("secret_name", "github:secret"),
    ("package", "github:package"),
    ("runner_name", "github:runner"),
    ("branch", "github:branch"),
)
_NAMED_MARKERS: Final = (
    ("token_type", "programmatic_access_type"),
    ("token_id", "token_id"),
    ("token_scopes", "token_scopes"),
    ("agent_session", "agent_session_id"),
    ("event", "event"),
    ("head_branch", "head_branch"),
    ("run_attempt", "run_attempt"),
    ("conclusion", "conclusion"),
    ("external_identity", "external_identity_nameid"),
    ("transport", "transport_protocol_name"),
    ("visibility", "visibility"),
    ("branch", "branch"),
    ("ref", "ref"),
)


def decode(records: Sequence[bytes], feed: str) -> Decoded:
    """Audit log entries as event columns. Never raises: an entry it cannot read is a ``Reject``."""
    return decode_each(records, feed, _ORIGIN)


def claims(record: Mapping[str, Any]) -> bool:
    """An entry names its action ``category.verb`` and its actor or place by plain text; webhooks carry objects."""
    action = record.get("action")
    return (
        isinstance(action, str)
        and bool(_ACTION.fullmatch(action))
        and not isinstance(record.get("actor"), dict)
        and not isinstance(record.get("repository"), dict)
        and not _CONTEXT.isdisjoint(record)
    )


def _read(entry: dict[str, Any]) -> Reading:
    if not claims(entry):
        raise RecordError("not-an-event", "The record is no GitHub audit log entry: it has no `category.verb` action.")
    data = child(entry, "data")
    merged: Object = {**data, **entry} if data else entry
    action = str(entry["action"])
    moments = (entry.get(key) for key in ("@timestamp", "at_sign_timestamp", "created_at"))
    facts: Facts = {
        "time": first_instant(*moments),
        "provider_id": text(entry.get("_document_id")),
        "service": action.partition(".")[0],
        "operation": action,
        "action_kind": action_kind(action, text(entry.get("operation_type"))),
        "request_id": text(entry.get("request_id")),
        **_place(merged),
        **_actor(merged),
        **_outcome(action, merged),
    }
    facts["markers"] = _markers(merged)
    facts["link_offers"] = [*_known(facts), *audit_keys(facts, merged)]
    facts.update(_resources(facts, merged))
    return Reading(facts, facts["provider_id"], entry)


def _place(entry: Object) -> Facts:
    repository = first_text(entry, "repo", "repository")
    repository = repository if repository and "/" in repository else None
    pull = _PULL_URL.search(text(entry.get("pull_request_url")) or "")
    owner = first_text(entry, "org", "business")
    return {
        "account": owner or (repository.partition("/")[0] if repository else None),
        "repository": repository,
        "commit": first_text(entry, "head_sha", "after", "commit_sha", "merge_commit_sha"),
        "pull_request": pull.group(1) if pull else first_text(entry, "pull_request_number"),
        "run": text(entry.get("workflow_run_id")),
        "ticket": ticket_in(*(text(entry.get(key)) for key in ("head_branch", "branch", "ref", "pull_request_title"))),
    }


def _actor(entry: Object) -> Facts:
    actor = text(entry.get("actor"))
    acts_for = text(entry.get("user")) if flag(entry, "actor_is_agent") == "true" else None
    return {
        "principal": actor,
        "principal_name": actor,
        "principal_id": text(entry.get("actor_id")),
        "principal_type": _actor_type(actor, flag(entry, "actor_is_bot"), flag(entry, "actor_is_agent")),
        "app_id": app_slug(actor) or first_text(entry, "application_client_id", "oauth_application_id"),
        "delegator": acts_for if acts_for != actor else None,
        "source_ip": text(entry.get("actor_ip")),
        "user_agent": text(entry.get("user_agent")),
        "access_key": text(entry.get("hashed_token")),
    }


def _actor_type(actor: str | None, is_bot: str | None, is_agent: str | None) -> str | None:
    """What GitHub says the account is. Older entries do not say, and a plain login alone proves no person."""
    if is_bot == "true" or (actor and actor.endswith(BOT_SUFFIX)):
        return "Bot"
    return "User" if is_bot == "false" and is_agent != "true" else None


def _outcome(action: str, entry: Object) -> Facts:
    if refused(action):
        denial = Denial("unknown", rule=f"github.{action}", action=action, resource=first_text(entry, "branch", "repo"))
        return {
            **denial_columns(denial),
            "error_code": action.partition(".")[2],
            "error_message": first_text(entry, "message", "reasons", "explanation"),
        }
    conclusion = text(entry.get("conclusion"))
    if failed(action) or conclusion in FAILED:
        return {"outcome": "failure", "error_code": conclusion or action.partition(".")[2]}
    return {}


def _markers(entry: Object) -> list[str]:
    markers = Markers()
    markers.add("actor_is_bot", flag(entry, "actor_is_bot"))
    markers.add("actor_is_agent", flag(entry, "actor_is_agent"))
    for name, key in _NAMED_MARKERS:
        markers.add(name, text(entry.get(key)))
    if entry.get("workflow_id"):
        markers.add("workflow", text(entry.get("name")))
    markers.add("country", text(child(entry, "actor_location").get("country_code")))
    return markers.listed()


def _known(facts: Facts) -> list[str]:
    return [f"{kind}:{value}" for kind, value in (("commit", facts["commit"]), ("run", facts["run"])) if value]


def _resources(facts: Facts, entry: Object) -> Facts:
    found = Resources()
    if facts["repository"] and facts["pull_request"]:
        found.add("github:pull_request", f"{facts['repository']}#{facts['pull_request']}")
    found.add("github:repository", facts["repository"])
    for key, kind in _NAMED_RESOURCES:
        found.add(kind, text(entry.get(key)))
    if facts["service"].startswith("integration"):
        found.add("github:app", text(entry.get("name")))
    if facts["principal"] != (affected := text(entry.get("user"))) and affected != facts["delegator"]:
        found.add("github:user", affected)
    if not facts["repository"] or facts["service"] in ("org", "business"):
        found.add("github:organization", text(entry.get("org")))
    return found.columns()


_ORIGIN: Final = Origin("github", "github-audit", _read)
