"""A mark of what a record's bodies say, the same whatever the order and spacing of their members.

The same record reaches Remit by several ways (a file, EventBridge, LookupEvents), and some of them write its JSON anew.
Parsing every request and response only to put its members in order would cost more than all the rest of an event's id,
so the mark is taken of the text: cut at every member, sorted, without brackets and spaces.
"""

from __future__ import annotations

from typing import Final

_CUTS: Final = bytes.maketrans(b"{[", b",,")
_DROPPED: Final = b" \t\r\n}]"
_NOTHING: Final = (b"", b"null")
_LONGEST: Final = 65_536
"""Bytes of one body that are looked at; beyond them only its length counts."""


def mark(*bodies: bytes) -> bytes:
    """The bodies' members in one order; empty for bodies that say nothing."""
    return b"\x00".join([_members(bytes(body)) if body not in _NOTHING else b"" for body in bodies])


def _members(body: bytes) -> bytes:
    members = body[:_LONGEST].translate(_CUTS, _DROPPED).split(b",")
    members.sort()
    return b",".join(members) if len(body) <= _LONGEST else b",".join([*members, str(len(body)).encode()])
