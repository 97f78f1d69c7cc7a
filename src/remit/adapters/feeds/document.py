"""A stream of JSON values that is not one value a line: a document, an envelope, a list, or several in a row.

What fits into ``WHOLE_BYTES`` is cut by one pass of msgspec; what does not, and what turns out to be broken, goes
through the
scanner, which gives all records that are complete and says where it broke.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np

from .blocks import Blocks
from .chunks import Fault
from .encoding import is_utf8
from .scanner import Scanner
from .wrappers import WRAPPER_KEYS, inner_record, too_large, wrapper_key

WHOLE_BYTES = 64 * 1024 * 1024
_BATCH = 5_000
_SLICE = 1024 * 1024
# Every element costs an object while it is cut: 64 MB of "1,1,1,…" would cost gigabytes. Such input is scanned instead.
_MAX_COMMAS = 3_000_000
_COMMA = ord(",")


_ENVELOPES: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    key: msgspec.json.Decoder(msgspec.defstruct("Envelope", [("held", list[msgspec.Raw])], rename={"held": key}))
    for key in WRAPPER_KEYS
}
"""For each kind of envelope what takes the records out of it in one pass."""
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ONE = msgspec.json.Decoder(msgspec.Raw)


def document(blocks: Blocks, max_record: int) -> Iterator[list[bytes] | Fault]:
    """Records of a document, or of documents in a row, in batches."""
    whole = bytearray()
    for block in blocks:
        whole += block
        if len(whole) > WHOLE_BYTES:
            break
    elements = None if len(whole) > WHOLE_BYTES or blocks.fault else _elements(whole)
    if elements is None:
        blocks.give_back(bytes(whole))
        whole.clear()
        yield from scanned(blocks, blocks.place, max_record)
        return
    key = wrapper_key(whole)
    for begin in range(0, len(elements), _BATCH):
        batch = [bytes(element) for element in elements[begin : begin + _BATCH]]
        if key == b"Events":
            batch = [inner_record(element) for element in batch]
        yield from _within_size(batch, blocks.place, begin, max_record)


def _elements(whole: bytearray) -> list[msgspec.Raw] | None:
    """The records of one complete document; ``None`` when it takes the scanner to tell."""
    if _commas(whole) > _MAX_COMMAS or not is_utf8(whole):
        return None
    key = wrapper_key(whole)
    try:
        if key is not None:
            held: list[msgspec.Raw] = _ENVELOPES[key.decode()].decode(whole).held
            return held
        if whole.lstrip()[:1] == b"[":
            return _LIST.decode(whole)
        return [_ONE.decode(whole)]
    except (msgspec.DecodeError, RecursionError, TypeError):
        return None


def _commas(whole: bytearray) -> int:
    """How many commas there are, by slices that stay near the processor: in one sweep it would cost as much as all
    the cutting."""
    octets = np.frombuffer(whole, np.uint8)
    return sum(int(np.count_nonzero(octets[at : at + _SLICE] == _COMMA)) for at in range(0, len(octets), _SLICE))


def _within_size(batch: list[bytes], place: str, begin: int, max_record: int) -> Iterator[list[bytes] | Fault]:
    if max(map(len, batch)) <= max_record:
        yield batch
        return
    for index, record in enumerate(batch, begin):
        if len(record) > max_record:
            yield too_large(f"{place}:record {index + 1}", len(record), max_record, record)
        else:
            yield [record]


def scanned(blocks: Blocks, place: str, max_record: int) -> Iterator[list[bytes] | Fault]:
    """Records of what is left of ``blocks``, holding one at a time; places count bytes from here, after ``place``."""
    scanner = Scanner(place, max_record)
    for block in blocks:
        for begin in range(0, len(block), _SLICE):
            yield from _grouped(scanner.feed(block[begin : begin + _SLICE]))
    yield from _grouped(scanner.finish(cut_short=blocks.fault is not None))


def _grouped(found: list[bytes | Fault]) -> Iterator[list[bytes] | Fault]:
    records: list[bytes] = []
    for item in found:
        if isinstance(item, Fault):
            if records:
                yield records
                records = []
            yield item
        else:
            records.append(item)
    if records:
        yield records
