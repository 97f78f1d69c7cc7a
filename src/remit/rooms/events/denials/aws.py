"""AWS's refusals: which policy said no, as far as the error code and the message tell."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from remit.rooms.events.denials.denial import Denial

DENIED_CODES: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedFault",
        "UnauthorizedOperation",
        "VpceAccessDenied",
        "UnauthorizedAccess",
        "UnauthorizedException",
        "NotAuthorized",
        "NotAuthorizedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "KMSAccessDeniedException",
        "InsufficientPrivilegesException",
        "ForbiddenException",
        "Forbidden",
        "AllAccessDisabled",
        "AccountProblem",
    }
)
"""Codes that say an authorization decision said no, without their ``Client.`` and name-space prefixes."""

_LONGEST: Final = 8192
_MESSAGE: Final = re.compile(
    r"""User(?::\s*|\s+)(?:(?P<user>(?!is\ )\S+)\s+)?is\ not\ authorized\ to\ perform:\s*
    (?P<action>[A-Za-z0-9-]+:[A-Za-z0-9*]+)
    (?:\s+on\s+(?:resource:\s*(?P<resource>"[^"]*"|(?:user|role|group|policy|instance\ profile)\s+\S+|\S+)
      |this\ resource|the\ specified\ resource|the\ resource\ associated\ with\ this\ ciphertext))?
    (?P<rest>.*)""",
    re.X | re.S,
)
_POLICY: Final = r"[A-Za-z -]*?(?:policy|boundary)"
_EXPLICIT: Final = re.compile(
    rf"with an explicit deny(?:\s+in\s+(?:an?|the)\s+(?P<kind>{_POLICY})"
    rf"(?:\s+transitively\s+through\s+an?\s+(?P<via>{_POLICY}))?(?::\s*(?P<arn>arn:\S+?)(?=\.?(?:\s|$)))?)?"
)
_IMPLICIT: Final = re.compile(r"because\ no\ (?P<kind>[A-Za-z -]{1,80}?)\ allows?\b", re.S)
_LAKE_FORMATION: Final = re.compile(
    r"Insufficient Lake Formation permission\(s\)(?:: Required (\S+))? on (.+?)\.?$", re.S
)
_KINDS: Final = {
    "identity-based policy": "identity",
    "service control policy": "scp",
    "resource control policy": "rcp",
    "permissions boundary": "boundary",
    "session policy": "session",
    "sessions policy": "session",
    "vpc endpoint policy": "vpc_endpoint",
    "resource-based policy": "resource",
    "role trust policy": "role_trust",
}


@lru_cache(maxsize=16384)
def explain_aws(error_code: str | None, error_message: str | None, service: str, operation: str) -> Denial | None:
    """The refusal a record's error tells of; ``None`` when it was not refused for lack of permission.

    ``service`` is the IAM prefix, ``operation`` the API's name. Throttles, absences, bad credentials and bad
    parameters are no denials. The message names one policy type even when several would have refused.
    """
    code = _bare(error_code or "")
    message = (error_message or "")[:_LONGEST]
    match = _MESSAGE.search(message)
    if not _is_denied(code, service, message, match is not None):
        return None
    if match is None:
        denial = _without_a_sentence(code, message)
        unsaid = denial.rule == "aws.code-only" and service == "sts" and operation.startswith("AssumeRole")
        return replace(denial, rule="aws.sts.no-reason") if unsaid else denial
    resource = match["resource"]
    if resource is not None:
        resource = resource[1:-1] if resource.startswith('"') else resource.removesuffix(".")
    denial = replace(_clause(match["rest"]), action=match["action"], resource=resource)
    if denial.rule == "aws.no-reason" and "sts:assumerole" in match["action"].lower():
        return replace(denial, rule="aws.sts.no-reason")
    return denial


def _bare(code: str) -> str:
    """The code without ``Client.``, ``Server.`` and ``com.amazonaws…#``."""
    code = code.rpartition("#")[2]
    for prefix in ("Client.", "Server."):
        code = code.removeprefix(prefix)
    return code.rpartition(".")[2] if code.startswith("com.") else code


def _is_denied(code: str, service: str, message: str, says_so: bool) -> bool:
    if code == "NotAuthorizedException" and service == "cognito-idp":
        return says_so  # Cognito's word for a wrong password
    if code == "AuthFailure":
        return "not authorized" in message.lower()
    return code in DENIED_CODES or says_so


def _without_a_sentence(code: str, message: str) -> Denial:
    """A refusal whose message is not AWS's "User … is not authorized" sentence."""
    lake = _LAKE_FORMATION.search(message)
    if lake:
        action = f"lakeformation:{lake[1]}" if lake[1] else None
        return Denial("resource", None, True, "aws.lake-formation-grant", action, lake[2])
    if code == "VpceAccessDenied":
        return Denial("vpc_endpoint", rule="aws.vpc-endpoint-event")
    if "IAM user access not activated" in message:
        return Denial("unknown", implicit=True, rule="aws.account-setting.billing-access")
    if "Encoded authorization failure message" in message:
        return Denial("unknown", rule="aws.encoded-message")
    clause = _clause(message)
    return clause if clause.rule != "aws.no-reason" else Denial("unknown", rule="aws.code-only")


def _clause(text: str) -> Denial:
    """The part of the sentence that says why."""
    explicit = _EXPLICIT.search(text)
    if explicit:
        via = explicit["via"]
        kind = _KINDS.get((via or explicit["kind"] or "").strip().lower(), "unknown")
        rule = f"aws.explicit-deny.{kind}" + (".via-vpc-endpoint" if via else "")
        return Denial(kind, explicit["arn"], False, rule)
    implicit = _IMPLICIT.search(text)
    if implicit:
        kind = _KINDS.get(implicit["kind"].strip().lower(), "unknown")
        return Denial(kind, None, True, f"aws.not-allowed.{kind}")
    if "S3 Block Public Access" in text:
        return Denial("unknown", None, False, "aws.s3-block-public-access")
    if "no resource-based policies allow access, or" in text:
        return Denial("resource", None, None, "aws.resource-indeterminate")
    return Denial("unknown", rule="aws.encoded-message" if "Encoded authorization" in text else "aws.no-reason")
