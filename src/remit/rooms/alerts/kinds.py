"""The kinds of alert and what can be set about each: the one table that forms, commands and checks are made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be set. ``form`` is duration, factor, count or choice; ``low`` and ``high`` bound it (a
    duration in minutes); ``choices`` are (word, what people call it)."""

    name: str
    title: str
    hint: str
    form: str
    default: str
    low: float = 0
    high: float = 0
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of alert: its name, what people call it, when it fires, and its options."""

    name: str
    title: str
    sentence: str
    options: tuple[Option, ...]


_DAY: Final = 1440
_QUIET: Final = Option(
    "quiet",
    "Then keep quiet for",
    "The same finding again within this time is counted, and sends no second message.",
    "duration",
    "1h",
    1,
    30 * _DAY,
)
VALUES: Final = (
    ("agent+operation", "an operation that this agent never called before"),
    ("resource_type", "a type of resource"),
    ("region", "a region"),
    ("account", "an account"),
    ("operation", "an operation"),
    ("agent", "an agent"),
    ("principal", "a principal"),
)
"""What can be new, and how it is called."""
COLUMNS_OF: Final = {
    "agent+operation": ("agent", "service", "operation"),
    "resource_type": ("resource_types",),
    "region": ("region",),
    "account": ("account",),
    "operation": ("service", "operation"),
    "agent": ("agent",),
    "principal": ("principal",),
}
"""The event columns that make up each of ``VALUES``."""
KINDS: Final = (
    Kind(
        "match",
        "It happens",
        "Fires on every new event that matches the query.",
        (
            replace(
                _QUIET,
                hint="The same actor, call, account, outcome and resources again within this time are counted, and "
                "send no second message; anything else is sent. Beyond five messages the rest is summed up in one.",
            ),
        ),
    ),
    Kind(
        "rate",
        "It happens unusually often",
        "Fires when more events match than in the same length of time before.",
        (
            Option(
                "window", "Look at the last", "Compared with earlier ones of this length.", "duration", "1h", 5, 10080
            ),
            Option("factor", "More than … times the usual", "2 is twice as many.", "factor", "3", 1.1, 1000),
            Option("least", "And at least … events", "Fewer are never unusual.", "count", "10", 1, 1_000_000),
            _QUIET,
        ),
    ),
    Kind(
        "first",
        "It happens for the first time",
        "Fires on a value that no earlier matching event has.",
        (
            Option("value", "First time for", "What must be new.", "choice", "agent+operation", choices=VALUES),
            _QUIET,
        ),
    ),
    Kind(
        "blast",
        "An agent reaches further than before",
        "Fires when an agent changes more resources, accounts or regions, or deletes more, than in its own past.",
        (
            Option(
                "window", "Look at the last", "Compared with earlier ones of this length.", "duration", "1d", 60, 10080
            ),
            Option("factor", "More than … times its usual", "2 is twice as many.", "factor", "2", 1.1, 1000),
            Option("least", "And at least … resources", "Fewer are never unusual.", "count", "5", 1, 1_000_000),
            replace(_QUIET, default="1d"),
        ),
    ),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
