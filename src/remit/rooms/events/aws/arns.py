"""ARNs taken apart and put together: AWS's patterns, filled in once for each place and then only joined."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from remit.reference.aws import AwsReference

_VARIABLE: Final = re.compile(r"\$\{[A-Za-z0-9]+\}")
_NAMED_OTHERWISE: Final = frozenset({"kms:key", "ssm:parameter"})
"""Types whose name alone does not fit the pattern."""
_MOST_REMEMBERED: Final = 20_000
_LONGEST_REMEMBERED: Final = 256


class Resource(NamedTuple):
    """One resource: ``ec2:instance``, its id, its ARN or an empty string."""

    kind: str
    id: str
    arn: str


class Place:
    """Where a call happened, with the ARN patterns filled in for it; compared by identity."""

    __slots__ = ("account", "frames", "partition", "region")

    def __init__(self, partition: str, region: str, account: str) -> None:
        self.partition = partition
        self.region = region
        self.account = account
        self.frames: dict[str, list[str]] = {}
        """``service:kind`` -> the ARN's constant parts, between which the name's parts go; empty: cannot be told."""


class Arns:
    """ARNs of one reference's resource types."""

    def __init__(self, reference: AwsReference) -> None:
        self._reference = reference
        self._heads: dict[str, dict[str, str]] = {}
        self._read: dict[str, Resource] = {}
        self._paths: dict[tuple[str, ...], str] = {}

    def read(self, arn: str) -> Resource:
        """Kind and id out of an ARN, remembered."""
        known = self._read.get(arn)
        if known is None:
            known = self._taken_apart(arn)
            if len(arn) <= _LONGEST_REMEMBERED:
                if len(self._read) >= _MOST_REMEMBERED:
                    self._read.clear()
                self._read[arn] = known
        return known

    def built(self, kind: str, name: str, place: Place) -> str:
        """The ARN of ``service:type``, when the pattern has one unknown or the name a part for each; else empty."""
        if kind in _NAMED_OTHERWISE:
            if kind == "ssm:parameter":
                name = name.removeprefix("/")
            elif name.startswith("alias/"):
                kind, name = "kms:alias", name[6:]
        frame = place.frames.get(kind)
        if frame is None:
            frame = place.frames[kind] = self._frame(kind, place)
        if len(frame) == 2:
            return f"{frame[0]}{name}{frame[1]}"
        parts = name.split("/", len(frame) - 2) if frame else ()
        if len(frame) < 2 or len(parts) != len(frame) - 1:
            return ""
        return "".join(constant + part for constant, part in zip(frame, (*parts, ""), strict=True))

    def _frame(self, kind: str, place: Place) -> list[str]:
        """The pattern, filled in for a place, as the constants around its other variables."""
        service, _, plain = kind.partition(":")
        pattern = self._reference.resource_types(service).get(plain)
        if pattern is None or kind == "secretsmanager:Secret":
            return []
        if ("${Account}" in pattern and not place.account) or ("${Region}" in pattern and not place.region):
            return []
        for variable in ("Partition", "Region", "Account"):
            pattern = pattern.replace(f"${{{variable}}}", getattr(place, variable.lower()))
        return _VARIABLE.split(pattern)

    def _taken_apart(self, arn: str) -> Resource:
        parts = arn.split(":", 5)
        if len(parts) < 6 or not parts[5]:
            return Resource("unknown", arn, arn)
        service, rest = parts[2], parts[5]
        if service == "s3" and not parts[4]:
            return Resource("s3:object" if "/" in rest else "s3:bucket", rest, arn)
        if service == "apigateway" and rest.startswith("/"):
            return Resource(f"apigateway:{self._gateway_kind(rest[1:])}", rest[1:] or rest, arn)
        if service == "logs" and rest.startswith("log-group:") and ":log-stream:" in rest:
            return Resource("logs:log-stream", rest.removeprefix("log-group:"), arn)
        if service == "wafv2" and rest.startswith(("regional/", "global/")):
            rest = rest.partition("/")[2]
        head, mark, tail = _split_head(rest)
        kind = self._arn_heads(service).get(head if mark else "") or (head if mark else service)
        name = tail if mark else rest
        if service in ("iam", "sts"):
            name = name if service == "sts" else name.rpartition("/")[2]
        return Resource(f"{service}:{kind}", name.removesuffix(":*") or rest, arn)

    def _gateway_kind(self, path: str) -> str:
        """API Gateway's ARNs are the paths of its own interface: a word, a name, a word, a name."""
        if not self._paths:
            for kind, patterns in self._reference.resource_types("apigateway").items():
                for pattern in patterns.split(", "):
                    self._paths.setdefault(_shape(pattern.split(":", 5)[-1].removeprefix("/")), kind)
        return self._paths.get(_shape(path)) or path.partition("/")[0]

    def _arn_heads(self, service: str) -> dict[str, str]:
        """What stands before the name in an ARN -> resource type; the simplest pattern wins."""
        known = self._heads.get(service)
        if known is None:
            known = {}
            patterns = sorted(self._reference.resource_types(service).items(), key=lambda item: item[1].count("${"))
            for kind, pattern in patterns:
                rest = pattern.split(":", 5)[-1]
                if pattern.startswith("arn:${Partition}:" + service + ":"):
                    known.setdefault(_split_head(rest)[0] if not rest.startswith("${") else "", kind)
            if patterns:
                self._heads[service] = known
        return known


def _shape(path: str) -> tuple[str, ...]:
    """The words of a path, without the names between them."""
    return tuple("" if at % 2 else part for at, part in enumerate(path.split("/", 12)))


def _split_head(rest: str) -> tuple[str, str, str]:
    """``instance/i-0a`` -> ("instance", "/", "i-0a"); a name without a head has no mark."""
    at = min((position for position in (rest.find("/"), rest.find(":")) if position >= 0), default=-1)
    return (rest, "", "") if at < 0 else (rest[:at], rest[at], rest[at + 1 :])
