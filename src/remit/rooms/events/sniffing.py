"""Which format a record of unknown kind is, from the names of its members alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from remit.rooms.events import ci_build, git_commit
from remit.rooms.events.github import audit, webhooks

Members = Mapping[str, msgspec.Raw]
_TOP: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_AZURE_WHO: Final = frozenset(("resourceid", "category", "eventdatarid", "eventdataid", "correlationid"))
_CLOUD_LOGS: Final = re.compile(rb'"proto_?payload"|cloudaudit\.googleapis\.com', re.IGNORECASE)
_BASE64: Final = re.compile(rb'"data"\s*:\s*"[A-Za-z0-9+/_=-]{16}')


def sniff(record: bytes) -> str | None:
    """The data source the record looks like; ``None`` when it is no JSON object or looks like none of them.

    The clouds' records are told by the names at their top, so that a large one is not parsed. What is left is small
    talk between few formats of the code side, and those are asked themselves.
    """
    try:
        members = _TOP.decode(record)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    for source, fits in _CLOUDS:
        if fits(members):
            return source
    return _code_side(record)


def _code_side(record: bytes) -> str | None:
    try:
        value: dict[str, Any] = msgspec.json.decode(record)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return next((source for source, claims in _CODE if claims(value)), None)


def _is_cloudtrail(members: Members) -> bool:
    """A record, the ``detail`` of an EventBridge event, or a LookupEvents entry around one."""
    if "eventName" in members and ("eventSource" in members or "userIdentity" in members):
        return True
    if "CloudTrailEvent" in members:
        return True
    detail = members.get("detail")
    return detail is not None and b'"eventSource"' in bytes(detail) and b'"eventName"' in bytes(detail)


def _is_gcp(members: Members) -> bool:
    """A log entry, or a Pub/Sub message around one, whose data is base64."""
    names = {name.lower().replace("_", "") for name in members}
    if "protopayload" in names or {"logname", "insertid"} <= names:
        return True
    message = members.get("message")
    if message is not None and ("subscription" in members or b'"messageId"' in bytes(message)):
        return bool(_BASE64.search(bytes(message)))
    return "data" in members and ("messageId" in members or "message_id" in members)


def _is_azure(members: Members) -> bool:
    """The REST, diagnostic and SDK shapes, also lower-cased; sign-in and data-plane logs share the shape, and the
    decoder says what they are."""
    names = {name.lower().replace("_", "") for name in members}
    timed = not names.isdisjoint(("time", "eventtimestamp"))
    return "operationname" in names and timed and not names.isdisjoint(_AZURE_WHO)


_CLOUDS: Final[tuple[tuple[str, Callable[[Members], bool]], ...]] = (
    ("cloudtrail", _is_cloudtrail),
    ("gcp-audit", _is_gcp),
    ("azure-activity", _is_azure),
)
_CODE: Final[tuple[tuple[str, Callable[[Mapping[str, Any]], bool]], ...]] = (
    ("github-audit", audit.claims),
    ("ci-build", ci_build.claims),
    ("git", git_commit.claims),
    ("github-webhook", webhooks.claims),
)
"""Webhooks last: their bare payloads are told by what objects they hold, the others by members of their own."""
