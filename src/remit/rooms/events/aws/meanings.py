"""What the name of a parameter means: ``functionName`` names a ``function``, ``groupId`` a ``security-group``.

The rule is the name's ending, held against the resource types that AWS's reference gives the service; the tables of
``resource_names.py`` know better where the rule does not. Nothing is remembered here: plans remember.
"""

from __future__ import annotations

import re
from typing import Final

from remit.reference.aws import AwsReference
from remit.rooms.events.aws.resource_names import ALIASES, IGNORED, PARAMETERS, PLAIN_NAMES

_VERB: Final = re.compile(r"^(?:Batch)?[A-Z][a-z]+(?=[A-Z])")
_ENDING: Final = re.compile(r"^(.+?)(?:Identifier|Name|Arn|ARN|Id|ID|Url)s?$")


class Meanings:
    """Meanings for one reference."""

    def __init__(self, reference: AwsReference) -> None:
        self._reference = reference
        self._stems: dict[str, dict[str, str]] = {}

    def meaning(self, service: str, operation: str, name: str, parent: str) -> str | None:
        """The resource type that a member names; ``parent`` is the member it stands in, empty at the top."""
        lower = name.lower()
        if (service, lower) in IGNORED:
            return None
        if lower == "content" and parent and parent != name:
            return self.meaning(service, operation, parent, "")  # an id is written {"tag": 1, "content": "nat-1"}
        if (service, lower) in PARAMETERS:
            return PARAMETERS[service, lower]
        if lower in ("id", "identifier", "name", "arn"):
            if parent:
                return self._kind(service, parent) if lower != "name" else None
            noun = self.noun(service, operation)
            return noun or (PLAIN_NAMES.get(service) if lower == "name" else None)
        ending = _ENDING.match(name)
        return self._kind(service, ending.group(1)) if ending else None

    def noun(self, service: str, operation: str) -> str | None:
        """The resource type an operation is about: CreateVpc is about a ``vpc``."""
        return self._kind(service, _VERB.sub("", operation))

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
            known = {re.sub(r"[^a-z0-9]", "", kind.lower()): kind for kind in types}
            if known:
                self._stems[service] = known
        return known
