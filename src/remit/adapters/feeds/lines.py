"""JSON Lines: the hot path. Large blocks are split at newlines in C and checked by one pass of msgspec; only a block
with something wrong in it is looked at line by line."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from .blocks import Blocks
from .chunks import SAMPLE_BYTES, Fault
from .document import document
from .encoding import is_utf8
from .wrappers import LINE_PREFIXES, flaw, too_large

_VALUES = msgspec.json.Decoder(msgspec.Raw)
_GIVE_UP_AFTER = 1_000


class _Lines:
    def __init__(self, blocks: Blocks, max_record: int) -> None:
        self._blocks = blocks
        self._max_record = max_record
        self._number = 1  # of the next line
        self._parts: list[bytes] = []  # of a line whose end has not come
        self._held = 0
        self._overlong = 0  # bytes of a line too long to hold, which is being passed over
        self._sample = b""

    def read(self) -> Iterator[list[bytes] | Fault]:
        good = bad = 0
        for item in self._pieces():
            if isinstance(item, Fault):
                bad += 1
            else:
                good += len(item)
            yield item
            if not good and bad >= _GIVE_UP_AFTER:
                detail = f"none of the first {bad} lines is JSON; the rest of the file was not read"
                yield Fault(self._blocks.place, "not-json", detail)
                return

    def _pieces(self) -> Iterator[list[bytes] | Fault]:
        for block in self._blocks:
            cut = block.rfind(b"\n")
            if cut < 0:
                self._hold(block)
                continue
            yield from self._complete(block[:cut])
            self._hold(block[cut + 1 :])
        yield from self._last()

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
        if self._overlong:
            end = block.find(b"\n")
            rest = block[end + 1 :] if end >= 0 else b""
            yield self._passed_over(self._overlong + (end if end >= 0 else len(block)))
            block = rest
        else:
            block = b"".join([*self._parts, block])
        self._parts, self._held = [], 0
        if block:
            yield from self._checked(block)
        self._number += 1 + block.count(b"\n") if block else 0

    def _passed_over(self, size: int) -> Fault:
        fault = too_large(self._place(self._number), size, self._max_record, self._sample)
        self._overlong, self._sample = 0, b""
        self._number += 1
        return fault

    def _place(self, number: int) -> str:
        return f"{self._blocks.place}:line {number}"

    def _checked(self, block: bytes) -> Iterator[list[bytes] | Fault]:
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").removesuffix(b"\r")
        lines = block.split(b"\n")
        if self._all_good(block, lines):
            yield lines
        else:
            yield from self._one_by_one(lines)

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

    def _one_by_one(self, lines: list[bytes]) -> Iterator[list[bytes] | Fault]:
        good: list[bytes] = []
        for number, line in enumerate(lines, self._number):
            if not line or line.isspace():
                continue
            fault = flaw(line, self._place(number), self._max_record)
            if fault is None and not line.startswith(LINE_PREFIXES):
                good.append(line)
                continue
            if good:
                yield good
                good = []
            yield from [fault] if fault else document(Blocks(self._place(number), iter([line])), self._max_record)
        if good:
            yield good

    def _last(self) -> Iterator[list[bytes] | Fault]:
        if self._overlong:
            yield self._passed_over(self._overlong)
        rest = b"".join(self._parts)
        if not rest or rest.isspace():
            return
        # Where the input broke off, half a line is part of that fault and not one of its own.
        if self._blocks.fault is None or flaw(rest, "", self._max_record) is None:
            yield from self._checked(rest)


def json_lines(blocks: Blocks, max_record: int) -> Iterator[list[bytes] | Fault]:
    """Records of a file with one JSON value a line, in batches; each bad line is a fault with its number."""
    return _Lines(blocks, max_record).read()
