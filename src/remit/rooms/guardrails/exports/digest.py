"""What an approval of a policy is bound to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from remit.rooms.guardrails.limits import minified


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the minified document in 64 hex digits: one letter more and it is another."""
    return hashlib.sha256(minified(document).encode("utf-8")).hexdigest()
