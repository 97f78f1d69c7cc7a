"""The envelopes that cloud providers put around records, and how to take a record out of one.

One rule for every path through the framing: an object is an envelope when one of ``WRAPPER_KEYS`` holds an array and
only
scalars of known paging keys stand before it. So the first bytes decide, and a record that merely has a field called
``value`` further in stays a record.
"""

from __future__ import annotations

import re

import msgspec

from .chunks import Fault
from .encoding import is_utf8

WRAPPER_KEYS = ("Records", "records", "value", "entries", "Events")
_COMPANIONS = "|".join(
    (
        "NextToken|nextToken|nextLink|nextPageToken|next_page_token|count|Count",
        r"@odata\.context|@odata\.nextLink|@odata\.count",
    )
)
_SCALAR = r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[-+.\w]++)'
WRAPPER_OPEN = re.compile(
    (
        rf'\s*+\{{\s*+(?:"(?:{_COMPANIONS})"\s*+:\s*+{_SCALAR}\s*+,\s*+)*+"(?P<key>{"|".join(WRAPPER_KEYS)})"\s*+:\s*+\['
    ).encode()
)
LINE_PREFIXES = tuple(f'{{"{key}":{gap}['.encode() for key in WRAPPER_KEYS for gap in ("", " "))

STILL_OPEN = (b"{", b"[", b",", b":")
"""How a line ends when the value it begins goes on in the next."""
LOOKUP_KEY = b"Events"
_VALUE = msgspec.json.Decoder(msgspec.Raw)


class _LookupEvent(msgspec.Struct):
    CloudTrailEvent: str


_LOOKUP_EVENT = msgspec.json.Decoder(_LookupEvent)


def wrapper_key(text: bytes | bytearray, start: int = 0) -> bytes | None:
    """The key whose array holds the records, when an envelope begins at ``start``."""
    match = WRAPPER_OPEN.match(text, start)
    return match["key"] if match else None


def inner_record(element: bytes) -> bytes:
    """The record inside an element of LookupEvents output; the element itself when it carries none."""
    try:
        return _LOOKUP_EVENT.decode(element).CloudTrailEvent.encode()
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return element


def flaw(record: bytes, place: str, max_record: int) -> Fault | None:
    """Why these bytes are not one JSON value in UTF-8 of acceptable size and depth; ``None`` when they are."""
    if len(record) > max_record:
        return too_large(place, len(record), max_record, record)
    try:
        _VALUE.decode(record)
    except RecursionError:
        return Fault(place, "too-deep", "it is nested too deeply to be an audit record", record[:2048])
    except msgspec.DecodeError as error:
        reason = "not-json" if is_utf8(record) else "wrong-encoding"
        return Fault(place, reason, str(error), record[:2048])
    if not is_utf8(record):
        return Fault(place, "wrong-encoding", "it is not valid UTF-8", record[:2048])
    return None


def too_large(place: str, size: int, max_record: int, sample: bytes = b"") -> Fault:
    """The fault of a record of ``size`` bytes or more."""
    return Fault(place, "too-large", f"one record of at least {size} bytes; the limit is {max_record}", sample[:2048])
