"""Saved views over a real state in a file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from remit.adapters.store.state.state import State
from remit.adapters.store.state.views import ViewTable
from remit.flows.views import SavedViews

NOW = 1_793_000_000_000_000


@dataclass
class Kept:
    """The calls on views, and the state they are kept in. Its clock goes on by a second at every look."""

    views: SavedViews
    state: State


@pytest.fixture
def kept(state_url: str) -> Iterator[Kept]:
    """No view is saved yet."""
    state = State.open(state_url)
    seconds, numbers = itertools.count(), itertools.count(1)
    views = SavedViews(ViewTable(state), lambda: NOW + next(seconds) * 1_000_000, lambda: f"{next(numbers):012x}")
    yield Kept(views, state)
    state.close()
