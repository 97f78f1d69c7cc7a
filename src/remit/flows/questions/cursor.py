"""An opaque place in the answer to one query. It names no secret, so a checksum (not a key) catches a slip."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import Final

from remit.flows.questions.ports import Position
from remit.model.errors import QueryError

_VERSION: Final = "2"


def write_cursor(position: Position, query: str) -> str:
    """Position in the answer to a query (in its one spelling) -> text safe in a URL."""
    body = f"{_VERSION}.{_digest(query)}.{position[0]}.{position[1]}"
    return base64.urlsafe_b64encode(f"{_digest(body)}.{body}".encode()).decode().rstrip("=")


def read_cursor(text: str, query: str) -> Position:
    """Text -> position. Raises QueryError for anything ``write_cursor`` did not write, or wrote for another query."""
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        check, body = decoded.split(".", 1)
        version, asked, time, event_id = body.split(".", 3)
        if check != _digest(body) or version != _VERSION:
            raise ValueError(version)
        position = int(time), event_id
    except (ValueError, binascii.Error) as error:
        raise _refused("This cursor was not given by this version of Remit", text) from error
    if asked != _digest(query):
        raise _refused("This cursor is of another query", text)
    return position


def _refused(what: str, text: str) -> QueryError:
    return QueryError(what, text=text[:200], column=0, remedy="Ask again without a cursor.")


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=6, person=b"remit-cursor").hexdigest()
