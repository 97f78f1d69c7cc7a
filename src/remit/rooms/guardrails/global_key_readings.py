"""The condition keys that requests to every service have: how each is read from a stored call."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from remit.rooms.guardrails.callers import CALLER, Caller, caller_of
from remit.rooms.guardrails.record import CONTEXT, MARKER, Row, stated

State = tuple[str, ...] | None
"""Values; empty when the key is known to be absent; None when it is unknown."""
ABSENT: Final[tuple[str, ...]] = ()
UNKNOWN: Final = None
_MFA: Final = "aws:MultiFactorAuthPresent"
_VPCE: Final = "aws:SourceVpce"
_NETWORK: Final = ("source_ip", CONTEXT + _VPCE)
_PRIVATE: Final = tuple(
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""Addresses of callers within a VPC."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One permission on one resource: what of a call a key is asked for."""

    action: str
    resource: str | None = None


Read = Callable[[Row, Asked], State]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a key is read: the fields it needs, and its state from them."""

    fields: tuple[str, ...]
    read: Read


def by_service(row: Row) -> bool:
    """Whether a service called by itself."""
    return row.get("principal_type") == "AWSService"


def unidentified(row: Row) -> bool:
    """Whether the record does not say what kind of caller it was; CloudTrail writes Unknown when it could not tell."""
    return row.get("principal_type") in (None, "Unknown")


def _principal_arn(row: Row, _asked: Asked) -> State:
    caller = caller_of(row)
    if caller.kind in ("service", "outside"):
        return ABSENT
    return (caller.arn,) if caller.arn else UNKNOWN


def _principal_account(row: Row, _asked: Asked) -> State:
    caller = caller_of(row)
    if caller.kind in ("service", "outside"):
        return ABSENT
    return (caller.account,) if caller.account else UNKNOWN


_TYPES: Final = {"role": "AssumedRole", "user": "User", "root": "Account", "federated-user": "FederatedUser"}


def _principal_type(row: Row, _asked: Asked) -> State:
    caller = caller_of(row)
    if caller.kind in ("service", "outside"):
        return ABSENT
    return (_TYPES[caller.kind],) if caller.kind in _TYPES else UNKNOWN


def _is_service(row: Row, _asked: Asked) -> State:
    return UNKNOWN if unidentified(row) else ("true",) if by_service(row) else ("false",)


def _service_name(row: Row, _asked: Asked) -> State:
    caller = caller_of(row)
    if caller.kind != "service":
        return ABSENT
    return (caller.principal.text,) if caller.principal.text.endswith(".amazonaws.com") else UNKNOWN


def _user_id(row: Row, _asked: Asked) -> State:
    if by_service(row):
        return ABSENT
    known = row.get("principal_type") in ("AssumedRole", "IAMUser", "Root", "FederatedUser")
    return (str(row["principal_id"]),) if known and row.get("principal_id") else UNKNOWN


def _user_name(row: Row, _asked: Asked) -> State:
    caller: Caller = caller_of(row)
    if caller.kind == "user" and caller.arn:
        return (caller.arn.rpartition("/")[2],)
    return UNKNOWN if caller.kind == "unknown" else ABSENT


def _mfa(row: Row, _asked: Asked) -> State:
    values = stated(row, _MFA)
    if values:
        return values
    long_lived = row.get("principal_type") == "IAMUser" and row.get("key_kind") == "AKIA"
    return ABSENT if long_lived or by_service(row) else UNKNOWN


def _mfa_age(row: Row, asked: Asked) -> State:
    """How long ago no record says; a session without MFA has no age of it."""
    return ABSENT if _mfa(row, asked) in (ABSENT, ("false",)) else UNKNOWN


def _via_service(row: Row, _asked: Asked) -> State:
    if by_service(row) or not row.get("invoked_by"):
        return ("false",)
    return UNKNOWN if _through_mcp(row) else ("true",)


def _through_mcp(row: Row) -> bool:
    name = str(row.get("invoked_by") or "")
    return name == "mcp.amazonaws.com" or name.endswith("-mcp.amazonaws.com")


def _called_via(row: Row, _asked: Asked) -> State:
    """The record names one service of a chain, not which."""
    return ABSENT if by_service(row) or not row.get("invoked_by") else UNKNOWN


def _via_mcp(row: Row, _asked: Asked) -> State:
    if by_service(row) or not row.get("invoked_by"):
        return ABSENT
    return ("true",) if _through_mcp(row) else UNKNOWN


def _called_via_mcp(row: Row, asked: Asked) -> State:
    return (str(row["invoked_by"]),) if _via_mcp(row, asked) == ("true",) else _via_mcp(row, asked)


def _address(row: Row) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(str(row.get("source_ip") or ""))
    except ValueError:
        return None


def _no_endpoint(row: Row) -> bool:
    """Whether the record proves that the call came through no VPC endpoint: its address is a public one."""
    address = _address(row)
    return address is not None and not any(address in each for each in _PRIVATE)


def _source_ip(row: Row, _asked: Asked) -> State:
    if stated(row, _VPCE):
        return ABSENT
    address = _address(row)
    return (str(address),) if address is not None and _no_endpoint(row) else UNKNOWN


def _vpc_source_ip(row: Row, _asked: Asked) -> State:
    if stated(row, _VPCE):
        address = _address(row)
        return (str(address),) if address else UNKNOWN
    return ABSENT if _no_endpoint(row) else UNKNOWN


def _source_vpce(row: Row, _asked: Asked) -> State:
    return stated(row, _VPCE) or (ABSENT if _no_endpoint(row) else UNKNOWN)


def _source_vpc(row: Row, _asked: Asked) -> State:
    return UNKNOWN if stated(row, _VPCE) or not _no_endpoint(row) else ABSENT


def _vpce_account(row: Row, _asked: Asked) -> State:
    account = row.get(MARKER + "vpce_account")
    if account:
        return (str(account),)
    return UNKNOWN if stated(row, _VPCE) or not _no_endpoint(row) else ABSENT


def _secure(row: Row, _asked: Asked) -> State:
    return ("true",) if row.get(MARKER + "tls") else UNKNOWN


def _tls_version(row: Row, _asked: Asked) -> State:
    version = str(row.get(MARKER + "tls") or "")
    return (version.removeprefix("TLSv"),) if version.startswith("TLSv1.") else UNKNOWN


def _region(row: Row, _asked: Asked) -> State:
    return (str(row["region"]),) if row.get("region") else UNKNOWN


def _user_agent(row: Row, _asked: Asked) -> State:
    """As the client gave it: the console's and services' stand-ins are not what was sent."""
    text = str(row.get("user_agent") or "")
    return UNKNOWN if not text or text == "AWS Internal" or text.endswith(".amazonaws.com") else (text,)


def _current_time(row: Row, _asked: Asked) -> State:
    return (datetime.fromtimestamp(int(row["time"] or 0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),)


def _epoch_time(row: Row, _asked: Asked) -> State:
    return (str(row["time"]),)


def _token_time(row: Row, _asked: Asked) -> State:
    return ABSENT if row.get("key_kind") == "AKIA" or by_service(row) else UNKNOWN


def _source_identity(row: Row, _asked: Asked) -> State:
    if row.get("source_identity"):
        return (str(row["source_identity"]),)
    return ABSENT if row.get("principal_type") in ("AssumedRole", "IAMUser", "Root", "AWSService") else UNKNOWN


def _assumed_root(row: Row, _asked: Asked) -> State:
    if row.get(MARKER + "assumed_root"):
        return (str(row[MARKER + "assumed_root"]),)
    return UNKNOWN if row.get("principal_type") in ("Root", None) else ABSENT


def _federated_provider(row: Row, _asked: Asked) -> State:
    return ABSENT if row.get("principal_type") in ("IAMUser", "AWSService") else UNKNOWN


GLOBAL: Final[Mapping[str, Reading]] = {
    "aws:principalarn": Reading(CALLER, _principal_arn),
    "aws:principalaccount": Reading(CALLER, _principal_account),
    "aws:principaltype": Reading(CALLER, _principal_type),
    "aws:principalisawsservice": Reading(("principal_type",), _is_service),
    "aws:principalservicename": Reading(CALLER, _service_name),
    "aws:userid": Reading(("principal_type", "principal_id"), _user_id),
    "aws:username": Reading(CALLER, _user_name),
    "aws:multifactorauthpresent": Reading(("principal_type", "key_kind", CONTEXT + _MFA), _mfa),
    "aws:multifactorauthage": Reading(("principal_type", "key_kind", CONTEXT + _MFA), _mfa_age),
    "aws:viaawsservice": Reading(("principal_type", "invoked_by"), _via_service),
    "aws:calledvia": Reading(("principal_type", "invoked_by"), _called_via),
    "aws:calledviafirst": Reading(("principal_type", "invoked_by"), _called_via),
    "aws:calledvialast": Reading(("principal_type", "invoked_by"), _called_via),
    "aws:viaawsmcpservice": Reading(("principal_type", "invoked_by"), _via_mcp),
    "aws:calledviaawsmcp": Reading(("principal_type", "invoked_by"), _called_via_mcp),
    "aws:sourceip": Reading(_NETWORK, _source_ip),
    "aws:vpcsourceip": Reading(_NETWORK, _vpc_source_ip),
    "aws:sourcevpce": Reading(_NETWORK, _source_vpce),
    "aws:sourcevpc": Reading(_NETWORK, _source_vpc),
    "aws:sourcevpcarn": Reading(_NETWORK, _source_vpc),
    "aws:vpceaccount": Reading((*_NETWORK, MARKER + "vpce_account"), _vpce_account),
    "aws:vpceorgid": Reading(_NETWORK, _source_vpc),
    "aws:vpceorgpaths": Reading(_NETWORK, _source_vpc),
    "aws:securetransport": Reading((MARKER + "tls",), _secure),
    "s3:tlsversion": Reading((MARKER + "tls",), _tls_version),
    "aws:requestedregion": Reading(("region",), _region),
    "aws:useragent": Reading(("user_agent",), _user_agent),
    "aws:currenttime": Reading(("time",), _current_time),
    "aws:epochtime": Reading(("time",), _epoch_time),
    "aws:tokenissuetime": Reading(("principal_type", "key_kind"), _token_time),
    "aws:sourceidentity": Reading(("principal_type", "source_identity"), _source_identity),
    "aws:assumedroot": Reading(("principal_type", MARKER + "assumed_root"), _assumed_root),
    "aws:federatedprovider": Reading(("principal_type",), _federated_provider),
}
"""Keys that are read alike whatever service is called, in lower case; ``s3:tlsversion`` among them, since one field
tells both it and ``aws:securetransport``."""
