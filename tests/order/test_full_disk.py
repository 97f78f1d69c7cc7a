"""A disk that is full from some write on: what was acknowledged is kept, the error says so and where, and with space
the next process ends where an undisturbed one does."""

from __future__ import annotations

import pytest

from .cradle import LIVES, sample
from .nursery import FULL, UNSYNCED


def met(gated, life: str, how: int, count: int) -> None:
    end = gated.undisturbed(life)[1]
    kinds = "s" if how == UNSYNCED else "cwml"
    reach = sum(kind in kinds for kind, _ in gated.changes(life).values())
    failed = 0
    for number in sample(reach * 3 // 4, count):
        asked = gated.begin(life, "disturbed")
        status, told = gated.nursery.ask(do="live", number=number, how=how, **asked)
        assert status in (0, 70), f"{life} ended with {status} at change {number}"
        if status:
            failed += 1
            assert told[-1]["code"].startswith("store."), told[-1]
        acknowledged = [said for said in told if "failed" not in said]
        after = gated.after(asked, acknowledged)
        assert after[-1]["held"] == end, f"{life} met at change {number}"
    assert failed > count // 2, "few failures reached anybody: this proved little"


@pytest.mark.heavy
@pytest.mark.parametrize("life", LIVES)
def test_a_disk_that_is_full_from_some_write_on(gated, life):
    met(gated, life, FULL, 3)


@pytest.mark.heavy
@pytest.mark.parametrize("life", ["ingest more", "maintain"])
def test_a_sync_that_fails_once_wherever_it_is(gated, life):
    met(gated, life, UNSYNCED, 5)
