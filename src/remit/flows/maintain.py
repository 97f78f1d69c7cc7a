"""Maintenance: the same events in fewer files and bytes, while events arrive and questions are answered.

Corrections are folded first, so that no superseded one is merged along; then small files are merged, then what nobody
refers to any more is removed: files, commits of the log, empty room in the index. No step changes an answer, each may
be cut off anywhere, and the next run takes up what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from remit.model.errors import UsageError

Json = dict[str, Any]
Tell = Callable[[Json], None]
MAINTAINED: Final = "store.maintained"
GRACE_HOURS: Final = 7 * 24
"""How long files that were merged away stay, for whoever still reads them."""
LOG_DAYS: Final = 30
"""How long commits of the lake's log stay: an index that was not opened for longer is rebuilt."""
MANY_FILES: Final = 64
"""Small files of a month that are too many to wait for the next day."""


class UpkeepSteps(Protocol):
    """What a store can do towards its maintenance; every step may be repeated."""

    def turn(self) -> AbstractContextManager[Any]: ...
    def sizes(self) -> Json: ...
    def fold(self, tell: Tell) -> Json: ...
    def compact(self, tell: Tell) -> Json: ...
    def vacuum(self, grace_seconds: float) -> Json: ...
    def trim_log(self, older_than_seconds: float) -> Json: ...
    def renew_index(self) -> Json: ...
    def record(self, who: str, what: str, facts: Json) -> None: ...


def maintain(
    steps: UpkeepSteps,
    who: str,
    *,
    grace_hours: float = GRACE_HOURS,
    clock: Callable[[], float],
    tell: Tell = lambda _: None,
) -> Json:
    """Do all there is to do and record it, unless there was nothing.

    ``{seconds, before, after, folded, merged, vacuumed, log, index}``; ``before`` and ``after`` are ``{lake_bytes,
    index_bytes, files}``. ``clock`` gives seconds; ``tell`` is told ``{doing, ...}`` after each merge.

    :raises UsageError: for a grace below zero.
    """
    if grace_hours < 0:
        raise UsageError("A grace is not below zero", remedy="Give --grace 0 to remove them at once.")
    with steps.turn():
        started, before = clock(), steps.sizes()
        done = {
            "folded": steps.fold(lambda state: tell({"doing": "folding", **state})),
            "merged": steps.compact(lambda state: tell({"doing": "merging", **state})),
            "vacuumed": steps.vacuum(grace_hours * 3600),
            "log": steps.trim_log(max(LOG_DAYS * 24, grace_hours) * 3600),  # it tells when a file left its table
            "index": steps.renew_index(),
        }
        facts = {"before": before, "after": steps.sizes(), **done, "seconds": round(clock() - started, 1)}
        if any(value for step in done.values() for value in step.values()):
            steps.record(who, MAINTAINED, facts)
        return facts


def due(files: Json, today: int, last: int) -> str:
    """Why maintenance is due, empty when it is not.

    ``files`` counts the small files of each month, ``today`` and ``last`` are days since the epoch.
    """
    month, most = max(files.items(), key=lambda item: item[1], default=("", 0))
    if most >= MANY_FILES:
        return f"{most} small files in {month}"
    return "a day has passed" if today != last else ""
