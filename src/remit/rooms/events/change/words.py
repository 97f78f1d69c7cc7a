"""Sets of words, written as the words alone."""

from __future__ import annotations


def words(written: str) -> frozenset[str]:
    """The words between spaces."""
    return frozenset(written.split())
