"""GitHub webhook payloads, bare or with the event's name from their HTTP header beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from remit.model.errors import RecordError
from remit.rooms.events.change.batch import Facts, Origin, Reading, decode_each
from remit.rooms.events.change.reading import Object, child, first_text
from remit.rooms.events.decoded import Decoded
from remit.rooms.events.github.actions import action_kind
from remit.rooms.events.github.inference import infer_event
from remit.rooms.events.github.names import account_columns, owner_of, repository_of
from remit.rooms.events.github.others import read_other
from remit.rooms.events.github.pulls import read_pull
from remit.rooms.events.github.pushes import read_push
from remit.rooms.events.github.runs import read_job, read_run
from remit.rooms.events.lenient import text

_READERS: Final[Mapping[str, Callable[[Object], Facts]]] = {
    "push": read_push,
    "pull_request": read_pull,
    "workflow_run": read_run,
    "workflow_job": read_job,
}
_SERVICES: Final = {
    "push": "git",
    "create": "git",
    "delete": "git",
    "workflow_run": "workflows",
    "workflow_job": "workflows",
    "repository": "repo",
    "public": "repo",
    "fork": "repo",
    "organization": "org",
}
_NO_EVENTS: Final = frozenset(("ping", "meta"))


@dataclass(frozen=True, slots=True)
class Delivery:
    """A payload, its event's name, and what its wrapper adds: delivery id and the time of receipt."""

    event: str
    payload: Object
    delivery_id: str | None = None
    received_at: object = None


def decode(records: Sequence[bytes], feed: str) -> Decoded:
    """Webhook payloads as event columns. Never raises: a payload it cannot read is a ``Reject``."""
    return decode_each(records, feed, _ORIGIN)


def claims(record: Mapping[str, Any]) -> bool:
    """A wrapper that names the event, or a payload whose objects do."""
    return unwrap(record) is not None


def unwrap(record: Object) -> Delivery | None:
    """The delivery in ``{x_github_event, payload}``, in ``{headers: {X-GitHub-Event}, body}`` or in a bare payload."""
    headers = {str(key).lower(): value for key, value in child(record, "headers").items()}
    named = first_text(record, "x_github_event", "X-GitHub-Event") or text(_single(headers.get("x-github-event")))
    if named is None:
        event = infer_event(record)
        return Delivery(event, record) if event else None
    payload = next((found for key in ("payload", "body") if (found := _payload(record.get(key))) is not None), None)
    if payload is None:
        return None
    identity = first_text(record, "x_github_delivery") or text(_single(headers.get("x-github-delivery")))
    return Delivery(named, payload, identity, record.get("received_at"))


def _single(value: object) -> object:
    """Proxies write a header's value as a list of one."""
    return value[0] if isinstance(value, list) and value else value


def _payload(value: object) -> Object | None:
    """A body is an object, or the same object still written as text."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def _read(record: dict[str, Any]) -> Reading:
    delivery = unwrap(record)
    if delivery is None:
        raise RecordError("not-an-event", "The record is no GitHub webhook payload of a known event.")
    if delivery.event in _NO_EVENTS:
        raise RecordError("not-an-event", f"GitHub's `{delivery.event}` concerns the webhook itself.")
    payload = delivery.payload
    facts: Facts = {
        "account": owner_of(payload),
        "repository": repository_of(payload),
        "provider_id": delivery.delivery_id,
        "event_type": delivery.event,
        "service": _SERVICES.get(delivery.event, delivery.event.partition("_review")[0]),
        "operation": _operation(delivery),
        **account_columns(child(payload, "sender")),
    }
    reader = _READERS.get(delivery.event)
    facts.update(reader(payload) if reader else read_other(delivery.event, payload, delivery.received_at))
    facts.setdefault("action_kind", action_kind(facts["operation"]))
    return Reading(facts, None, payload)


def _operation(delivery: Delivery) -> str:
    act = text(delivery.payload.get("action"))
    return f"{delivery.event}.{act}" if act else delivery.event


_ORIGIN: Final = Origin("github", "github-webhook", _read)
