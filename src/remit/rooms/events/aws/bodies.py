"""A mark of what a record's bodies say, the same whatever the order and spacing of their members.

The same record reaches Remit by several ways (a file, EventBridge, LookupEvents), and some of them write its JSON anew.
Parsing every request and response only to put its members in order would cost more than all the rest of an event's id,
so the mark is taken of the text: cut at every member, sorted, without brackets and spaces.
"""

from __future__ import annotations

from typing import Final

_CUTS: Final = bytes.maketrans(b"{[", b",,")
_DROPPED: Final = b" \t\r\n}]"
_LONGEST: Final = 65_536
"""Bytes of one body that are looked at; beyond them only its length counts."""


def mark(*bodies: bytes) -> bytes:
    """The bodies' members in one order, each body apart."""
    marks = []
    for body in bodies:
        text = bytes(body)
        if len(text) > _LONGEST:
            text = b",".join([*sorted(_cut(text[:_LONGEST])), str(len(text)).encode()])
        elif text and text != b"null":
            members = _cut(text)
            if len(members) > 1:
                members.sort()
                text = b",".join(members)
            else:
                text = members[0]
        marks.append(text)
    return b"\x00".join(marks)


def _cut(body: bytes) -> list[bytes]:
    return body.translate(_CUTS, _DROPPED).split(b",")
