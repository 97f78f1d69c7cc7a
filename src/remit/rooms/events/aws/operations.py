"""What is known of an operation before its parameters are read: one entry per distinct operation."""

from __future__ import annotations

from typing import Any, Final

from remit.model.vocabulary import CHANGE_KINDS
from remit.reference.aws import AwsReference
from remit.rooms.events.aws.context import settled_keys, telling_parameters

_CARRIED: Final = (
    "aws:RequestTag", "aws:TagKeys", "aws:PrincipalArn", "aws:PrincipalAccount", "aws:SourceIp", "aws:SourceVpce",
    "aws:RequestedRegion", "aws:MultiFactorAuthPresent", "aws:UserAgent", "aws:ViaAWSService", "aws:userid",
    "aws:username", "aws:CurrentTime", "s3:signatureversion", "s3:authType", "s3:TlsVersion", "s3:signatureAge",
    "s3:x-amz-content-sha256", "ec2:Region",
)  # fmt: skip
"""Condition keys that columns carry, or that the table of ``context.py`` reads from every request."""
_ANSWERS: Final = frozenset({"sts", "signin", "eks-auth", "rolesanywhere"})
"""Services that hand out sessions."""
INSIGHT: Final = "AwsCloudTrailInsight"


class KnownOperation:
    """One (source, name, readOnly, type). Compared and hashed by identity, so that memos by operation are cheap.

    ``no_event``: what has this name and type is not a call. ``session``: it may begin one; ``mcp``: half of a managed
    MCP call; ``made``: its response may name what it made; ``conditions``: parameters that settle condition keys.
    """

    __slots__ = ("columns", "conditions", "kind", "made", "mcp", "name", "no_event", "service", "session",
                 "wants_extra", "wants_response")  # fmt: skip

    def __init__(
        self,
        reference: AwsReference,
        source: str | None,
        name: str | None,
        read_only: bool | None,
        event_type: str | None,
    ) -> None:
        known = reference.operation(source or "", name or "")
        self.service: str = known.service
        self.name: str = known.name
        self.kind: str = reference.action_kind(source or "", name or "", read_only, event_type)
        self.conditions: frozenset[str] = telling_parameters(self.service)
        self.no_event: bool = name is None or event_type == INSIGHT
        self.session: bool = self.service in _ANSWERS or self.kind == "login"
        self.mcp: bool = event_type == "AwsMcpEvent"
        self.made: bool = self.kind in ("create", "permission", "update")
        self.wants_response: bool = self.kind in ("create", "permission", "login") or self.service in _ANSWERS
        self.wants_extra: bool = self.service in _ANSWERS or event_type in ("AwsMcpEvent", "AwsConsoleSignIn")
        permissions = list(known.permissions) if event_type in ("AwsApiCall", "AwsVpceEvent", None) else []
        keys = known.action.condition_keys if known.action and self.kind in CHANGE_KINDS else ()
        settled = settled_keys(self.service)
        unknown = [key for key in keys if key not in settled and not key.startswith(_CARRIED)]
        self.columns: tuple[Any, ...] = (self.service or None, name, self.kind, permissions, event_type, unknown)
