"""A policy without a letter that need not be there: what AWS stores when it is created through the API, and counts
against the quota of its size."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def minified(document: Mapping[str, Any]) -> str:
    """The document as JSON with no white space between its parts and no escapes beyond what JSON requires; the order
    of its parts is kept."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the minified document in 64 hex digits: what an approval is bound to."""
    return hashlib.sha256(minified(document).encode("utf-8")).hexdigest()
