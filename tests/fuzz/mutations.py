"""Small harm to valid input: bytes cut, doubled and swapped; members of JSON replaced, renamed, doubled and nested."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.hostile.records import NASTY

MOST = 60_000
"""Bytes a mutation may grow to."""
_WORDS = (
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"', b"\\", b"\\u0000", b"\\ud800", b"{", b"}", b"[", b"]",
    b",", b"\n", b"\r\n", b"'", b"--", b"(", b")", b":", b"*", b"..", b" OR ", b"-", b"%", b"1e999", b"\xe2\x80\xae",
    b"NaN", b"since:", b"time:", b"null", b"99999999999999999999", b"\x1f\x8b",
)  # fmt: skip


def mutated(seeds: Sequence[bytes], random: Random) -> bytes:
    """One of the seeds with one to four harms done to it."""
    data = random.choice(seeds)
    for _ in range(random.randint(1, 4)):
        data = random.choice((_of_json, _of_json, _of_bytes, _of_bytes, _crossed))(data, seeds, random)
    return data[:MOST]


def _of_bytes(data: bytes, _: Sequence[bytes], random: Random) -> bytes:
    at, to = sorted((random.randint(0, len(data)), random.randint(0, len(data))))
    to = min(to, at + 64)
    return random.choice(_BYTES)(data, at, to, random)


_BYTES: tuple[Callable[[bytes, int, int, Random], bytes], ...] = (
    lambda data, at, to, random: data[:at] + data[to:],
    lambda data, at, to, random: data[:at],
    lambda data, at, to, random: data[:to] + data[at:],
    lambda data, at, to, random: data[:at] + random.choice(_WORDS) + data[at:],
    lambda data, at, to, random: data[:at] + random.choice(_WORDS) + data[to:],
    lambda data, at, to, random: data[:at] + bytes([random.randrange(256)]) + data[at + 1 :],
    lambda data, at, to, random: data[:at] + data[at:to] * random.randint(2, 200) + data[to:],
)


def _crossed(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """The head of one and the tail of another."""
    other = random.choice(seeds)
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


def _of_json(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """One value or name of a JSON document changed; of what is no JSON, bytes."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return _of_bytes(data, seeds, random)
    holder = [document]
    containers = list(_containers(holder))
    _change(random.choice(containers), random)
    if not holder:
        return b""
    try:
        return json.dumps(holder[0], ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return data


def _containers(value: Any) -> Any:
    """Every list and object that has something in it."""
    if isinstance(value, dict | list) and value:
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _containers(inner)


def _change(container: Any, random: Random) -> None:
    at = random.choice(list(container) if isinstance(container, dict) else range(len(container)))
    what = random.randrange(5)
    if what == 0:
        container[at] = random.choice(NASTY)
    elif what == 1:
        container[at] = [container[at]] * random.choice((0, 1, 2, 300))
    elif what == 2:
        for _ in range(random.choice((1, 40, 300))):
            container[at] = {"a": container[at]}
    elif isinstance(container, dict):
        container[random.choice((str(at).upper(), f"{at}\x00", "password", "", str(at)[::-1]))] = container.pop(at)
    else:
        del container[at]
