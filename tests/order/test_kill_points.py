"""kill -9 before every change of a file, and half-way through every write: nothing acknowledged is lost, nothing is
there twice, and the next process ends where an undisturbed one does."""

from __future__ import annotations

import itertools

import pytest

from .cradle import LIVES
from .nursery import HALF


def sample(changes: int, count: int) -> list[int]:
    """So many of the numbers from one, evenly spread, the last one with them."""
    return sorted({max(1, changes * at // count) for at in range(1, count + 1)})


@pytest.mark.parametrize("life", ["ingest", "maintain", "pushed"])
def test_killed_at_some_of_the_lakes_writes_the_next_process_ends_the_same(cradle, life):
    changes, end = cradle.undisturbed(life)
    assert int(end["digest"].partition(":")[0]) > 0
    ended = [cradle.disturbed(life, number, HALF) for number in sample(changes - 1, 2)]
    assert all(ended)


@pytest.mark.heavy
@pytest.mark.parametrize("life", LIVES)
def test_ended_at_every_change_of_a_file_the_next_process_ends_the_same(gated, life):
    """Lake, index and state, whoever writes them; of a run of writes to one file, the first, a middle one, the last."""
    changes = gated.changes(life)
    places = {place for kind, place in changes.values() if kind != "s"}
    assert {name.partition("/")[0].partition(".")[0] for name in places} >= {"lake", "index"}
    assert gated.photographed(life, telling(changes)) > 20


def telling(changes: dict[int, tuple[str, str]]) -> list[int]:
    """The changes that leave something else behind than their neighbours: a sync changes nothing that a kill leaves,
    and a long run of writes to one file is one piece of work."""
    runs = [list(run) for _, run in itertools.groupby(changes, key=changes.__getitem__)]
    return sorted({run[at] for run in runs if changes[run[0]][0] != "s" for at in (0, len(run) // 2, -1)})
