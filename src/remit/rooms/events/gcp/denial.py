"""Which Google Cloud failures are refusals, and by what."""

from __future__ import annotations

import re
from typing import Any, Final

from remit.rooms.events.denials.denial import Denial
from remit.rooms.events.gcp.entry import Entry
from remit.rooms.events.lenient import Fields, fields, first, folded, integer, items, text

CODES: Final = {
    1: "CANCELLED",
    2: "UNKNOWN",
    3: "INVALID_ARGUMENT",
    4: "DEADLINE_EXCEEDED",
    5: "NOT_FOUND",
    6: "ALREADY_EXISTS",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    10: "ABORTED",
    11: "OUT_OF_RANGE",
    12: "UNIMPLEMENTED",
    13: "INTERNAL",
    14: "UNAVAILABLE",
    15: "DATA_LOSS",
    16: "UNAUTHENTICATED",
}
"""google.rpc.Code."""

_REFUSED: Final = frozenset((7, 403))
_OTHER_REASONS: Final = frozenset(
    (
        "SERVICE_DISABLED",
        "BILLING_DISABLED",
        "CONSUMER_SUSPENDED",
        "CONSUMER_INVALID",
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_QUOTA_EXCEEDED",
    )
)
"""Reasons that come with PERMISSION_DENIED and are no decision about permission."""
_OTHER_TEXT: Final = re.compile(
    r"\bquota\b|rate ?limit|has not been used in project|it is disabled|billing (?:account|is|to be)", re.IGNORECASE
)
_PERIMETER_ID: Final = re.compile(r"vpcServiceControlsUniqueIdentifier: ?([\w-]{1,200})", re.ASCII)
_CONSTRAINT: Final = re.compile(r"[Cc]onstraint:? (?:`|'|\")?((?:constraints/|custom\.)[\w./-]+)(?:`|'|\")? violated")
_PERMISSION: Final = re.compile(
    r"""[Pp]ermission\s+['"]?([a-z]\w*(?:\.\w+)+)['"]?\s+denied|does not have ([a-z]\w*(?:\.\w+)+) access""", re.ASCII
)
_DENY_POLICY: Final = re.compile(r"denied by (?:an )?(?:IAM )?deny polic|explicitly denied|iam deny", re.IGNORECASE)


def status(view: Entry) -> tuple[int, str | None, str | None]:
    """``(code, error code, error message)``; 0 and ``None`` for a call that did not fail."""
    said = folded(view.audit.get("status"))
    code = integer(said.get("code")) or 0
    message = text(said.get("message"))
    if code == 0:
        return 0, None, None
    return code, CODES.get(code, str(code)), message


def dry_run(view: Entry) -> bool:
    """Whether the entry tells what a policy would have refused, and refused nothing."""
    return text(view.metadata.get("dryrun")) == "true"


def denial(view: Entry) -> Denial | None:
    """The refusal a failed entry reports; ``None`` for any other failure and for every success."""
    code, _, message = status(view)
    if dry_run(view):
        return None
    perimeter = _perimeter(view, code, message or "")
    if perimeter or code == 0:
        return perimeter
    return _organization(view, message or "") or (_permission(view, message or "") if code in _REFUSED else None)


def _perimeter(view: Entry, code: int, message: str) -> Denial | None:
    found = _PERIMETER_ID.search(message)
    kind = first(view.metadata.get("@type"), view.metadata.get("atsigntype")) or ""
    reason = text(view.metadata.get("violationreason"))
    stated = kind.endswith("VpcServiceControlAuditMetadata") and bool(reason or code)
    if not (found or stated):
        return None
    unique = first(view.metadata.get("vpcservicecontrolsuniqueid"), found.group(1) if found else None)
    action, resource = _checked(view)
    return Denial(
        policy_type="gcp_vpc_sc",
        policy_arn=_perimeter_name(view.metadata),
        implicit=False,
        rule=":".join(part for part in (reason or "VPC_SERVICE_CONTROLS", unique) if part),
        action=action or view.method,
        resource=resource,
    )


def _perimeter_name(metadata: dict[str, Any]) -> str | None:
    stated = text(folded(metadata.get("securitypolicyinfo")).get("serviceperimetername"))
    crossed = [*items(metadata.get("ingressviolations")), *items(metadata.get("egressviolations"))]
    return stated or next((name for item in crossed if (name := text(item.get("servicePerimeter")))), None)


def _organization(view: Entry, message: str) -> Denial | None:
    info = folded(folded(view.audit.get("policyviolationinfo")).get("orgpolicyviolationinfo"))
    violated: Fields = next(iter(items(info.get("violationinfo"))), {})
    found = _CONSTRAINT.search(message)
    constraint = first(violated.get("constraint"), found.group(1) if found else None)
    if constraint is None:
        return None
    action, resource = _checked(view)
    rule = text(violated.get("policyType")) or "constraint violated"
    return Denial("gcp_org_policy", constraint, False, rule, action or view.method, resource)


def _permission(view: Entry, message: str) -> Denial | None:
    reason, named = _error_info(view)
    if reason in _OTHER_REASONS or (reason is None and _OTHER_TEXT.search(message)):
        return None
    if view.service == "k8s.io" and reason is None and "permission" not in message:
        return _kubernetes(view, message)
    refused = next((check for check in view.permissions if check.get("granted") is not True), None)
    found = _PERMISSION.search(message)
    action, resource = _checked(view)
    missing = first(named, refused.get("permission") if refused else None, found and (found.group(1) or found.group(2)))
    explicit = _DENY_POLICY.search(message) is not None
    known = bool(explicit or refused or found or reason == "IAM_PERMISSION_DENIED")
    return Denial(
        policy_type="gcp_iam" if known else "unknown",
        implicit=not explicit if known else None,
        rule=reason or "PERMISSION_DENIED",
        action=missing or action,
        resource=resource,
    )


def _kubernetes(view: Entry, message: str) -> Denial:
    """Refused by a cluster: its own roles, which only allow, or an admission webhook; IAM is not named."""
    action, resource = _checked(view)
    implicit = True if " cannot " in message else None
    return Denial("unknown", None, implicit, "Kubernetes forbidden", action or view.method, resource)


def _error_info(view: Entry) -> tuple[str | None, str | None]:
    """The reason of the status's ErrorInfo, and the permission it names."""
    for detail in items(folded(view.audit.get("status")).get("details")):
        reason = text(detail.get("reason"))
        if reason:
            return reason, text(fields(detail.get("metadata")).get("permission"))
    return None, None


def _checked(view: Entry) -> tuple[str | None, str | None]:
    """The permission and resource of the check that was not granted, else of the entry."""
    refused: Fields = next((check for check in view.permissions if check.get("granted") is not True), {})
    return text(refused.get("permission")), first(refused.get("resource"), view.audit.get("resourcename"))
