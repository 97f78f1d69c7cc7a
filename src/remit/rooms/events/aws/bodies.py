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
    """The bodies' members in one order."""
    return b"\x00".join([_members(bytes(body)) if body else b"" for body in bodies])


def _members(body: bytes) -> bytes:
    if body == b"null":
        return body
    if len(body) > _LONGEST:
        return b",".join([*sorted(_cut(body[:_LONGEST]).split(b",")), str(len(body)).encode()])
    cut = _cut(body)
    return b",".join(sorted(cut.split(b","))) if cut.rfind(b",") > 0 else cut


def _cut(body: bytes) -> bytes:
    return body.translate(_CUTS, _DROPPED)
