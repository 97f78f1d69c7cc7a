"""Canonical JSON and digests: one spelling for one value, so that equal things have equal ids."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no spaces and no escapes beyond what JSON requires."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def event_digest(parts: Iterable[str | None]) -> str:
    """24 hex digits (96 bits) over the parts in order. ``repr`` frames them, so no part can imitate a boundary."""
    return blake2b(repr(tuple(parts)).encode("ascii", "backslashreplace"), digest_size=12).hexdigest()
