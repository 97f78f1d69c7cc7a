"""Retention and erasure of one open store: the desk that shows, and the work that removes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from remit.adapters.store.beside import StoreBeside
from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.store import Store
from remit.app.config.schema import Retention
from remit.app.ingesting import kept
from remit.flows import removal, retention
from remit.model.errors import UsageError

Json = dict[str, Any]
Tell = Callable[[Json], None]


_NOT_HERE: Final = (
    "This console looked at the lake, the state and its own folder. What waits in the keeper's inbox, and the files "
    "that people write in the keeper's folder, were not looked at: the same question to the keeper tells them."
)


class RemovalDesk:
    """What a removal would do, and what removals and other changes of Remit were made."""

    def __init__(self, store: Store, policy: Retention) -> None:
        self._store = store
        self._policy = policy

    def preview(self, subject: str) -> Json:
        """What an erasure would remove; ``note`` says what was not looked at, and is empty where that is nothing."""
        beside = isinstance(self._store, StoreBeside)
        return {**removal.preview(StoreRemoval(self._store), subject), "note": _NOT_HERE if beside else ""}

    def retention(self, keep: str = "") -> Json:
        """The policy, and what it, or another time to keep, would remove now."""
        return retention.plan(
            StoreRemoval(self._store), keep or self._policy.keep, _now(), configured=self._policy.keep
        )

    def journal(self, limit: int = 100, before: str | None = None) -> list[Json]:
        """The newest changes of Remit itself, of all or of those before a time: ``id, at, who, what, facts``."""
        return self._store.state.journalled(limit, before)


def erase(store: Store, subject: str, who: str, tell: Tell) -> Json:
    """Remove a subject."""
    return removal.erase(StoreRemoval(store), subject, who, _now(), tell)


def expire(store: Store, keep: str, who: str) -> Json:
    """Remove what is older than a time to keep; the configured one where none is given."""
    asked = keep or kept(store)
    if not asked:
        raise UsageError(
            "No time to keep is configured", remedy='Give --keep 400d, or write keep = "400d" under [retention].'
        )
    now = _now()
    return {**removal.expire(StoreRemoval(store), retention.horizon(asked, now), who, now), "keep": asked}


def expire_if_due(store: Store, keep: str, who: str, now_us: int) -> Json | None:
    """Finish what an earlier removal left, then remove what is older than a time to keep; None if nothing is."""
    steps = StoreRemoval(store)
    removal.finish(steps)
    return removal.expire_if_due(steps, retention.horizon(keep, now_us), who, now_us)


def finish_interrupted(store: Store, say: Callable[[str], None]) -> None:
    """Finish a removal that an earlier process began, and say so."""
    if StoreRemoval(store).begun() is None:
        return
    say("A removal that was interrupted is being finished first.")
    done = removal.finish(StoreRemoval(store))
    if done is not None:
        say(f"It is finished: {done['events']:,} events removed; found afterwards: {done['proof']['found']}.")


def _now() -> int:
    return time.time_ns() // 1000
