"""What a monitoring system is told: changes, denials, governance and blast radius by source, lag, quarantine, alerts.

Everything here counts what is stored now, so a number can fall when events are corrected or removed: each is a gauge.
Windows are of the events' own time and end now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from remit.flows.questions.population import ACTS, CHANGES, DESTRUCTIVE, OF_AGENTS
from remit.flows.questions.ports import EventIndex, Row, StoreFigures
from remit.flows.questions.window import Window
from remit.model.vocabulary import SOURCES
from remit.rooms.query.asked import BRIEF, Grouping
from remit.rooms.query.predicate import EVERYTHING, Predicate, Present, both

TOP_AGENTS: Final = 20
_MOST_FEEDS: Final = 200
_HOUR_US: Final = 3_600_000_000
_DAY_US: Final = 24 * _HOUR_US
_REACHED: Final = ("resource_ids", "account", "region")
_UNKNOWN: Final = "Unknown"


@dataclass(slots=True)
class Family:
    """One metric: its name, help and label names, and samples as (label values, number)."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    samples: list[tuple[tuple[str, ...], float]] = field(default_factory=list)

    def add(self, value: float, *labels: object) -> None:
        """One sample; an absent label is empty."""
        self.samples.append((tuple("" if each is None else str(each) for each in labels), float(value)))


class AlertFigures(Protocol):
    """What is known of alerts and their messages."""

    def states(self) -> Mapping[str, int]:
        """How many alerts are on, off, or in error."""
        ...

    def unseen(self) -> int:
        """Firings nobody has seen."""
        ...

    def deliveries(self) -> Sequence[tuple[str, str, int]]:
        """(channel, state, how many) of the messages that are kept."""
        ...


def gather(
    index: EventIndex,
    figures: StoreFigures,
    alerts: AlertFigures,
    now_us: int,
    version: str,
    waiting: int | None = None,
) -> list[Family]:
    """Every metric as it stands at ``now_us``. ``waiting`` is how many pushed bodies are not ingested yet, if known."""
    day, hour = Window(now_us - _DAY_US, now_us + 1), Window(now_us - _HOUR_US, now_us + 1)
    families = [
        *_stored(index),
        *_windows(index, (("1h", hour), ("24h", day))),
        *_governance(index, day),
        *_reach(index, "source", both(CHANGES, day.within), len(SOURCES) + 1),
        *_reach(index, "agent", both(CHANGES, OF_AGENTS, Present("agent"), day.within), TOP_AGENTS),
        _feeds(index, now_us),
        _quarantine(figures),
        *_alerting(alerts),
        _build(figures, version),
    ]
    if waiting is not None:
        inbox = Family("remit_inbox_waiting", "Pushed bodies that are not ingested yet.")
        inbox.add(waiting)
        families.append(inbox)
    return families


def _stored(index: EventIndex) -> Iterator[Family]:
    """What the store holds, by source."""
    acts = Family("remit_acts", "Acts stored, of all time; several records of one act count once.", ("source",))
    denials = Family("remit_denials", "Denied acts stored, of all time.", ("source",))
    changes = Family("remit_changes", "Acts stored that changed something, of all time.", ("source",))
    for source, row in _by_source(index, ACTS):
        acts.add(row["count"], source)
        denials.add(row["denied"], source)
    for source, row in _by_source(index, CHANGES):
        changes.add(row["count"], source)
    yield from (acts, changes, denials)


def _windows(index: EventIndex, windows: Sequence[tuple[str, Window]]) -> Iterator[Family]:
    """Acts, changes and denials that happened lately."""
    acts = Family("remit_window_acts", "Acts that happened in the window.", ("source", "window"))
    changes = Family("remit_window_changes", "Changes that happened in the window.", ("source", "window"))
    denials = Family("remit_window_denials", "Denied acts that happened in the window.", ("source", "window"))
    for name, window in windows:
        for source, row in _by_source(index, both(ACTS, window.within)):
            acts.add(row["count"], source, name)
            denials.add(row["denied"], source, name)
        for source, row in _by_source(index, both(CHANGES, window.within)):
            changes.add(row["count"], source, name)
    yield from (acts, changes, denials)


def _by_source(index: EventIndex, predicate: Predicate) -> Iterator[tuple[str, Row]]:
    """Every source with its counts, also those that have none: an absent series cannot be compared."""
    found = {row["source"]: row for row in index.groups(predicate, ("source",), len(SOURCES) + 1, BRIEF)}
    none: Row = {"count": 0, "denied": 0}
    unjudged = found.pop(None, none)
    for source in SOURCES:
        row = found.get(source, none)
        more = unjudged if source == _UNKNOWN else none
        yield source, {name: row[name] + more[name] for name in none}


def _governance(index: EventIndex, day: Window) -> Iterator[Family]:
    """By which governed road the day's changes came; the share beside what it is a share of."""
    roads = Family(
        "remit_governed_changes_24h",
        "Changes of the last 24 hours by governed road (gateway, pipeline, exempt, none, unknown).",
        ("source", "governed"),
    )
    share = Family(
        "remit_ungoverned_share_24h",
        "Changes of the last 24 hours that came by no governed road, as a share of remit_window_changes{window=24h}; "
        "absent where there was no change. Changes of which it is not known count as changes, and not as ungoverned.",
        ("source",),
    )
    total: dict[str, int] = {}
    none: dict[str, int] = {}
    rows = index.groups(both(CHANGES, day.within), ("source", "governed"), 100, BRIEF)
    for row in rows:
        source = row["source"] or _UNKNOWN
        roads.add(row["count"], source, row["governed"] or "unknown")
        total[source] = total.get(source, 0) + row["count"]
        none[source] = none.get(source, 0) + (row["count"] if row["governed"] == "none" else 0)
    for source, count in total.items():
        share.add(none[source] / count, source)
    roads.samples = _summed(roads.samples)
    yield from (roads, share)


def _summed(samples: Sequence[tuple[tuple[str, ...], float]]) -> list[tuple[tuple[str, ...], float]]:
    """Samples of the same labels as one: a missing value and its word are the same series."""
    found: dict[tuple[str, ...], float] = {}
    for labels, value in samples:
        found[labels] = found.get(labels, 0.0) + value
    return list(found.items())


def _reach(index: EventIndex, column: str, predicate: Predicate, limit: int) -> Iterator[Family]:
    """The blast radius of the day's changes, by source or by agent."""
    which = "by source" if column == "source" else f"by agent: the {TOP_AGENTS} with most changes"
    names = (("resources", "Distinct resources"), ("accounts", "Distinct accounts"), ("regions", "Distinct regions"))
    families = {
        name: Family(f"remit_{column}_{name}_changed_24h", f"{said} changed in the last 24 hours, {which}.", (column,))
        for name, said in names
    }
    changes = Family(f"remit_{column}_changes_24h", f"Changes of the last 24 hours, {which}.", (column,))
    deleted = Family(f"remit_{column}_deletions_24h", f"Deletions of the last 24 hours, {which}.", (column,))
    rows = index.groups(predicate, (column,), limit, Grouping(distinct=_REACHED, brief=True))
    for row in rows:
        label = row[column] or (_UNKNOWN if column == "source" else "")
        changes.add(row["count"], label)
        for name, measured in zip(families, _REACHED, strict=True):
            families[name].add(row[f"distinct_{measured}"], label)
    kept = {row[column] for row in rows}
    for row in index.groups(both(predicate, DESTRUCTIVE), (column,), limit * 10, BRIEF):
        if row[column] in kept:
            deleted.add(row["count"], row[column] or _UNKNOWN)
    yield from (changes, *families.values(), deleted)


def _feeds(index: EventIndex, now_us: int) -> Family:
    """How old the newest event of each feed is."""
    lag = Family(
        "remit_feed_lag_seconds",
        f"Age of the newest event of a feed, by the event's own time; the {_MOST_FEEDS} largest feeds.",
        ("feed",),
    )
    for row in index.groups(both(EVERYTHING, Present("feed")), ("feed",), _MOST_FEEDS):
        lag.add(max(0, now_us - int(row["last"])) / 1_000_000, row["feed"])
    return lag


def _quarantine(figures: StoreFigures) -> Family:
    quarantine = Family("remit_quarantined", "Records that could not be read, by reason and feed.", ("reason", "feed"))
    found: dict[tuple[Any, Any], int] = {}
    for row in figures.quarantine():
        key = (row["reason"], row["feed"])
        found[key] = found.get(key, 0) + int(row["count"])
    for labels, count in found.items():
        quarantine.add(count, *labels)
    return quarantine


def _alerting(alerts: AlertFigures) -> Iterator[Family]:
    states = Family("remit_alerts", "Alerts that are set, by state (on, off, error).", ("state",))
    for state, count in alerts.states().items():
        states.add(count, state)
    unseen = Family("remit_firings_unseen", "Findings of alerts that nobody has seen.")
    unseen.add(alerts.unseen())
    deliveries = Family(
        "remit_deliveries",
        "Messages about findings, by channel and state (waiting, delivered, failed).",
        ("channel", "state"),
    )
    for channel, state, count in alerts.deliveries():
        deliveries.add(count, channel, state)
    yield from (states, unseen, deliveries)


def _build(figures: StoreFigures, version: str) -> Family:
    info = Family("remit_build_info", "Always 1; its labels say what runs.", ("version", "rules"))
    info.add(1, version, figures.versions().get("rules"))
    return info
