"""kill -9 before every change of a file, and half-way through every write: nothing acknowledged is lost, nothing is
there twice, and the next process ends where an undisturbed one does."""

from __future__ import annotations

import os
import re

import pytest

from .cradle import LIVES, sample
from .nursery import HALF


@pytest.mark.parametrize("life", ["ingest", "maintain", "pushed"])
def test_killed_at_some_of_the_lakes_writes_the_next_process_ends_the_same(cradle, life):
    changes, end = cradle.undisturbed(life)
    assert int(end["digest"].partition(":")[0]) > 0
    ended = [cradle.disturbed(life, number, HALF) for number in sample(changes - 1, 2)]
    assert all(ended)


@pytest.mark.heavy
@pytest.mark.parametrize("life", LIVES)
def test_ended_at_every_kind_of_change_of_a_file_the_next_process_ends_the_same(gated, life):
    """Lake, index and state, whoever writes them. With ``REMIT_EVERY_WRITE`` set, at each of them, which takes an
    hour; without, what repeats is met where it first and where it last happens."""
    changes = gated.changes(life)
    places = {place for kind, place in changes.values() if kind != "s"}
    assert {name.partition("/")[0].partition(".")[0] for name in places} >= {"lake", "index"}
    numbers = [number for number, (kind, _) in changes.items() if kind != "s"]  # a kill takes nothing that a sync keeps
    if "REMIT_EVERY_WRITE" not in os.environ:
        numbers = first_and_last(changes, numbers)
    assert gated.photographed(life, numbers) >= len(numbers) * 0.9


_VARYING = re.compile(r"[0-9a-f]{16,}|[0-9]+")


def first_and_last(changes: dict[int, tuple[str, str]], numbers: list[int]) -> list[int]:
    """Of changes that repeat, one kind of change to one kind of file, the first and the last."""
    kinds: dict[tuple[str, str], list[int]] = {}
    for number in numbers:
        kind, place = changes[number]
        kinds.setdefault((kind, _VARYING.sub("#", place)), []).append(number)
    return sorted({met[at] for met in kinds.values() for at in (0, -1)})
