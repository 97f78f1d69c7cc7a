"""A glance at a small delivery before it is taken: one that cannot hold any record is refused to its sender's face.

Everything else is judged when it is read, and goes to the quarantine if need be. The glance never refuses what the
readers could make something of: every record is a JSON object, so a body in which none is whole holds no record.
"""

from __future__ import annotations

import json
from typing import Final

from remit.model.errors import UsageError

GLANCED: Final = 64 * 1024
"""Bytes of a delivery that are looked at; a longer one is taken unseen."""
_TRIED: Final = 64
"""Places at which an object may begin that are tried."""
_PACKED: Final = b"\x1f\x8b"
_DECODER: Final = json.JSONDecoder()


class Glance:
    """The beginning of a body as it arrives, unpacked."""

    def __init__(self) -> None:
        self._seen = bytearray()
        self._long = False

    def write(self, data: bytes) -> None:
        """More of it."""
        self._long = self._long or len(self._seen) + len(data) > GLANCED
        if not self._long:
            self._seen += data

    def confirm(self) -> None:
        """The body is whole. Raises UsageError when it cannot hold a record."""
        if self._seen and not self._long and not may_hold_record(bytes(self._seen)):
            raise UsageError(
                "No JSON object is in the body, so no record is", remedy="Send one record, an array, or one a line."
            )


def may_hold_record(body: bytes) -> bool:
    """Whether a JSON object may be whole in ``body``; True where only reading it would tell."""
    if body.startswith(_PACKED):
        return True
    if b"{" not in body:
        return False
    if b"\x00" in body:
        return True  # UTF-16, which the readers take
    text = body.decode("utf-8", "replace")
    at = -1
    for _ in range(_TRIED):
        at = text.find("{", at + 1)
        if at < 0:
            return False
        if _whole_object(text, at):
            return True
    return True


def _whole_object(text: str, at: int) -> bool:
    try:
        _DECODER.raw_decode(text, at)
    except ValueError:
        return False
    except RecursionError:
        return True  # too deep to tell here
    return True
