"""How long a policy document may be, and how AWS counts it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

SCP: Final = "SCP"
RCP: Final = "RCP"
TYPES: Final = (SCP, RCP)
LONGEST: Final[Mapping[str, int]] = {SCP: 10_240, RCP: 5_120}
"""Characters of one document. Service control policies had 5,120 until 15 May 2026."""
LIMITS_AS_OF: Final = "2026-05-15"


def minified(document: Mapping[str, Any]) -> str:
    """The document without white space: the form that costs least, since AWS counts every character it is sent."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def size_of(document: Mapping[str, Any]) -> int:
    """Characters of the minified document."""
    return len(minified(document))
