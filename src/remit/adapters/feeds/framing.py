"""Bytes -> records: look at how the input begins, choose the way to cut it, and report an early end.

Recognized: JSON Lines; one JSON document (an envelope of a cloud provider, a list, a single object however it is
printed);
several of them in a row, with or without anything between.
"""

from __future__ import annotations

from collections.abc import Iterator

from .blocks import Blocks
from .chunks import Fault
from .document import document
from .encoding import utf8_blocks
from .lines import json_lines
from .scanner import Scanner
from .wrappers import STILL_OPEN, flaw, wrapper_key

_PROBE = 256 * 1024


def records(place: str, plain: Iterator[bytes], max_record: int) -> Iterator[list[bytes] | Fault]:
    """Batches of records of ``plain`` and the faults between them, in the order of the input; never raises for its
    content."""
    blocks = Blocks(place, utf8_blocks(plain))
    head = _gather(blocks, _PROBE)
    if head.strip() or len(head) >= _PROBE:
        by_lines = _is_lines(head[:_PROBE].lstrip(), blocks, max_record)
        yield from json_lines(blocks, max_record) if by_lines else document(blocks, max_record)
    elif blocks.fault is None:
        yield Fault(place, "empty", "there is nothing in it")
    if blocks.fault is not None:
        yield blocks.fault


def _gather(blocks: Blocks, size: int) -> bytes:
    """The first ``size`` bytes or more, left in ``blocks`` too."""
    head = bytearray()
    for block in blocks:
        head += block
        if len(head) >= size:
            break
    whole = bytes(head)
    blocks.give_back(whole)
    return whole


def _is_lines(probe: bytes, blocks: Blocks, max_record: int) -> bool:
    """Is this one value a line? Decided on the same bytes however they were blocked."""
    if not probe or probe[:1] == b"[" or wrapper_key(probe) is not None:
        return False
    if probe[:1] != b"{":
        return True
    line, newline, rest = probe.partition(b"\n")
    if newline:
        return _first_line_stands_alone(line.strip(), rest, max_record)
    if _closes(probe, max_record):
        return False
    return _long_first_line(blocks, max_record)


def _first_line_stands_alone(line: bytes, rest: bytes, max_record: int) -> bool:
    if flaw(line, "", max_record) is None:
        return True
    if line.endswith(STILL_OPEN) or _closes(line, max_record):
        return False
    # A first line that is broken while the second is whole: one bad line, not a printed object.
    second = rest.lstrip().partition(b"\n")[0].strip()
    return second.startswith(b"{") and flaw(second, "", max_record) is None


def _closes(text: bytes, max_record: int) -> bool:
    return bool(Scanner("", max_record).feed(text))


def _long_first_line(blocks: Blocks, max_record: int) -> bool:
    head = _gather(blocks, max_record + _PROBE).lstrip()
    line, newline, rest = head.partition(b"\n")
    if len(line) > max_record:
        return not _closes(line[: max_record + 1], max_record=len(line))
    return bool(newline) and _first_line_stands_alone(line.strip(), rest, max_record)
