"""Who called: an e-mail, a federated subject, a key, and whoever stands behind an impersonation."""

from __future__ import annotations

import re
from typing import Any, Final

from remit.rooms.events.gcp.entry import Entry
from remit.rooms.events.lenient import Fields, distinct, fields, first, folded, items, text

_AGENT: Final = re.compile(r"service-\d+@.+\.gserviceaccount\.com|\d+@cloudservices\.gserviceaccount\.com|.+@gcp-sa-.+")
_POOL: Final = re.compile(
    r"principal(?:Set)?://iam\.googleapis\.com/(?P<pool>.+?/(?:workloadIdentityPools|workforcePools)/[^/]+)"
    r"/(?P<rest>.+)"
)
_FEDERATED: Final = re.compile(r"principal(?:Set)?://|serviceAccount:[^@]*\[")
_REPOSITORY: Final = re.compile(r"(?:repo:|attribute\.repository/)([\w.-]+)(?:@\d+)?/([\w.-]+)", re.ASCII)


def caller_columns(view: Entry) -> dict[str, Any]:
    """The columns that say who called.

    A service agent in the delegation chain is Google handing a machine its own account's credential: nobody's order.
    """
    caller = view.caller
    email = text(caller.get("principalemail"))
    subject = text(caller.get("principalsubject"))
    behind = delegations(caller)
    pool, federated = _federation(view, subject, behind)
    principal = email or (_bare(subject) if subject else None)
    return {
        "principal": principal,
        "principal_type": "federated" if pool and not email else principal_type(email, subject),
        "principal_id": subject if subject and _bare(subject) != principal else None,
        "principal_name": email.partition("@")[0] if email else None,
        "access_key": _key(text(caller.get("serviceaccountkeyname"))),
        "app_id": text(folded(caller.get("oauthinfo")).get("oauthclientid")),
        "delegator": next((name for name in behind if not _AGENT.fullmatch(name)), None),
        "issuer": email if behind else None,
        "federation": pool,
        "federation_subject": federated,
        "repository": repository(federated),
    }


def delegations(caller: Fields) -> list[str]:
    """Who acts through the service account, the real authority first, as the log orders them."""
    return distinct(_delegate(item) for item in items(caller.get("serviceaccountdelegationinfo")))


def _delegate(item: Fields) -> str | None:
    known = folded(item)
    claims = folded(known.get("thirdpartyprincipal")).get("thirdpartyclaims")
    named = first(
        folded(known.get("firstpartyprincipal")).get("principalemail"),
        known.get("principalsubject"),
        fields(claims).get("sub"),
    )
    return _bare(named) if named else None


def principal_type(email: str | None, subject: str | None) -> str:
    """``user``, ``service-account``, ``service-agent`` (Google's own), ``federated`` or ``unknown``."""
    if email:
        found = _by_email(email)
        if found != "user" or not (subject or "").startswith("serviceAccount:"):
            return found
        return "service-account"
    if subject is None:
        return "unknown"
    if _FEDERATED.match(subject):
        return "federated"
    kind = subject.partition(":")[0]
    if kind == "serviceAccount":
        return _by_email(_bare(subject))
    return "user" if kind == "user" else "unknown"


def _by_email(email: str) -> str:
    if email.startswith("system:"):
        return "service-account" if email.startswith("system:serviceaccount:") else "service-agent"
    if _AGENT.fullmatch(email):
        return "service-agent"
    if email.endswith("gserviceaccount.com"):
        return "service-account"
    if email.startswith(("principal:", "principalSet:")):
        return "federated"
    return "user" if "@" in email else "unknown"


def _bare(subject: str) -> str:
    kind, colon, rest = subject.partition(":")
    return rest if colon and kind in ("user", "serviceAccount", "group") else subject


def _key(name: str | None) -> str | None:
    """The key id at the end of ``//iam.googleapis.com/projects/P/serviceAccounts/SA/keys/ID``."""
    return (name.rpartition("/keys/")[2] or None) if name else None


def _federation(view: Entry, subject: str | None, behind: list[str]) -> tuple[str | None, str | None]:
    """The identity pool, and the subject it was told: of the caller, of a delegate, or of a token exchange."""
    mapped = text(view.metadata.get("mappedprincipal"))
    for named in (mapped, subject, *behind):
        found = _POOL.fullmatch(named[:4000]) if named else None
        if found:
            rest = found["rest"]
            told = rest.partition("/")[2] if rest.startswith(("subject/", "subjects/")) else rest
            return found["pool"], (_bare(subject) if named is mapped and subject else told)
    return None, None


def repository(subject: str | None) -> str | None:
    """``owner/name`` from a GitHub subject or attribute, also of the form that carries numeric ids."""
    found = _REPOSITORY.match(subject) if subject else None
    return f"{found.group(1)}/{found.group(2)}" if found else None
