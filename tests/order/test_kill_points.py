"""kill -9 before every change of a file, and half-way through every write: nothing acknowledged is lost, nothing is
there twice, and the next process ends where an undisturbed one does."""

from __future__ import annotations

import os
import random
import re

import pytest

from .cradle import LIVES, sample
from .nursery import HALF

AT_MOST = 8
"""Copies of one life's folder: to see one through costs most of a second."""


def test_killed_at_some_of_the_lakes_writes_the_next_process_ends_the_same(cradle):
    changes, end = cradle.undisturbed("ingest")
    assert int(end["digest"].partition(":")[0]) > 0
    ended = [cradle.disturbed("ingest", number, HALF) for number in sample(changes - 1, 2)]
    assert all(ended)


@pytest.mark.heavy
@pytest.mark.parametrize("life", LIVES)
def test_ended_at_every_kind_of_change_of_a_file_the_next_process_ends_the_same(gated, life):
    """Lake, index and state, whoever writes them. With ``REMIT_EVERY_WRITE`` set, at each of them, which takes an
    hour; without, at some of each life's kinds of change."""
    changes = gated.changes(life)
    places = {place for kind, place in changes.values() if kind != "s"}
    assert {name.partition("/")[0].partition(".")[0] for name in places} >= {"lake", "index"}
    numbers = [number for number, (kind, _) in changes.items() if kind != "s"]  # a kill takes nothing that a sync keeps
    some = "REMIT_EVERY_WRITE" not in os.environ
    if some:
        numbers = of_different_kinds(changes, numbers, life)
    assert gated.photographed(life, numbers, halves_only=some) >= len(numbers) * 0.9


_VARYING = re.compile(r"[0-9a-f]{16,}|[0-9]+|(?<=lake/)(events|corrections|quarantine)")
_PASSING = re.compile(r"keeper\.lock|.*-shm|.* \(deleted\)")
"""Files that say nothing to the next process."""


def of_different_kinds(changes: dict[int, tuple[str, str]], numbers: list[int], life: str) -> list[int]:
    """So many changes, no two of them the same kind of change to the same kind of file; from life to life others."""
    kinds: dict[tuple[str, str], list[int]] = {}
    for number in numbers:
        kind, place = changes[number]
        if not _PASSING.fullmatch(place):
            kinds.setdefault((kind, _VARYING.sub("#", place)), []).append(number)
    chance = random.Random(life)
    return sorted(chance.choice(alike) for alike in chance.sample(list(kinds.values()), min(AT_MOST, len(kinds))))
