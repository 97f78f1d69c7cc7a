"""``userIdentity``: who AWS says called, read once for each distinct identity."""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec

from remit.rooms.events.change.texts import ticket_in

_MCP_SERVICE: Final = re.compile(r"(?:^|-)mcp\.amazonaws\.com$")


class Identity(NamedTuple):
    """The identity columns of ``model.columns`` and what else a record's identity tells."""

    principal_type: str | None = None
    principal: str | None = None
    principal_id: str | None = None
    principal_name: str | None = None
    issuer: str | None = None
    role_session: str | None = None
    access_key: str | None = None
    source_identity: str | None = None
    federation: str | None = None
    federation_subject: str | None = None
    invoked_by: str | None = None
    delegator: str | None = None
    account: str | None = None
    partition: str = "aws"
    markers: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    mfa: str | None = None


class KnownIdentity:
    """An identity with its columns; hashed by identity, so that memos by it are cheap."""

    __slots__ = ("asks", "columns", "digest", "identity")

    def __init__(self, identity: Identity, digest: bytes = b"") -> None:
        self.identity = identity
        self.digest = digest
        self.columns: tuple[Any, ...] = (*identity[:12], ticket_in(identity.source_identity, identity.role_session))
        self.asks = list(identity.asks)


IDENTITY_COLUMNS: Final = (*Identity._fields[:12], "ticket")
"""The columns of ``KnownIdentity.columns``."""
NOBODY: Final = Identity()
_decode: Final = msgspec.json.Decoder().decode
_ordered: Final = msgspec.json.Encoder(order="deterministic").encode


def read_identity(raw: bytes) -> Identity:
    """The identity of a record. Whatever has an unexpected type counts as absent; nothing raises."""
    if raw in (b"", b"null"):
        return NOBODY
    try:
        document = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return NOBODY
    return _identity(document) if isinstance(document, dict) else NOBODY


def identity_digest(raw: bytes) -> bytes:
    """All that a record says of its caller in 12 bytes, whatever the spacing and the order of members."""
    if raw in (b"", b"null"):
        return b""
    with suppress(msgspec.MsgspecError, ValueError, RecursionError):  # what cannot be read is told apart by its bytes
        raw = _ordered(_decode(raw))
    return blake2b(raw, digest_size=12).digest()


def provider_host(provider: str | None) -> str | None:
    """An OIDC provider's host and path out of its ARN; anything else as it is."""
    if provider is None:
        return None
    return provider.partition(":oidc-provider/")[2] or provider


def _identity(document: dict[str, Any]) -> Identity:
    session = _object(document, "sessionContext")
    issuer = _object(session, "sessionIssuer")
    web = _object(session, "webIdFederationData")
    arn = _text(document, "arn")
    kind = _text(document, "type")
    name = _text(document, "userName")
    invoked_by = _text(document, "invokedBy")
    role_session = _role_session(arn)
    federated = kind in ("WebIdentityUser", "SAMLUser")
    return Identity(
        principal_type=kind or ("AWSService" if invoked_by and arn is None else None),
        principal=arn or _stand_in(document),
        principal_id=_text(document, "principalId"),
        principal_name=name or role_session or _last(arn) or invoked_by,
        issuer=_text(issuer, "arn"),
        role_session=role_session,
        access_key=_text(document, "accessKeyId"),
        source_identity=_text(session, "sourceIdentity"),
        federation=provider_host(_text(web, "federatedProvider") or _text(document, "identityProvider")),
        federation_subject=name if federated else _subject(_object(web, "attributes")),
        invoked_by=invoked_by,
        delegator=_text(_object(document, "onBehalfOf"), "userId"),
        account=_text(document, "accountId"),
        partition=_partition(arn),
        markers=tuple(_markers(document, session, issuer, kind, arn, invoked_by)),
        asks=_asks(session),
        mfa=_text(_object(session, "attributes"), "mfaAuthenticated"),
    )


def _partition(arn: str | None) -> str:
    scheme, _, rest = (arn or "").partition(":")
    return (rest.partition(":")[0] if scheme == "arn" else "") or "aws"


def _asks(session: dict[str, Any]) -> tuple[str, ...]:
    sign_in = _text(session, "signInSessionArn")
    return (f"signin:{sign_in}",) if sign_in else ()


def _markers(
    document: dict[str, Any],
    session: dict[str, Any],
    issuer: dict[str, Any],
    kind: str | None,
    arn: str | None,
    invoked_by: str | None,
) -> list[str]:
    scope = _object(document, "inScopeOf")
    found: dict[str, str | None] = {
        "mfa": _text(_object(session, "attributes"), "mfaAuthenticated"),
        "ec2_role_delivery": _text(session, "ec2RoleDelivery"),
        "in_scope_of": _text(scope, "issuerType") or _text(scope, "sourceArn"),
        "credentials_issued_to": _text(scope, "credentialsIssuedTo"),
        "assumed_root": _text(session, "assumedRoot"),
        "signin_session": _text(session, "signInSessionArn"),
        "credential_id": _text(document, "credentialId"),
        "identity_store": _text(_object(document, "onBehalfOf"), "identityStoreArn"),
        "invoked_by_delegate": _text(_object(document, "invokedByDelegate"), "accountId"),
        "issuer_type": _text(issuer, "type"),
    }
    if kind == "Root" or (arn or "").endswith(":root"):
        found["root"] = "true"
    if ":role/aws-service-role/" in (_text(issuer, "arn") or "") or ":assumed-role/AWSServiceRoleFor" in (arn or ""):
        found["service_linked"] = "true"
    if invoked_by is not None and _MCP_SERVICE.search(invoked_by):
        found["mcp_via"] = invoked_by
    return [f"{key}={value}" for key, value in found.items() if value is not None]


def _stand_in(document: dict[str, Any]) -> str | None:
    """What names the caller where AWS gives no ARN: a service, a federated user, another account's session."""
    kind = _text(document, "type")
    if kind in ("AWSService", None) and _text(document, "invokedBy"):
        return _text(document, "invokedBy")
    delegate = _text(_object(document, "onBehalfOf"), "userId")
    return (
        _text(document, "principalId")
        or (f"identity-center:{delegate}" if delegate else None)
        or _text(document, "userName")
        or _text(document, "invokedBy")
        or _text(document, "accountId")
    )


def _role_session(arn: str | None) -> str | None:
    """The session's name: the rest after the role's name in an assumed role's ARN."""
    if arn is None:
        return None
    _, marker, tail = arn.partition(":assumed-role/")
    return tail.partition("/")[2] or None if marker else None


def _last(arn: str | None) -> str | None:
    if arn is None or not arn.startswith("arn:"):
        return None
    return arn.rpartition(":")[2].rpartition("/")[2] or None


def _subject(attributes: dict[str, Any]) -> str | None:
    for name in attributes:
        if name == "sub" or name.endswith(":sub"):
            return _text(attributes, name)
    return None


def _object(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _text(document: dict[str, Any], name: str) -> str | None:
    value = document.get(name)
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else None
