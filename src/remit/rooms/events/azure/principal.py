"""Who called, from the claims of the token Azure Resource Manager was shown."""

from __future__ import annotations

import re
from typing import Any, Final

from remit.rooms.events.azure.shape import Activity
from remit.rooms.events.lenient import Fields, first, text

_SOAP: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MICROSOFT: Final = "http://schemas.microsoft.com/identity/claims/"
_SHORT: Final = {
    "acr": "http://schemas.microsoft.com/claims/authnclassreference",
    "amr": "http://schemas.microsoft.com/claims/authnmethodsreferences",
    "scp": _MICROSOFT + "scope",
    "oid": _MICROSOFT + "objectidentifier",
    "idp": _MICROSOFT + "identityprovider",
    "upn": _SOAP + "upn",
}
_MARKED: Final = (
    "idtyp",
    "appidacr",
    "azpacr",
    "acr",
    "amr",
    "scp",
    "iss",
    "xms_mirid",
    "xms_az_rid",
    "xms_par_app_azp",
    "uti",
)
_FACETS: Final = ("xms_act_fct", "xms_sub_fct", "xms_tnt_fct")
_AGENT: Final = "11"
_AGENT_USER: Final = "13"
"""Facets of Entra Agent ID: the actor is an agent identity; the subject is an agent's own user account."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def claim(claims: Fields, name: str) -> str | None:
    """A claim by its short name, as the token or the log spells it."""
    return first(claims.get(name), claims.get(_SHORT.get(name, name)))


def caller_columns(view: Activity) -> dict[str, Any]:
    """The columns that say who called."""
    claims = view.claims
    person = _person(view)
    app = first(claims.get("appid"), claims.get("azp"))
    oid = claim(claims, "oid") or _evidence_id(view)
    identity = text(claims.get("xms_mirid"))
    kind = _kind(view, person)
    name = first(identity.rpartition("/")[2] if identity else None, claims.get("name"), claims.get("app_displayname"))
    return {
        "principal": person if kind == "user" and person else first(app if kind != "user" else None, oid, person, app),
        "principal_type": kind,
        "principal_id": oid,
        "principal_name": name,
        "app_id": app,
        "delegator": person if _acts_for_person(claims) else None,
        "issuer": identity,
        "federation": _foreign_provider(claims),
    }


def markers(view: Activity) -> list[str]:
    """Claims that signals read, ``key=value``; a facet claim gives one marker for each of its numbers."""
    claims = view.claims
    marks = [f"{name}={value}" for name in _MARKED if (value := claim(claims, name))]
    marks += [f"{name}={facet}" for name in _FACETS for facet in _numbers(claims, name)]
    role = text(_evidence(view).get("role"))
    return [*marks, f"role={role}"] if role else marks


def _person(view: Activity) -> str | None:
    claims = view.claims
    said = first(
        claim(claims, "upn"),
        claims.get("preferred_username"),
        claims.get("unique_name"),
        claims.get(_SOAP + "name"),
        claims.get(_SOAP + "emailaddress"),
    )
    display = text(claims.get("name"))
    caller = first(view.top.get("caller"))
    return said or next((value for value in (display, caller) if value and "@" in value), None) or caller


def _kind(view: Activity, person: str | None) -> str | None:
    claims = view.claims
    if text(claims.get("xms_mirid")):
        return "managed-identity"
    said = (text(claims.get("idtyp")) or "").lower()
    if said in ("app", "user"):
        return said
    if claim(claims, "scp") or (person and "@" in person):
        return "user"
    if person and _GUID.fullmatch(person):
        return "app"
    return {"user": "user", "serviceprincipal": "app"}.get((text(_evidence(view).get("principalType")) or "").lower())


def _evidence(view: Activity) -> Fields:
    evidence = view.authorization.get("evidence")
    return evidence if isinstance(evidence, dict) else {}


def _evidence_id(view: Activity) -> str | None:
    """The assignment's principal is the caller unless the role was given to a group."""
    evidence = _evidence(view)
    direct = (text(evidence.get("principalType")) or "").lower() in ("user", "serviceprincipal")
    return text(evidence.get("principalId")) if direct else None


def _numbers(claims: Fields, name: str) -> list[str]:
    return (text(claims.get(name)) or "").split()


def _acts_for_person(claims: Fields) -> bool:
    agent = _AGENT in _numbers(claims, "xms_act_fct") or text(claims.get("xms_par_app_azp")) is not None
    own_account = _AGENT_USER in _numbers(claims, "xms_sub_fct")
    return agent and not own_account and (text(claims.get("idtyp")) or "").lower() == "user"


def _foreign_provider(claims: Fields) -> str | None:
    provider = claim(claims, "idp")
    return provider if provider != text(claims.get("iss")) else None
