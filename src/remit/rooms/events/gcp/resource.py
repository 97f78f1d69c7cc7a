"""What a Google Cloud call touched, and where it lives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from remit.rooms.events.gcp.entry import Entry
from remit.rooms.events.gcp.made import backed_up, made_name
from remit.rooms.events.lenient import Fields, fields, first, text

_PROJECT: Final = re.compile(r"(?://[^/]+/)?projects/([^/_-][^/]*)")
_PLACE: Final = re.compile(r"/(?:zones|regions|locations)/([^/]+)")
_OBJECT: Final = re.compile(r"(?:.*/)?buckets/[^/]+/objects/(.+)", re.DOTALL)
_KUBERNETES: Final = re.compile(
    r"[^/]+/v\w+/(?:namespaces/[^/]+/(?=[^/]))?(?P<kind>[^/]+)(?:/(?P<name>[^/]+)(?:/(?P<sub>.+))?)?"
)
_GLOBAL: Final = re.compile(r"(?<!/locations)(?<!/regions)/global/")
"""Compute Engine's ``projects/P/global/networks/N``: the one level of a name that is no pair."""
_CONTAINERS: Final = {"projects": "project", "organizations": "organization", "folders": "folder"}
_NOT_A_NAME: Final = frozenset(("project_id", "location", "zone", "region", "method", "service", "version"))


@dataclass(frozen=True, slots=True)
class Resource:
    """``type`` such as ``compute.instances``, ``id`` its own name, ``arn`` its full name, ``""`` if unknown."""

    type: str
    id: str
    arn: str


def resource(view: Entry) -> Resource | None:
    """The resource the entry is about: what its name names, else what its labels do."""
    check: Fields = view.permissions[0] if view.permissions else {}
    attributes = fields(check.get("resourceAttributes"))
    said = _meaning(text(view.audit.get("resourcename")))
    name = said or first(check.get("resource"), attributes.get("name"))
    monitored = monitored_type(view)
    label = _label(view)
    if name is None:
        return Resource(monitored or "", label, "") if label and monitored else None
    name = made_name(view, name) or (backed_up(view) if name == "backupRuns/" else None) or name
    parts = [part for part in _GLOBAL.sub("/", name).split("/") if part]
    service = (view.service or "").partition("/")[0].removesuffix(".googleapis.com").strip(".")
    kind, own = _special(service, name) or _by_parts(parts or [name], service, label, name.endswith("/"))
    if monitored == "service_account" and label and "@" in label:
        kind, own = "iam.serviceAccounts", label
    return Resource(kind, own, _full_name(view, name))


def monitored_type(view: Entry) -> str | None:
    """The monitored resource's type, ``gce_instance``: coarser than what was touched (a table's is its dataset)."""
    return text(fields(view.top.get("resource")).get("type"))


def _special(service: str, name: str) -> tuple[str, str] | None:
    stored = _OBJECT.fullmatch(name)
    if stored:
        return "storage.objects", stored.group(1)
    cluster = _KUBERNETES.fullmatch(name) if service in ("k8s.io", "") else None
    if cluster is None:
        return None
    kind = f"k8s.io.{cluster['kind']}" + (f"/{cluster['sub']}" if cluster["sub"] else "")
    return kind, cluster["name"] or cluster["kind"]


def _by_parts(parts: list[str], service: str, label: str | None, unfinished: bool) -> tuple[str, str]:
    """Type and id from ``collection/id`` pairs; a create names the parent, or the collection, of what it makes."""
    prefix = f"{service}." if service else ""
    container = _CONTAINERS.get(parts[0])
    if container and len(parts) == 2:
        return container, parts[1]
    if unfinished or len(parts) == 1 or (container and len(parts) % 2 == 1):
        return f"{prefix}{parts[-1]}", label or "/".join(parts[-2:])
    return f"{prefix}{parts[-2]}", parts[-1]


def account(view: Entry) -> str | None:
    """The project id; for what belongs to no project, ``organizations/123``, ``folders/…`` or ``billingAccounts/…``."""
    if view.owner:
        return view.owner
    label = text(view.labels.get("project_id"))
    named = _PROJECT.match(text(view.audit.get("resourcename")) or "")
    return label or (named.group(1) if named else None)


def region(view: Entry) -> str | None:
    """The location, as finely as the entry gives it: a zone, a region, a multi-region or ``global``."""
    current = fields(view.audit.get("resourcelocation")).get("currentLocations")
    place = _PLACE.search((text(view.audit.get("resourcename")) or "")[:2000])
    said = first(
        view.labels.get("location"),
        view.labels.get("zone"),
        view.labels.get("region"),
        current[0] if isinstance(current, list) and current else None,
        place.group(1) if place else None,
    )
    return said.lower() if said else None


def _meaning(name: str | None) -> str | None:
    return None if name in ("...", "-", "_") else name


def _label(view: Entry) -> str | None:
    """The label that names the resource best: a name or an e-mail before a number."""
    said = {key: value for key, inner in view.labels.items() if key not in _NOT_A_NAME and (value := text(inner))}
    named = [value for key, value in said.items() if key.endswith("name") or "@" in value]
    return next(iter([*named, *said.values()]), None)


def _full_name(view: Entry, name: str) -> str:
    if name.startswith("//"):
        return name
    service = (view.service or "").partition("/")[0]
    return f"//{service}/{name.lstrip('/')}" if "." in service.strip(".") else name
