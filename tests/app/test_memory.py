"""What judging remembers stays within bounds, however long and many the values are."""

from __future__ import annotations

import tracemalloc

import pytest

from remit.app.packaged import load_rules
from remit.rooms.attribution import atoms
from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.registry import Registry


def test_long_distinct_user_agents_do_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atoms, "_MEMO_CHARACTERS", 100_000)
    judge = Judge(load_rules(), Registry())
    tracemalloc.start()
    try:
        for row in range(200):
            judge.judge({"event_id": [str(row)], "user_agent": [f"{row}-" + "x" * 10_000]})
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000
