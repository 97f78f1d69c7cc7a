"""Blocks in whatever encoding a file has -> UTF-8 blocks without a byte order mark.

UTF-8 (with or without a mark) passes through untouched; UTF-16 with a mark is decoded. Everything else stops the file
with ``wrong-encoding``: guessing would silently change names. Invalid UTF-8 inside a record is that record's fault only
and is looked for where records are cut.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from .chunks import Interrupted

_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def utf8_blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same text as UTF-8. Raises ``Interrupted`` with ``wrong-encoding``."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= 4:
            break
    if head.startswith(_UTF32_MARKS):
        raise Interrupted("wrong-encoding", "this is UTF-32; convert it to UTF-8", head)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from _from_utf16(head, blocks)
        return
    if b"\0" in head[:4]:
        raise Interrupted("wrong-encoding", "this looks like UTF-16 or UTF-32 without a byte order mark", head)
    if plain := head.removeprefix(codecs.BOM_UTF8):
        yield plain
    yield from blocks


def _from_utf16(head: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """What stands before the first invalid unit is read, however it was blocked."""
    codec = "utf-16-le" if head.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    decoder = codecs.getincrementaldecoder(codec)()
    block, last = head[len(codecs.BOM_UTF16_LE) :], False
    while True:
        try:
            text = decoder.decode(block, last)
        except UnicodeDecodeError as error:
            yield bytes(error.object[: error.start]).decode(codec).encode()
            raise Interrupted("wrong-encoding", f"not valid UTF-16: {error.reason}", block) from None
        if text:
            yield text.encode()
        if last:
            return
        block = next(blocks, b"")
        last = not block


def is_utf8(data: bytes | bytearray) -> bool:
    """Is this valid UTF-8? Plain ASCII, nearly everything, is answered at memory speed."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
