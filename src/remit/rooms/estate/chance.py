"""Seeded choice, and ids in the shapes providers use. The same seed and scope give the same sequence everywhere."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


class Chance:
    """A stream of choices. Each member of the cast has its own, so adding one does not shift another."""

    def __init__(self, *scope: object) -> None:
        self.random = Random("/".join(map(str, scope)))  # noqa: S311 - a demonstration, nothing secret

    def pick(self, options: Sequence[T]) -> T:
        return options[self.random.randrange(len(options))]

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return self.random.randint(low, high)

    def happens(self, probability: float) -> bool:
        return self.random.random() < probability

    def hex(self, digits: int) -> str:
        return f"{self.random.getrandbits(digits * 4):0{digits}x}"

    def uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def access_key(self) -> str:
        """A temporary key id; the last letters say that it is none."""
        return f"ASIA{b32encode(self.random.randbytes(8)).decode()[:12]}DEMO"


def stable_digits(*parts: object, digits: int) -> str:
    """Hex digits that are always the same for the same parts, for ids of things that last."""
    return blake2b("/".join(map(str, parts)).encode(), digest_size=32).hexdigest()[:digits]


def stable_unique_id(prefix: str, *parts: object) -> str:
    """An IAM unique id such as ``AROA…``, always the same for the same parts."""
    return prefix + b32encode(blake2b("/".join(map(str, parts)).encode(), digest_size=10).digest()).decode()


def stable_uuid(*parts: object) -> str:
    """A UUID that is always the same for the same parts."""
    return str(UUID(hex=stable_digits(*parts, digits=32), version=4))


def stable_number(*parts: object, digits: int) -> int:
    """A whole number of exactly so many digits, always the same for the same parts."""
    low = int("1".ljust(digits, "0"))
    spread: int = 9 * low
    return low + int(stable_digits(*parts, digits=24), 16) % spread
