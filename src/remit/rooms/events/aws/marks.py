"""The markers and the authorization context that a record's own members add to its identity's and payload's."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from remit.model.canonical import canonical_json
from remit.rooms.events.aws.arns import Place
from remit.rooms.events.aws.identity import KnownIdentity
from remit.rooms.events.aws.payload import Payload

Marks = tuple[list[str], str | None]
"""Every ``key=value`` marker in a stable order; the context as canonical JSON, None when there is none."""
_ordered: Final = msgspec.json.Encoder(order="deterministic").encode


class Scene:
    """Members of few values that say where and how a call came: one entry for each distinct set of them."""

    __slots__ = ("account", "endpoint", "insight", "markers", "region")

    def __init__(
        self,
        region: str | None,
        account: str | None,
        endpoint: str | None,
        endpoint_account: str | None,
        console: bool | str | None,
        category: str | None,
        management: bool | None,
    ) -> None:
        self.region = region or None
        self.account = account
        self.endpoint = endpoint
        self.insight: bool = category == "Insight"
        self.markers: dict[str, str | None] = {
            "session_from_console": "true" if console in (True, "true") else None,
            "vpce": endpoint,
            "vpce_account": endpoint_account,
            "event_category": category,
            "management_event": None if management is None else str(management).lower(),
        }


class Circumstances:
    """An identity in a scene over one TLS version: the account, the place, and the marks of a call without payload."""

    __slots__ = ("account", "context", "marks", "place", "region")

    def __init__(self, known: KnownIdentity, scene: Scene, tls: str | None, place: Place) -> None:
        identity = known.identity
        self.region = scene.region
        self.account = scene.account or identity.account
        self.place = place
        self.context: dict[str, list[str]] = {}
        if identity.mfa is not None:
            self.context["aws:MultiFactorAuthPresent"] = [identity.mfa]
        if scene.endpoint is not None:
            self.context["aws:SourceVpce"] = [scene.endpoint]
        if identity.invoked_by is not None:
            self.context["aws:ViaAWSService"] = ["true"]
        own = [f"{key}={value}" for key, value in {**scene.markers, "tls": tls}.items() if value is not None]
        self.marks: Marks = ([*identity.markers, *own], canonical_json(self.context) if self.context else None)

    def marks_with(self, payload: Payload) -> Marks:
        """The marks of a call whose payload has some of its own."""
        markers, context = self.marks
        if payload.markers:
            markers = [*markers, *payload.markers]
        if payload.context:
            context = _canonical({key: list(values) for key, values in payload.context} | self.context)
        return markers, context


class _Tls(msgspec.Struct):
    tlsVersion: str | None = None


_tls: Final = msgspec.json.Decoder(_Tls)


def tls_version(raw: bytes) -> str | None:
    """The version out of ``tlsDetails``; None where it says none."""
    try:
        return _tls.decode(raw).tlsVersion if raw and raw != b"null" else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _canonical(context: dict[str, Any]) -> str:
    """``canonical_json``, by the quicker of two writers that agree on every text UTF-8 can hold."""
    try:
        return _ordered(context).decode()
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return canonical_json(context)
