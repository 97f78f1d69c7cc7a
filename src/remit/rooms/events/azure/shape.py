"""One view of an Activity Log record in any of its shapes: REST, diagnostic settings, Python SDK."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from remit.rooms.events.lenient import Fields, embedded, fields, first, folded, text

_NAMES: Final = """
administrative policy recommendation servicehealth resourcehealth alert autoscale security write delete action
"""
CATEGORIES: Final = frozenset(_NAMES.split())
"""Categories of the Activity Log, the last three as older diagnostic settings wrote them."""

_FOREIGN: Final = {
    "protopayload": "a Google Cloud audit record",
    "eventsource": "an AWS CloudTrail record",
    "auditid": "a Kubernetes audit record",
    "objectref": "a Kubernetes audit record",
    "published": "an Okta record",
    "resultdescription": "an Azure resource log",
    "calleripaddress": "an Azure resource log",
}
"""Folded keys that only records of other logs have."""
_LONGEST_OPERATION: Final = 512
_PROVIDER_OPERATION: Final = re.compile(r"[A-Za-z0-9]+(\.[A-Za-z0-9]+)+/.*[A-Za-z0-9]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Activity:
    """``top``, ``properties`` and ``http`` by folded keys (``lenient.folded``), ``claims`` by their own."""

    top: dict[str, Any]
    properties: dict[str, Any]
    claims: Fields
    authorization: Fields
    http: dict[str, Any]

    def said(self, name: str) -> str | None:
        """A field given outright or as ``{value, localizedValue}``."""
        value = self.top.get(name)
        return text(fields(value).get("value")) if isinstance(value, dict) else text(value)

    @property
    def operation(self) -> str:
        return self.said("operationname") or ""

    @property
    def category(self) -> str | None:
        return self.said("category")

    @property
    def resource(self) -> str | None:
        return first(self.top.get("resourceid"), self.authorization.get("scope"), self.properties.get("entity"))


def activity(record: Fields) -> Activity:
    """The view; what is missing or of a wrong type is empty."""
    top = folded(record)
    identity = folded(embedded(top.get("identity")))
    return Activity(
        top=top,
        properties=folded(embedded(top.get("properties"))),
        claims=fields(embedded(identity.get("claims") or top.get("claims"))),
        authorization=folded(embedded(identity.get("authorization") or top.get("authorization"))),
        http=folded(embedded(top.get("httprequest"))),
    )


def mistaken_for(view: Activity) -> str | None:
    """What a record that is no Activity Log event looks like; ``None`` for one that is."""
    category = (view.category or "").lower()
    if category in CATEGORIES or (not category and _has_marks(view)):
        return None if _is_operation(view.operation) else _without_operation(view)
    return _other_log(view, category)


def _is_operation(name: str) -> bool:
    return len(name) <= _LONGEST_OPERATION and _PROVIDER_OPERATION.fullmatch(name) is not None


def _has_marks(view: Activity) -> bool:
    return bool(view.top.get("eventdataid") or view.top.get("eventtimestamp") or view.top.get("authorization"))


def _without_operation(view: Activity) -> str:
    if _is_directory(view):
        return "a Microsoft Entra audit record"
    return "a record without an Azure resource provider operation"


def _is_directory(view: Activity) -> bool:
    resource = (text(view.top.get("resourceid")) or "").lower()
    return resource.startswith("/tenants/") or "microsoft.aadiam" in resource


def _other_log(view: Activity, category: str) -> str:
    if category.endswith("signinlogs"):
        return "a Microsoft Entra sign-in record"
    if category.startswith("kube-"):
        return "a Kubernetes audit record from AKS"
    if category.startswith("storage") or "/storageaccounts/" in (text(view.top.get("resourceid")) or "").lower():
        return "a storage data-plane record"
    if category == "auditlogs" or _is_directory(view):
        return "a Microsoft Entra audit record"
    if category:
        return f"a log of category {view.category}"
    return next((name for key, name in _FOREIGN.items() if key in view.top), "something else")
