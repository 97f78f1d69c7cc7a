"""What a call's request, response and extra data tell: resources, markers, links, condition keys.

Only the parts an operation needs are parsed, and what is looked for in them is in the operation's plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

from remit.rooms.events.aws.arns import Place, Resource
from remit.rooms.events.aws.context import Context, request_context
from remit.rooms.events.aws.identity import provider_host
from remit.rooms.events.aws.operations import KnownOperation
from remit.rooms.events.aws.record import Record
from remit.rooms.events.aws.resources import MOST, ResourceNames

_LARGEST: Final = 1 << 20
_decode: Final = msgspec.json.Decoder().decode
_NOTHING: Final[dict[str, Any]] = {}
_SHA: Final = re.compile(r"^[0-9a-f]{7,64}$")
_KEY: Final = re.compile(r"^[A-Z0-9]{16,128}$")


class Payload(msgspec.Struct, gc=False):
    """What the payload of a record says, ready for the columns. Its lists are shared and never changed."""

    types: list[str]
    ids: list[str]
    arns: list[str]
    context: Context = ()
    markers: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    federation: str | None = None
    subject: str | None = None
    source_identity: str | None = None
    repository: str | None = None
    commit: str | None = None
    failed: bool = False
    plain: bool = True
    """Nothing of it has a column but resources, context and markers: no session, no link."""


_NONE: Final[list[str]] = []
EMPTY: Final = Payload(_NONE, _NONE, _NONE)


def read_payload(names: ResourceNames, operation: KnownOperation, place: Place, record: Record) -> Payload:
    """Everything the raw JSON members say. Nothing raises; what cannot be parsed says nothing."""
    asked = _members(record.requestParameters)
    answered = _members(record.responseElements) if operation.wants_response else _NOTHING
    listed = _parse(record.resources) if record.resources else None
    if not (asked or answered or listed or (operation.wants_extra and record.additionalEventData)):
        return EMPTY
    found = _resources(names, operation, place, asked, answered, listed)
    payload = _with_resources(found) if found else Payload(_NONE, _NONE, _NONE)
    owner = names.owner_in_list(listed) if listed else None
    if owner is not None:
        payload.markers += (f"resource_account={owner}",)
    if asked and not operation.conditions.isdisjoint(asked):
        payload.context = request_context(operation.service, asked)
    if operation.session or operation.mcp:
        more = _members(record.additionalEventData) if operation.wants_extra else _NOTHING
        if operation.session:
            _read_session(payload, operation, asked, answered, more)
        if operation.mcp:
            _read_mcp(payload, operation, asked, more)
    if answered:
        payload.offers += tuple(_issued_keys(answered))
    if operation.session or payload.offers or payload.asks:
        payload.plain = False
    return payload


def _parse(raw: msgspec.Raw) -> Any:
    if len(raw) > _LARGEST:
        return None
    try:
        return _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _members(raw: msgspec.Raw) -> dict[str, Any]:
    if not raw or len(raw) > _LARGEST:
        return _NOTHING
    try:
        value = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _NOTHING
    return value if type(value) is dict else _NOTHING


def _resources(
    names: ResourceNames,
    operation: KnownOperation,
    place: Place,
    asked: dict[str, Any],
    answered: dict[str, Any],
    listed: Any,
) -> list[Resource]:
    found = names.from_list(listed) if listed else []
    if found:
        return found
    if asked:
        found = names.from_request(operation.service, operation.name, asked, place)
    if answered and operation.made:
        made = names.from_response(operation.service, operation.name, answered, place)
        if made:
            kinds = {resource.kind for resource in made}
            found = made + [resource for resource in found if resource.kind not in kinds]
    return found


def _with_resources(found: list[Resource]) -> Payload:
    if len(found) == 1:
        kind, name, arn = found[0]
        return Payload(_alone(kind), [name], [arn])
    kept = found[:MOST]
    payload = Payload([one[0] for one in kept], [one[1] for one in kept], [one[2] for one in kept])
    if len(found) > MOST:
        payload.markers = (f"resources_left_out={len(found) - MOST}",)
    return payload


@lru_cache(maxsize=4096)
def _alone(kind: str) -> list[str]:
    """The list of one type, shared by all that have it."""
    return [kind]


def _issued_keys(answered: dict[str, Any]) -> Iterator[str]:
    """Link keys of the session credentials a call handed out to its caller.

    A user's new access key (``accessKey``) is none: whoever made it is not who will use it.
    """
    for name in ("credentials", "accessToken", "Credentials"):
        key = _text(_object(answered, name), "accessKeyId")
        if key and _KEY.match(key):
            yield f"key:{key}"


def _read_session(
    payload: Payload, operation: KnownOperation, asked: dict[str, Any], answered: dict[str, Any], more: dict[str, Any]
) -> None:
    payload.source_identity = _text(asked, "sourceIdentity")
    payload.federation = provider_host(_text(asked, "principalArn") or _text(answered, "provider"))
    payload.subject = _text(answered, "subjectFromWebIdentityToken") or _text(answered, "subject")
    session = _text(more, "signInSessionArn")
    client = _text(asked, "client_id")
    if session:
        payload.offers += (f"signin:{session}",)
    if client and "external-client" in client:
        if operation.name == "AuthorizeOAuth2Access":
            payload.offers += (f"signin:{client}",)
        else:
            payload.asks += (f"signin:{client}",)
    tags = _session_tags(asked)
    payload.repository = _repository(tags)
    payload.commit = tags["Commit"] if _SHA.match(tags.get("Commit", "")) else None
    payload.failed = _text(answered, "ConsoleLogin") == "Failure" or _text(more, "success") == "false"
    payload.markers += tuple(_session_markers(asked, answered, more, tags))


def _session_markers(
    asked: dict[str, Any], answered: dict[str, Any], more: dict[str, Any], tags: dict[str, str]
) -> Iterator[str]:
    named = {
        "login_to": _text(more, "LoginTo"),
        "mfa_used": _text(more, "MFAUsed"),
        "mobile": _text(more, "MobileVersion"),
        "saml_provider": _text(more, "SamlProviderArn"),
        "switch_from": _text(more, "SwitchFrom"),
        "grant_type": _text(more, "grant_type"),
        "signin_session": _text(more, "signInSessionArn"),
        "oauth_client": _text(asked, "client_id"),
        "oauth_resource": _text(asked, "resource"),
        "oauth_scope": _text(asked, "scope"),
        "assumes_role": _text(asked, "roleArn"),
        "assumes_session": _text(asked, "roleSessionName"),
        "assumed_role_id": _text(_object(answered, "assumedRoleUser"), "assumedRoleId"),
        "federated_name": _text(asked, "name"),
    }
    yield from (f"{key}={value}" for key, value in named.items() if value is not None)
    yield from (f"session_tag.{key}={value}" for key, value in tags.items())


def _session_tags(asked: dict[str, Any]) -> dict[str, str]:
    """Tags of a role session: a list of key and value, or principal tags of a federated one."""
    found: dict[str, str] = {}
    tags = asked.get("tags")
    for entry in tags if isinstance(tags, list) else ():
        if isinstance(entry, dict):
            key = _text(entry, "key") or _text(entry, "Key")
            value = _text(entry, "value") or _text(entry, "Value")
            if key and value:
                found[key] = value
    found.update((key, value) for key, value in _object(asked, "principalTags").items() if isinstance(value, str))
    return found


def _repository(tags: dict[str, str]) -> str | None:
    repository = tags.get("Repository", "")
    return (
        repository
        if repository.count("/") == 1 and ("GitHub" in tags or "Workflow" in tags or "Actor" in tags)
        else None
    )


def _read_mcp(payload: Payload, operation: KnownOperation, asked: dict[str, Any], more: dict[str, Any]) -> None:
    """The half of a managed MCP call that names the tool and the calls it led to."""
    params = _object(asked, "params")
    client = _object(params, "clientInfo")
    method = _text(asked, "method")
    named = {
        "mcp_service": operation.service,
        "mcp_method": method,
        "mcp_tool": _text(params, "name") or (method if method and "/" not in method else None),
        "mcp_client": _text(client, "name"),
        "mcp_client_version": _text(client, "version"),
    }
    payload.markers += tuple(f"{key}={value}" for key, value in named.items() if value is not None)
    downstream = more.get("downstreamRequests")
    for entry in downstream[:1000] if isinstance(downstream, list) else ():
        if isinstance(entry, dict):
            request = _text(entry, "requestId")
            if request:
                payload.offers += (f"request:{request}",)
            if _text(entry, "apiName"):
                payload.markers += (f"mcp_call={entry['apiName']}",)


def _object(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _text(document: dict[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value else None
