"""JSON Lines: the hot path. Large blocks are split at newlines in C and checked by one pass of msgspec; only a block
with something wrong in it is looked at line by line. Where an object turns out to be printed over several lines, the
rest of the file is cut by brackets instead."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from .blocks import Blocks
from .chunks import SAMPLE_BYTES, Fault
from .document import document, scanned
from .encoding import is_utf8
from .prose import Prose
from .wrappers import LINE_PREFIXES, STILL_OPEN, flaw, too_large

_VALUES = msgspec.json.Decoder(msgspec.Raw)
_CONTINUED = (b" ", b"\t", b'"')


class _Lines:
    def __init__(self, blocks: Blocks, max_record: int) -> None:
        self._blocks = blocks
        self._max_record = max_record
        self._number = 1  # of the next line
        self._parts: list[bytes] = []  # of a line whose end has not come
        self._held = 0
        self._overlong = 0  # bytes of a line too long to hold, which is being passed over
        self._sample = b""
        self._printed = b""  # an object over several lines, and what followed it in its block

    def read(self) -> Iterator[list[bytes] | Fault]:
        prose = Prose(self._blocks.place)
        for item in self._pieces():
            yield from prose.sift(item)
        yield from prose.finish()

    def _pieces(self) -> Iterator[list[bytes] | Fault]:
        for block in self._blocks:
            cut = block.rfind(b"\n")
            if cut < 0:
                self._hold(block)
                continue
            yield from self._complete(block[:cut])
            if self._printed:
                yield from self._by_brackets(block[cut:])
                return
            self._hold(block[cut + 1 :])
        yield from self._last()

    def _by_brackets(self, more: bytes) -> Iterator[list[bytes] | Fault]:
        self._blocks.give_back(more)
        self._blocks.give_back(self._printed)
        self._printed = b""
        return scanned(self._blocks, self._place(self._number), self._max_record)

    def _hold(self, piece: bytes) -> None:
        if self._overlong:
            self._overlong += len(piece)
            return
        self._parts.append(piece)
        self._held += len(piece)
        if self._held > self._max_record:
            self._overlong = self._held
            self._sample = b"".join(self._parts)[:SAMPLE_BYTES]
            self._parts, self._held = [], 0

    def _complete(self, block: bytes) -> Iterator[list[bytes] | Fault]:
        """``block`` goes up to a newline, which is not in it."""
        if self._overlong:
            line, newline, block = block.partition(b"\n")
            yield self._passed_over(self._overlong + len(line))
            if not newline:
                return
        else:
            block = b"".join([*self._parts, block])
        self._parts, self._held = [], 0
        yield from self._checked(block)

    def _passed_over(self, size: int) -> Fault:
        fault = too_large(self._place(self._number), size, self._max_record, self._sample)
        self._overlong, self._sample = 0, b""
        self._number += 1
        return fault

    def _place(self, number: int) -> str:
        return f"{self._blocks.place}:line {number}"

    def _checked(self, block: bytes, last: bool = False) -> Iterator[list[bytes] | Fault]:
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").removesuffix(b"\r")
        lines = block.split(b"\n")
        if self._all_good(block, lines):
            self._number += len(lines)
            yield lines
        else:
            yield from self._one_by_one(lines, last)

    def _all_good(self, block: bytes, lines: list[bytes]) -> bool:
        try:
            values = len(_VALUES.decode_lines(block))
        except (msgspec.DecodeError, RecursionError):
            return False
        return (
            values == len(lines)
            and is_utf8(block)
            and max(map(len, lines)) <= self._max_record
            and not any(line.startswith(LINE_PREFIXES) for line in lines)
        )

    def _one_by_one(self, lines: list[bytes], last: bool) -> Iterator[list[bytes] | Fault]:
        good: list[bytes] = []
        for index, line in enumerate(lines):
            if not line or line.isspace():
                self._number += 1
                continue
            fault = flaw(line, self._place(self._number), self._max_record)
            if fault is None and not line.startswith(LINE_PREFIXES):
                good.append(line)
                self._number += 1
                continue
            if good:
                yield good
                good = []
            if fault and self._opens(line) and not (last and index + 1 == len(lines)):
                if index + 1 == len(lines):  # whether it goes on shows in the next block
                    self._hold(line + b"\n")
                    return
                if lines[index + 1].startswith(_CONTINUED):
                    self._printed = b"\n".join(lines[index:])
                    return
            yield from [fault] if fault else self._inside(line)
            self._number += 1
        if good:
            yield good

    def _opens(self, line: bytes) -> bool:
        return line.startswith(b"{") and line.rstrip().endswith(STILL_OPEN)

    def _inside(self, line: bytes) -> Iterator[list[bytes] | Fault]:
        return document(Blocks(self._place(self._number), iter([line])), self._max_record)

    def _last(self) -> Iterator[list[bytes] | Fault]:
        if self._overlong:
            yield self._passed_over(self._overlong)
        rest = b"".join(self._parts)
        if not rest or rest.isspace():
            return
        # Where the input broke off, half a line is part of that fault and not one of its own.
        if self._blocks.fault is None or flaw(rest, "", self._max_record) is None:
            yield from self._checked(rest, last=True)
            if self._printed:
                yield from self._by_brackets(b"")


def json_lines(blocks: Blocks, max_record: int) -> Iterator[list[bytes] | Fault]:
    """Records of a file with one JSON value a line, in batches; each bad line is a fault with its number, except in a
    file that is plainly text, which is one fault."""
    return _Lines(blocks, max_record).read()
