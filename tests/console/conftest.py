"""A console over given rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from remit.faces.console.site import build_console
from remit.faces.web.access import OPEN_HOUSE

from .estate import NOW, Desk, Row


@dataclass(frozen=True)
class Scene:
    """A scene of a demonstration."""

    name: str
    sentence: str
    query: str


SCENES = (
    Scene("Nine seconds", "An agent deletes production.", 'service:rds agent:"Claude Code"'),
    Scene("Trying again", "Fourteen refusals.", "denied:true"),
)
Console = Callable[..., Any]


def console_of(rows: list[Row], *, empty: bool = False, desk: Any = None, **options: Any) -> Any:
    """The application; the clock stands at NOW."""
    given = {"allowed_hosts": {"127.0.0.1:8420", "localhost"}, "demo": False, "notices": list, "clock": lambda: NOW}
    given |= {"entrance": OPEN_HOUSE}
    return build_console(desk or Desk(rows, empty=empty), **(given | options))


@pytest.fixture
def console() -> Console:
    """Builds a console over rows."""
    return console_of
