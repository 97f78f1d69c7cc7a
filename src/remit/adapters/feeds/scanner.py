"""Find where JSON values begin and end in a stream of any length, holding no more than one of them.

A regular expression jumps from bracket to bracket, over strings, in C; Python runs once per bracket. The scanner knows
brackets and strings only: each value it cuts out is checked by a real parser. It serves documents too big to hold,
several
documents in a row, and documents that break somewhere: what closed before the break is still given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .chunks import SAMPLE_BYTES, Fault
from .wrappers import LOOKUP_KEY, flaw, inner_record, too_large, wrapper_key

MAX_DEPTH = 256
_RESTARTS = 16
_BEFORE_OBJECT = b"{[:,"
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_BETWEEN_BRACKETS = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+', re.DOTALL)
_SEPARATOR = re.compile(rb"[\s,\x1e]*+")
_OPENING, _ARRAY, _QUOTE, _NEWLINE = b"{[", 0x5B, 0x22, 0x0A
_LOOK_BACK = 64


class Scanner:
    """``feed`` blocks, then ``finish``; both give records and faults in the order of the input."""

    def __init__(self, place: str, max_record: int) -> None:
        self._place = place
        self._max_record = max_record
        self._buffer = b""
        self._offset = 0  # of the buffer's first byte in the stream
        self._position = 0  # scanned up to here
        self._in_string = False
        self._depth = 0
        self._floor = 0  # the depth at which records begin
        self._start = -1  # of the value being cut, in the buffer
        self._opened = -1  # where that value began, in the stream
        self._dropping = False  # the value being cut will not be given
        self._reported = False  # and a fault has said so
        self._maybe_envelope = False  # no bracket came yet inside this top-level object
        self._between = 0  # from here to the next value there should be separators only
        self._junk = False  # the current stretch of other bytes is already reported
        self._lookup = False
        # Each restart may scan a record's length anew.
        self._restarts = _RESTARTS
        self.records = 0

    def feed(self, block: bytes) -> list[bytes | Fault]:
        """Scan one more block."""
        self._buffer = self._buffer + block if self._buffer else block
        found = list(self._scan())
        if self._start < 0:
            found += self._junk_before(self._position)
        elif not self._dropping and len(self._buffer) - self._start > self._max_record:
            found += list(self._resynchronized()) or [self._too_large()]
        self._forget()
        return found

    def finish(self, cut_short: bool = False) -> list[bytes | Fault]:
        """The end of input. ``cut_short``: the reason it ends here is reported elsewhere."""
        found: list[bytes | Fault] = [*self._junk_before(len(self._buffer))]
        while self._start >= 0 and (more := list(self._resynchronized())):
            found += [*more, *self._junk_before(len(self._buffer))]
        if cut_short or self._depth == 0 or self._reported:
            return found
        where = self._here() if self._start >= 0 else f"{self._place}:byte {self._offset + len(self._buffer)}"
        detail = f"it ends in the middle: a value or list is still open; {self.records} complete records came before"
        return [*found, Fault(where, "not-json", detail, self._sample())]

    def _too_large(self) -> Fault:
        self._dropping = self._reported = True
        return too_large(self._here(), len(self._buffer) - self._start, self._max_record, self._sample())

    def _resynchronized(self) -> Iterator[bytes | Fault]:
        """Give up an object in a row that does not end, and go on at the next line that starts one."""
        line = self._buffer.find(b"\n{", self._start) if self._floor == 0 and not self._dropping else -1
        if line < 0 or not self._restarts:
            return
        self._restarts -= 1
        yield self._give_up(line + 1)
        self._position = line + 1
        yield from self._scan()

    def _give_up(self, after: int) -> Fault:
        fault = Fault(self._here(), "not-json", "this object does not end before the next one begins", self._sample())
        self._start, self._depth, self._between = -1, 0, after
        self._in_string = self._maybe_envelope = self._dropping = self._reported = False
        return fault

    def _cannot_stand_here(self, at: int) -> bool:
        """Is this the start of an object at the start of a line, where the open object in a row allows none?"""
        if self._start < 0 or self._floor or self._dropping or self._buffer[at - 1] != _NEWLINE:
            return False
        before = self._buffer[max(self._start, at - _LOOK_BACK) : at].rstrip()
        return before[-1:] not in _BEFORE_OBJECT if before else False

    def _scan(self) -> Iterator[bytes | Fault]:
        buffer = self._buffer
        while self._skip_to_bracket():
            at = self._position
            self._position = at + 1
            if buffer[at] in _OPENING:
                yield from self._open(at, buffer[at])
            else:
                yield from self._close(at)

    def _skip_to_bracket(self) -> bool:
        buffer = self._buffer
        if self._in_string:
            self._position = self._after(_STRING_REST)
            if self._position >= len(buffer) or buffer[self._position] != _QUOTE:
                return False
            self._position += 1
            self._in_string = False
        self._position = self._after(_BETWEEN_BRACKETS)
        if self._position >= len(buffer):
            return False
        if buffer[self._position] != _QUOTE:
            return True
        # An unfinished string: remember that, or every later block would read it again from its quote.
        self._in_string = True
        self._position += 1
        self._position = self._after(_STRING_REST)
        return False

    def _after(self, pattern: re.Pattern[bytes]) -> int:
        match = pattern.match(self._buffer, self._position)
        return match.end() if match else self._position

    def _open(self, at: int, bracket: int) -> Iterator[bytes | Fault]:
        if bracket != _ARRAY and self._cannot_stand_here(at):
            yield self._give_up(at)
        if self._depth == 0 and bracket == _ARRAY:
            yield from self._junk_before(at)
            self._enter_list(at, floor=1, lookup=False)
            return
        if self._start < 0 and self._depth == self._floor:
            yield from self._junk_before(at)
            self._start, self._opened, self._junk = at, self._offset + at, False
            self._maybe_envelope = self._floor == 0
        elif self._maybe_envelope:
            # Only the first bracket inside can open an envelope, which also keeps this check from being repeated.
            self._maybe_envelope = False
            key = wrapper_key(self._buffer, self._start) if bracket == _ARRAY and not self._dropping else None
            if key is not None:
                self._enter_list(at, floor=2, lookup=key == LOOKUP_KEY)
                return
        self._depth += 1
        if self._depth - self._floor > MAX_DEPTH and not self._dropping:
            self._dropping = self._reported = True
            yield Fault(self._here(), "too-deep", f"nested more than {MAX_DEPTH} levels deep", self._sample())

    def _enter_list(self, at: int, floor: int, lookup: bool) -> None:
        self._depth = self._floor = floor
        self._lookup = lookup
        self._start, self._between, self._junk = -1, at + 1, False

    def _close(self, at: int) -> Iterator[bytes | Fault]:
        if self._depth == 0:
            return  # a stray bracket: it stays in the stretch between values and is reported with it
        if self._start < 0 and self._depth == self._floor:
            yield from self._junk_before(at)
        self._depth -= 1
        if self._start >= 0 and self._depth == self._floor:
            yield from self._cut(at + 1)
        elif self._depth < self._floor:
            self._leave_list(at)

    def _leave_list(self, at: int) -> None:
        # What follows the list inside an envelope (tokens, metadata) is walked over as a value that is not given.
        self._floor = 0
        self._lookup = False
        self._between = at + 1
        if self._depth:
            self._start, self._opened, self._dropping = at, self._offset + at, True

    def _cut(self, end: int) -> Iterator[bytes | Fault]:
        dropped = self._dropping
        value = b"" if dropped else self._buffer[self._start : end]
        place = self._here()
        self._start, self._between = -1, end
        self._dropping = self._reported = self._maybe_envelope = False
        if dropped:
            return
        fault = flaw(value, place, self._max_record)
        if fault is None and self._lookup:
            value = inner_record(value)
            fault = flaw(value, place, self._max_record)
        if fault is None:
            self.records += 1
        yield fault or value

    def _junk_before(self, end: int) -> Iterator[Fault]:
        if self._start >= 0 or self._junk:
            return
        match = _SEPARATOR.match(self._buffer, self._between, end)
        at = match.end() if match else self._between
        if at < end:
            self._junk = True
            detail = "something other than JSON objects stands between records; it was passed over"
            yield Fault(
                f"{self._place}:byte {self._offset + at}", "not-json", detail, self._buffer[at:end][:SAMPLE_BYTES]
            )

    def _forget(self) -> None:
        """Let go of everything scanned that no value still being cut needs."""
        keep = self._start if self._start >= 0 and not self._dropping else self._position
        self._buffer = self._buffer[keep:]
        self._offset += keep
        self._position -= keep
        self._start = min(self._start, 0)
        self._between = 0

    def _here(self) -> str:
        return f"{self._place}:byte {self._opened}"

    def _sample(self) -> bytes:
        return self._buffer[max(self._start, 0) :][:SAMPLE_BYTES]
