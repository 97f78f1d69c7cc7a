"""Credentials cut out of a record's request and response where they stand, the rest of its text left alone.

Reading and writing a whole record anew costs several times what its payload does, and it is in the payload that
credentials are, day after day: settings of a task, commands of a run, the token of an assumed role.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import Final

from msgspec import Raw

from remit.rooms.events.aws.record import Record
from remit.rooms.events.redaction import redact_part, suspects, without_session_token
from remit.rooms.events.secrets import OPERATIONS, WATCHED

_NAMES: Final = ("requestParameters", "responseElements")
_BESIDE: Final = attrgetter(
    "additionalEventData", "serviceEventDetails", "resources", "addendum", "edgeDeviceDetails", "mcpEventDetails",
    "eventContext", "insightDetails",
)  # fmt: skip
"""The other members of free content."""


def clean_payloads(texts: list[str], records: list[Record], places: Sequence[int]) -> set[int]:
    """Take the credentials out of the payloads of the records at ``places``, whose other members hold none unless
    they are of free content. What comes back are the places that this cannot do: nothing there is changed."""
    left = _suspect_beside(records, places)
    pieces = [[bytes(getattr(records[at], name)) for name in _NAMES] for at in places]
    quick = [[without_session_token(raw) for raw in pair] for pair in pieces]
    doubts = iter(suspects([*chain.from_iterable(quick)]))
    for at, before, after in zip(places, pieces, quick, strict=True):
        doubtful = (next(doubts), next(doubts))
        if at not in left:
            clean = _redacted(after, doubtful, OPERATIONS.get(records[at].eventName or "", ()))
            text = _spliced(texts[at], before, clean) if clean else None
            if clean is None or text is None:
                left.add(at)
                continue
            texts[at] = text
            records[at].requestParameters, records[at].responseElements = map(Raw, clean)
    return left


def _suspect_beside(records: list[Record], places: Sequence[int]) -> set[int]:
    """Places of records that have more content than a payload, and may have a credential in it."""
    content = {at: beside for at in places if (beside := b"\n".join(_BESIDE(records[at])).strip())}
    doubts = suspects([*content.values()], payload=True)
    return {at for at, doubt in zip(content, doubts, strict=True) if doubt or records[at].eventName in WATCHED}


def _redacted(pair: list[bytes], doubtful: tuple[bool, bool], secrets: tuple[str, ...]) -> list[bytes] | None:
    """Request and response without credentials; None when one of them cannot be read."""
    try:
        texts = [raw.decode() for raw in pair]
        return [
            redact_part(text, secrets).encode() if text and (doubt or secrets) else text.encode()
            for text, doubt in zip(texts, doubtful, strict=True)
        ]
    except (ValueError, RecursionError):
        return None


def _spliced(text: str, before: list[bytes], after: list[bytes]) -> str | None:
    """The record's text with the new members; None when it is not certain where in it the old ones stand."""
    for name, old, new in zip(_NAMES, before, after, strict=True):
        if old != new:
            begin = text.find(f'"{name}":')
            end = begin + len(name) + 3 + len(member := old.decode())
            if begin < 0 or text[end - len(member) : end] != member or "\\u00" in text or text.count(name) != 1:
                return None
            text = f'{text[:begin]}"{name}":{new.decode()}{text[end:]}'
    return text
