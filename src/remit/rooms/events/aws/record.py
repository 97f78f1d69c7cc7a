"""A CloudTrail record as a typed struct: quickly when it is well formed, leniently when it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from remit.model.errors import RecordError

Raw = msgspec.Raw
_NONE: Final = Raw(b"")


class Record(msgspec.Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """The members of a CloudTrail record. What is parsed only when needed stays as the JSON it came as."""

    eventVersion: str | None = None
    userIdentity: Raw = _NONE
    eventTime: str | None = None
    eventSource: str | None = None
    eventName: str | None = None
    awsRegion: str | None = None
    sourceIPAddress: str | None = None
    userAgent: str | None = None
    errorCode: str | None = None
    errorMessage: str | None = None
    requestParameters: Raw = _NONE
    responseElements: Raw = _NONE
    additionalEventData: Raw = _NONE
    requestID: str | None = None
    eventID: str | None = None
    readOnly: bool | None = None
    resources: Raw = _NONE
    eventType: str | None = None
    apiVersion: str | None = None
    managementEvent: bool | None = None
    recipientAccountId: str | None = None
    serviceEventDetails: Raw = _NONE
    sharedEventID: str | None = None
    vpcEndpointId: str | None = None
    vpcEndpointAccountId: str | None = None
    eventCategory: str | None = None
    addendum: Raw = _NONE
    sessionCredentialFromConsole: bool | str | None = None
    edgeDeviceDetails: Raw = _NONE
    tlsDetails: Raw = _NONE
    insightDetails: Raw = _NONE
    mcpEventDetails: Raw = _NONE
    eventContext: Raw = _NONE


class DecoratedRecord(Record, gc=False, forbid_unknown_fields=False):
    """The same with members that are not CloudTrail's: a shipper's time stamps, an enrichment, an envelope."""

    detail: Raw = _NONE
    detail_type: str | None = msgspec.field(default=None, name="detail-type")
    CloudTrailEvent: str | None = None
    digestStartTime: msgspec.Raw = _NONE
    shipped: str | None = msgspec.field(default=None, name="@timestamp")


_plain: Final = msgspec.json.Decoder(Record).decode
_decorated: Final = msgspec.json.Decoder(DecoratedRecord).decode
_document: Final = msgspec.json.Decoder().decode
_ENVELOPES: Final = 4
_TEXTS: Final = frozenset(
    name
    for name in Record.__struct_fields__
    if not isinstance(getattr(Record(), name), Raw) and name not in ("readOnly", "managementEvent")
)
_FLAGS: Final = ("readOnly", "managementEvent")
_TRUTH: Final = {"true": True, "false": False, "1": True, "0": False}


def read_plain(raw: bytes) -> Record:
    """A well-formed record without foreign members. Raises ``msgspec.MsgspecError`` or ``RecursionError``."""
    return _plain(raw)


def read_leniently(raw: bytes) -> tuple[Record, bytes]:
    """The record and its own bytes, without an envelope's. Raises ``RecordError`` for what is no record."""
    for _ in range(_ENVELOPES):
        record = _any_shape(raw)
        inner = _inner(record)
        if inner is None:
            # Logstash's CloudTrail filter moves the event's time to its own member.
            record.eventTime = record.eventTime or record.shipped
            return record, raw
        raw = inner
    raise RecordError("too-deep", "Envelopes in envelopes, deeper than any feed makes them")


def _any_shape(raw: bytes) -> DecoratedRecord:
    try:
        return _decorated(raw)
    except msgspec.ValidationError:
        return _coerced(raw)
    except RecursionError:
        raise RecordError("too-deep", "Nested deeper than can be read") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise RecordError("not-json", f"Not JSON: {error}") from None


def _coerced(raw: bytes) -> DecoratedRecord:
    """A record whose members have unexpected types: numbers become texts, what fits nothing becomes absent."""
    try:
        document = _document(raw)
    except RecursionError:
        raise RecordError("too-deep", "Nested deeper than can be read") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise RecordError("not-json", f"Not JSON: {error}") from None
    if not isinstance(document, dict):
        raise RecordError("not-an-object", f"A record must be an object, this is {_kind(document)}")
    members = {name: _member(name, document[name]) for name in Record.__struct_fields__ if name in document}
    return DecoratedRecord(
        **members,
        detail=_kept(document.get("detail")),
        detail_type=_text(document.get("detail-type")),
        CloudTrailEvent=_text(document.get("CloudTrailEvent")),
        digestStartTime=_kept(document.get("digestStartTime")),
        shipped=_text(document.get("@timestamp")),
    )


def _member(name: str, value: Any) -> Any:
    if name in _TEXTS:
        return _text(value)
    if name in _FLAGS:
        return value if isinstance(value, bool) else _TRUTH.get(str(value).lower())
    return _kept(value)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _kept(value: Any) -> Raw:
    return _NONE if value is None else Raw(msgspec.json.encode(value))


def _kind(value: Any) -> str:
    return {list: "a list", str: "a string", type(None): "null", bool: "true or false"}.get(type(value), "a number")


def _inner(record: DecoratedRecord) -> bytes | None:
    """The record inside an EventBridge event or a LookupEvents entry."""
    if record.detail_type is not None or (bytes(record.detail)[:1] == b"{" and record.eventName is None):
        if record.detail_type is not None and "Insight" in record.detail_type:
            raise RecordError("not-an-event", "A CloudTrail Insights event describes a rate of calls, not a call")
        detail = bytes(record.detail)
        if detail[:1] == b"{":
            return detail
    if record.CloudTrailEvent is not None and record.eventName is None:
        return record.CloudTrailEvent.encode("utf-8", "replace")
    if record.digestStartTime:
        raise RecordError("not-an-event", "A CloudTrail digest file holds signatures of log files, not events")
    return None


def claims(record: Mapping[str, Any]) -> bool:
    """Is this record CloudTrail's, in any of the wrappers it comes in?"""
    if isinstance(record.get("CloudTrailEvent"), str):
        return True
    detail = record.get("detail")
    if isinstance(detail, Mapping) and isinstance(record.get("detail-type"), str):
        return "CloudTrail" in record["detail-type"] or claims(detail)
    if "digestStartTime" in record and "awsAccountId" in record:
        return True
    named = isinstance(record.get("eventName"), str) or isinstance(record.get("insightDetails"), Mapping)
    source = record.get("eventSource")
    aws_source = isinstance(source, str) and source.endswith((".amazonaws.com", ".api.aws", ".amazonaws.com.cn"))
    return named and (aws_source or "awsRegion" in record or ("eventVersion" in record and "userIdentity" in record))
