"""The markers and the authorization context that a record's own members add to its identity's and payload's."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from remit.model.canonical import canonical_json
from remit.rooms.events.aws.identity import Identity
from remit.rooms.events.aws.payload import Payload


class Surroundings(NamedTuple):
    """Members of a record that say how the call came, all of few distinct values."""

    console: bool | str | None
    endpoint: str | None
    endpoint_account: str | None
    category: str | None
    management: bool | None
    tls: bytes


class _Tls(msgspec.Struct):
    tlsVersion: str | None = None


def markers(identity: Identity, payload: Payload, around: Surroundings) -> list[str]:
    """Every ``key=value`` marker of a record, in a stable order."""
    tls = _tls_version(around.tls)
    named = {
        "session_from_console": "true" if around.console in (True, "true") else None,
        "vpce": around.endpoint,
        "vpce_account": around.endpoint_account,
        "event_category": around.category,
        "management_event": None if around.management is None else str(around.management).lower(),
        "tls": tls,
    }
    own = [f"{key}={value}" for key, value in named.items() if value is not None]
    return [*identity.markers, *own, *payload.markers]


def context(identity: Identity, payload: Payload, around: Surroundings) -> str | None:
    """Canonical JSON of the condition keys no other column carries; None when there are none."""
    found: dict[str, list[str]] = {key: list(values) for key, values in payload.context}
    if identity.mfa is not None:
        found["aws:MultiFactorAuthPresent"] = [identity.mfa]
    if around.endpoint is not None:
        found["aws:SourceVpce"] = [around.endpoint]
    if identity.invoked_by is not None:
        found["aws:ViaAWSService"] = ["true"]
    return canonical_json(found) if found else None


def _tls_version(raw: bytes) -> str | None:
    try:
        return msgspec.json.decode(raw, type=_Tls).tlsVersion if raw and raw != b"null" else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
