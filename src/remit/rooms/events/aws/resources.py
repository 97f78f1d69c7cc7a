"""The resources a call touched: from the record's own list, else from the names in its request and response."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from remit.reference.aws import AwsReference
from remit.rooms.events.aws.resource_names import ALIASES, COMPOSITE, IGNORED, PARAMETERS, PLAIN_NAMES

MOST: Final = 100
"""Most resources kept of one record; the rest is said in a marker."""
_DEEPEST: Final = 6
_LONGEST: Final = 2048
_VERB: Final = re.compile(r"^(?:Batch)?[A-Z][a-z]+(?=[A-Z])")
_ENDING: Final = re.compile(r"^(.+?)(?:Identifier|Name|Arn|ARN|Id|ID|Url)s?$")
_VARIABLE: Final = re.compile(r"\$\{[A-Za-z]+\}")


class Resource(NamedTuple):
    """One resource: ``ec2:instance``, its id, its ARN or an empty string."""

    kind: str
    id: str
    arn: str


class Place(NamedTuple):
    """Where a call happened: what an ARN needs besides the resource's name."""

    partition: str
    region: str
    account: str


class ResourceNames:
    """Resource names for one reference; remembers what each parameter's name means."""

    def __init__(self, reference: AwsReference) -> None:
        self._reference = reference
        self._stems: dict[str, dict[str, str]] = {}
        self._heads: dict[str, dict[str, str]] = {}
        self._parameters: dict[tuple[str, str, str, str], str | None] = {}

    def from_list(self, entries: Any) -> list[Resource]:
        """The record's ``resources`` list."""
        found = []
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict):
                continue
            arn = entry.get("ARN") or entry.get("arn")
            if isinstance(arn, str) and arn.startswith("arn:"):
                found.append(self.from_arn(arn))
        return sorted(dict.fromkeys(found), key=lambda resource: resource.kind == "s3:bucket")

    def from_arn(self, arn: str) -> Resource:
        """Kind and id out of an ARN."""
        parts = arn.split(":", 5)
        if len(parts) < 6 or not parts[5]:
            return Resource("unknown", arn, arn)
        service, rest = parts[2], parts[5]
        if service == "s3" and not parts[4]:
            return Resource("s3:object" if "/" in rest else "s3:bucket", rest, arn)
        head, mark, tail = _split_head(rest)
        kind = self._arn_heads(service).get(head if mark else "") or (head if mark else service)
        name = tail if mark else rest
        if service in ("iam", "sts"):
            name = name if service == "sts" else name.rpartition("/")[2]
        return Resource(f"{service}:{kind}", name.removesuffix(":*") or rest, arn)

    def from_request(self, service: str, operation: str, request: dict[str, Any], place: Place) -> list[Resource]:
        """Every resource a request names, the one the operation is about first."""
        noun = self._noun(service, operation)
        found = list(self._walk(service, operation, request, place, "", 0))
        target = f"{service}:{noun}"
        found.sort(key=lambda resource: resource.kind != target)
        return _distinct(found)

    def from_response(self, service: str, operation: str, response: dict[str, Any], place: Place) -> list[Resource]:
        """What a creating call made: only resources of the operation's own kind."""
        kind = f"{service}:{self._noun(service, operation)}"
        found = self._walk(service, operation, response, place, "", 0)
        return _distinct([resource for resource in found if resource.kind == kind])

    def _walk(
        self, service: str, operation: str, value: Any, place: Place, parent: str, depth: int
    ) -> Iterator[Resource]:
        if depth > _DEEPEST:
            return
        if isinstance(value, list):
            for item in value[: MOST + 1]:
                yield from self._walk(service, operation, item, place, parent, depth + 1)
            return
        if not isinstance(value, dict):
            return
        for name, item in value.items():
            if isinstance(item, str):
                yield from self._named(service, operation, name, item, place, parent, value)
            elif isinstance(item, list) and item and all(isinstance(each, str) for each in item):
                for each in item[: MOST + 1]:
                    yield from self._named(service, operation, name, each, place, parent, value)
            elif isinstance(item, dict | list):
                yield from self._walk(service, operation, item, place, name, depth + 1)

    def _named(
        self, service: str, operation: str, name: str, value: str, place: Place, parent: str, beside: dict[str, Any]
    ) -> Iterator[Resource]:
        if not 0 < len(value) <= _LONGEST or value == "*" or value.startswith(("HIDDEN_DUE_TO", "[redacted:")):
            return
        if value.startswith("arn:"):
            if name.lower().endswith(
                ("arn", "arns", "id", "ids", "identifier", "name", "resource", "cluster", "names")
            ):
                yield self.from_arn(value)
            return
        kind = self._meaning(service, operation, name, parent)
        if kind is None:
            return
        inside = beside.get(COMPOSITE.get((service, name.lower()), ""))
        within = inside.rpartition("/")[2] if isinstance(inside, str) and service != "s3" else inside
        own = value.rpartition("/")[2] if name.lower() in ("queueurl", "hostedzoneid", "cluster") else value
        joined = f"{within}/{own}" if isinstance(within, str) and within else own
        yield Resource(f"{service}:{kind}", joined, self._arn(service, kind, joined, place))

    def _meaning(self, service: str, operation: str, name: str, parent: str) -> str | None:
        """The resource type a parameter names, remembered."""
        key = (service, operation, name, parent)
        if key not in self._parameters:
            if len(self._parameters) > 50_000:
                self._parameters.clear()
            self._parameters[key] = self._meaning_of(service, operation, name, parent)
        return self._parameters[key]

    def _meaning_of(self, service: str, operation: str, name: str, parent: str) -> str | None:
        lower = name.lower()
        if (service, lower) in IGNORED:
            return None
        if (service, lower) in PARAMETERS:
            return PARAMETERS[service, lower]
        if lower in ("id", "identifier", "name", "arn"):
            if parent:
                return self._kind(service, parent) if lower != "name" else None
            noun = self._noun(service, operation)
            return noun or (PLAIN_NAMES.get(service) if lower == "name" else None)
        ending = _ENDING.match(name)
        return self._kind(service, ending.group(1)) if ending else None

    def _noun(self, service: str, operation: str) -> str | None:
        """The resource type an operation is about: CreateVpc is about a ``vpc``."""
        stem = _VERB.sub("", operation)
        return self._kind(service, stem)

    def _kind(self, service: str, stem: str) -> str | None:
        plain = stem.lower()
        for candidate in (plain, plain.removesuffix("s"), plain.removesuffix("ies") + "y"):
            if (service, candidate) in ALIASES:
                return ALIASES[service, candidate]
            kind = self._stem_kinds(service).get(candidate)
            if kind is not None:
                return kind
        return None

    def _stem_kinds(self, service: str) -> dict[str, str]:
        known = self._stems.get(service)
        if known is None:
            types = self._reference.resource_types(service)
            known = self._stems[service] = {re.sub(r"[^a-z0-9]", "", kind.lower()): kind for kind in types}
        return known

    def _arn_heads(self, service: str) -> dict[str, str]:
        """What stands before the name in an ARN -> resource type; the simplest pattern wins."""
        known = self._heads.get(service)
        if known is None:
            known = self._heads[service] = {}
            patterns = sorted(self._reference.resource_types(service).items(), key=lambda item: item[1].count("${"))
            for kind, pattern in patterns:
                rest = pattern.split(":", 5)[-1]
                if pattern.startswith("arn:${Partition}:" + service + ":"):
                    known.setdefault(_split_head(rest)[0] if not rest.startswith("${") else "", kind)
        return known

    def _arn(self, service: str, kind: str, name: str, place: Place) -> str:
        """The ARN, when the pattern has one unknown or the name has a part for each; else an empty string."""
        pattern = self._reference.resource_types(service).get(kind)
        if pattern is None or (service, kind) == ("secretsmanager", "Secret"):
            return ""
        if ("${Account}" in pattern and not place.account) or ("${Region}" in pattern and not place.region):
            return ""
        if (service, kind) == ("kms", "key") and name.startswith("alias/"):
            pattern, name = self._reference.resource_types(service)["alias"], name[6:]
        pattern = pattern.replace("${Partition}", place.partition)
        pattern = pattern.replace("${Region}", place.region).replace("${Account}", place.account)
        if service == "ssm" and kind == "parameter":
            name = name.removeprefix("/")
        unknown = pattern.count("${")
        parts = [name] if unknown == 1 else name.split("/", unknown - 1)
        if unknown == 0 or len(parts) != unknown:
            return ""
        values = iter(parts)
        return _VARIABLE.sub(lambda _: next(values), pattern)


def _split_head(rest: str) -> tuple[str, str, str]:
    """``instance/i-0a`` -> ("instance", "/", "i-0a"); a name without a head has no mark."""
    at = min((position for position in (rest.find("/"), rest.find(":")) if position >= 0), default=-1)
    return (rest, "", "") if at < 0 else (rest[:at], rest[at], rest[at + 1 :])


def _distinct(found: list[Resource]) -> list[Resource]:
    """Each once; an S3 bucket beside its own object is the object's second name and stays after it."""
    kept: dict[tuple[str, str], Resource] = {}
    for resource in found:
        key = (resource.kind, resource.id)
        if key not in kept or (resource.arn and not kept[key].arn):
            kept[key] = resource
    return list(kept.values())
