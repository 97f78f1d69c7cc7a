"""An opaque place in a list of events. It names no secret, so a checksum (not a key) is enough to catch a slip."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import Final

from remit.flows.questions.ports import Position
from remit.model.errors import QueryError

_VERSION: Final = "1"


def write_cursor(position: Position) -> str:
    """Position -> text safe in a URL."""
    body = f"{_VERSION}.{position[0]}.{position[1]}"
    return base64.urlsafe_b64encode(f"{_check(body)}.{body}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> Position:
    """Text -> position. Raises QueryError for anything ``write_cursor`` did not write."""
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        check, version, time, event_id = decoded.split(".", 3)
        if check != _check(f"{version}.{time}.{event_id}") or version != _VERSION:
            raise ValueError(version)
        return int(time), event_id
    except (ValueError, binascii.Error) as error:
        raise QueryError(
            "This cursor was not given by this version of Remit",
            text=text[:200],
            column=0,
            remedy="Search again without a cursor.",
        ) from error


def _check(body: str) -> str:
    return blake2b(body.encode(), digest_size=6, person=b"remit-cursor").hexdigest()
