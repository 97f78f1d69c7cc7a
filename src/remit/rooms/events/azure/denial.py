"""Which Azure failures are refusals, and by what."""

from __future__ import annotations

import re
from typing import Any, Final

from remit.rooms.events.azure.result import ErrorSaid, Result, policies_named
from remit.rooms.events.azure.shape import Activity
from remit.rooms.events.denials.denial import Denial
from remit.rooms.events.lenient import embedded, fields, first, folded, items, text

_RBAC: Final = frozenset(("authorizationfailed", "linkedauthorizationfailed", "linkedaccesscheckfailed"))
_DENY_ASSIGNMENT: Final = "denyassignmentauthorizationfailed"
_POLICY: Final = frozenset(("requestdisallowedbypolicy", "policyviolation"))
_OTHER_FAILURES: Final = """
scopelocked readonlydisabledsubscription subscriptionnotfound missingsubscriptionregistration toomanyrequests
quotaexceeded expiredauthenticationtoken invalidauthenticationtoken
"""
_NOT_A_REFUSAL: Final = frozenset(_OTHER_FAILURES.split())
_ACTION: Final = re.compile(r"(?:perform|permission to perform) action\(?s?\)? '([^']{1,500})'")
_SCOPE: Final = re.compile(r"over scope '([^']{1,2000})'|on the linked scope\(s\) '([^']{1,2000})'")
_ASSIGNMENT: Final = re.compile(r"deny assignment with name '([^']*)' and Id '([^']*)'", re.IGNORECASE)
_IDENTIFIERS: Final = re.compile(r"Policy identifiers: '?(\[.*\])", re.DOTALL)
_POLICY_EVENT: Final = "microsoft.authorization/policies/deny/action"


def denial(view: Activity, result: Result) -> Denial | None:
    """The refusal a failed record reports; ``None`` for any other failure and for every success."""
    if result.outcome != "failure":
        return None
    if view.operation.lower() == _POLICY_EVENT:
        return _policy_event(view)
    for error in result.errors:
        found = _by_code(view, error)
        if found:
            return found
    return _by_status(view, result)


def _by_code(view: Activity, error: ErrorSaid) -> Denial | None:
    code = error.code.lower()
    message = error.message or ""
    if code == _DENY_ASSIGNMENT or (code in _RBAC and "deny assignment" in message.lower()):
        named = _ASSIGNMENT.search(message)
        return _rbac(view, error, implicit=False, policy=named.group(2) or named.group(1) if named else None)
    if code in _RBAC:
        return _rbac(view, error, implicit=True, policy=None)
    if code in _POLICY:
        return Denial("azure_policy", _policy(error), False, error.code, view.operation or None, view.resource)
    return None


def _rbac(view: Activity, error: ErrorSaid, *, implicit: bool, policy: str | None) -> Denial:
    message = error.message or ""
    action, scope = _ACTION.search(message), _SCOPE.search(message)
    return Denial(
        policy_type="azure_rbac",
        policy_arn=policy,
        implicit=implicit,
        rule=error.code,
        action=action.group(1) if action else first(view.authorization.get("action"), view.operation),
        resource=(scope.group(1) or scope.group(2)) if scope else view.resource,
    )


def _policy(error: ErrorSaid) -> str | None:
    """The denying assignment, else the definition, from the error's ``additionalInfo`` or its message."""
    for info in items(error.more.get("additionalinfo")):
        found = _assignment(folded(info.get("info")))
        if found:
            return found
    identifiers = _IDENTIFIERS.search((error.message or "")[:20_000])
    listed = embedded(identifiers.group(1)) if identifiers else None
    return next((found for item in items(listed) if (found := _assignment(folded(item)))), None)


def _assignment(info: dict[str, Any]) -> str | None:
    return first(
        info.get("policyassignmentid"),
        fields(info.get("policyassignment")).get("id"),
        info.get("policydefinitionid"),
        fields(info.get("policydefinition")).get("id"),
    )


def _policy_event(view: Activity) -> Denial | None:
    """A policy's own record of a denied call; a compliance check denied nobody."""
    if (text(view.properties.get("iscompliancecheck")) or "").lower() == "true":
        return None
    attempted = first(view.authorization.get("action"))
    about_policy = attempted is None or attempted.lower().startswith("microsoft.authorization/policies/")
    return Denial(
        policy_type="azure_policy",
        policy_arn=_assignment(policies_named(view)),
        implicit=False,
        rule="policies/deny/action",
        action=None if about_policy else attempted,
        resource=view.resource,
    )


def _by_status(view: Activity, result: Result) -> Denial | None:
    """Forbidden without a known reason: refused, but the record does not say by what."""
    codes = [error.code for error in result.errors]
    if result.http != 403 or any(code.lower() in _NOT_A_REFUSAL for code in codes):
        return None
    return Denial("unknown", None, None, codes[0] if codes else "HTTP 403", view.operation or None, view.resource)
