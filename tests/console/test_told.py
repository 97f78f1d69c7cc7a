"""What is the server's own fault stands in its log, once and with its code; what somebody asked wrongly does not."""

from __future__ import annotations

import logging

import pytest

from remit.model.errors import Busy, KeeperBusy, NotFound, QueryError, RemitError, StoreError, TooSlow, UsageError

from .asgi import get
from .conftest import Console
from .estate import Desk, mixed

FAULTS = [
    (StoreError("The state cannot be read", where="state.db"), 500, logging.ERROR),
    (RemitError("Nobody\nforesaw this"), 500, logging.ERROR),
    (KeeperBusy("It is kept by process 7"), 503, logging.WARNING),
    (Busy("Too many questions"), 503, logging.WARNING),
]
MISTAKES = [UsageError("No"), NotFound("No"), QueryError("No", text="x", column=0), TooSlow("It takes too long")]


class Failing(Desk):
    """A desk whose answers about a subject fail."""

    error: RemitError

    def who(self, subject: str) -> dict:
        raise self.error


def asked(console: Console, error: RemitError) -> int:
    desk = Failing(mixed(1))
    desk.error = error
    return get(console([], desk=desk), "/who?subject=x").status


@pytest.mark.parametrize(("error", "status", "level"), FAULTS, ids=lambda each: str(each)[:20])
def test_a_fault_of_the_server_is_logged_once(console: Console, caplog, error, status, level) -> None:
    assert asked(console, error) == status
    [told] = caplog.records
    assert told.levelno == level
    assert f"{status}, {error.code}: " in told.getMessage()
    assert "\n" not in told.getMessage()


@pytest.mark.parametrize("error", MISTAKES, ids=lambda each: each.code)
def test_a_mistake_of_who_asks_is_not_logged(console: Console, caplog, error) -> None:
    assert 400 <= asked(console, error) <= 504
    assert caplog.records == []
