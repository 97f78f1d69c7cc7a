"""Who is who: the registry's entries against stored events, a new entry before and after it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from remit.flows.questions.population import ACTS, CHANGES
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.search import nothing_found
from remit.flows.questions.window import Window, plural
from remit.model.errors import UsageError
from remit.model.event_json import rfc3339
from remit.rooms.attribution.registry import MATCHED_COLUMNS, Registry, parse_registry
from remit.rooms.attribution.registry_text import LONGEST, with_identity
from remit.rooms.query.asked import BRIEF
from remit.rooms.query.predicate import Equals, Glob, Predicate, both, either

_LOOKED_AT: Final = 20_000
_VALUES: Final = 5000
_SAMPLES: Final = 8


class RegistryText(Protocol):
    """The registry as it is stored: its text, and a version that changes with it."""

    def read(self) -> tuple[str, str]: ...

    def edit(self, expected: str, change: Callable[[str], str]) -> str: ...


class Journal(Protocol):
    """Where changes of Remit itself are recorded."""

    def journal(self, who: str, what: str, facts: Mapping[str, object]) -> None: ...


def entries(index: EventIndex, text: RegistryText, window: Window) -> Json:
    """``{version, entries: [{kind, name, match, owner, on_behalf_of, environment, governed, note, events, last}],
    events, matched, window, note}``: each entry with how many events of the window are its own.

    An event belongs to one entry, as in judging: its most telling column that any entry names decides.
    """
    content, version = text.read()
    registry = parse_registry(content)
    total = index.tally(window.within)["records"]
    rows = index.groups(window.within, MATCHED_COLUMNS, _LOOKED_AT) if registry.entries else []
    counts, last = _matched(registry, rows)
    seen = sum(row["count"] for row in rows)
    return {
        "version": version,
        "window": window.json(),
        "events": total,
        "matched": sum(counts.values()),
        "entries": [
            {
                "kind": entry.kind,
                "name": entry.name,
                "match": list(entry.match),
                "owner": entry.owner,
                "on_behalf_of": entry.on_behalf_of,
                "environment": entry.environment,
                "governed": entry.governed,
                "note": entry.note,
                "events": counts.get(place, 0),
                "last": rfc3339(last.get(place)),
            }
            for place, entry in enumerate(registry.entries)
        ],
        "accounts": len(registry.accounts),
        "note": _note(index, total, seen if len(rows) == _LOOKED_AT else None),
    }


def _matched(registry: Registry, rows: list[Row]) -> tuple[dict[int, int], dict[int, int]]:
    columns = {name: [row[name] for row in rows] for name in MATCHED_COLUMNS}
    counts: dict[int, int] = {}
    last: dict[int, int] = {}
    for row, place in zip(rows, registry.find_rows(columns, len(rows)), strict=True):
        if place is not None:
            counts[place] = counts.get(place, 0) + row["count"]
            last[place] = max(last.get(place, 0), row["last"])
    return counts, last


def _note(index: EventIndex, total: int, seen: int | None) -> str | None:
    if not total:
        return f"No event is stored of this window. {nothing_found(index)}"
    if seen is not None:
        return (
            f"Counted are the {_LOOKED_AT:,} commonest identities, which made {seen:,} of "
            f"{plural(total, 'record')}; an entry of rare ones may match more than is said."
        )
    return None


def preview(index: EventIndex, text: RegistryText, pattern: str, window: Window) -> Json:
    """``{pattern, records, acts, changes, first, last, principals, known, mapped, note}``: what a pattern would match.

    ``known`` is how the matching events are judged now, ``mapped`` an entry that has this very pattern already.
    """
    wanted = pattern.strip()
    if not wanted.strip("*? ") or len(wanted) > LONGEST:
        raise UsageError("No pattern is written", remedy="Write an ARN, e-mail, login or id; * and ? match anything.")
    asked, cut = _predicate(index, wanted, window)
    found = both(asked, window.within)
    tally = index.tally(found)
    return {
        "pattern": wanted,
        "window": window.json(),
        "records": tally["records"],
        "acts": tally["acts"],
        "changes": index.tally(both(CHANGES, found))["acts"],
        "first": rfc3339(tally["first"]),
        "last": rfc3339(tally["last"]),
        "principals": _named(index, both(ACTS, found), "principal"),
        "known": _known(index, both(ACTS, found)),
        "mapped": _holder(text, wanted),
        "note": cut or (None if tally["records"] else _matches_nothing(index, window)),
    }


def _predicate(index: EventIndex, pattern: str, window: Window) -> tuple[Predicate, str | None]:
    """Events one of whose identities a pattern names; ``?`` is settled by looking at the values themselves."""
    if "?" not in pattern:
        return either(_held(column, pattern) for column in MATCHED_COLUMNS), None
    registry = parse_registry(with_identity("", "person", "x", pattern, {})[0])
    wide = pattern.replace("?", "*")
    parts: list[Predicate] = []
    cut = False
    for column in MATCHED_COLUMNS:
        rows = index.groups(both(_held(column, wide), window.within), (column,), _VALUES, BRIEF)
        cut = cut or len(rows) == _VALUES
        parts += [Equals(column, row[column]) for row in rows if registry.find(row[column]) is not None]
    note = f"Only the {_VALUES:,} commonest values of each column were held against the pattern." if cut else None
    return either(parts), note


def _held(column: str, pattern: str) -> Predicate:
    return Glob(column, tuple(pattern.split("*"))) if "*" in pattern else Equals(column, pattern)


def _named(index: EventIndex, found: Predicate, column: str) -> list[Json]:
    return [{"principal": row[column], "acts": row["count"]} for row in index.groups(found, (column,), _SAMPLES, BRIEF)]


def _known(index: EventIndex, found: Predicate) -> list[Json]:
    rows = index.groups(found, ("actor_kind", "actor_name"), _SAMPLES, BRIEF)
    return [{"kind": row["actor_kind"], "name": row["actor_name"], "acts": row["count"]} for row in rows]


def _holder(text: RegistryText, pattern: str) -> Json | None:
    entry = next((each for each in parse_registry(text.read()[0]).entries if pattern in each.match), None)
    return {"kind": entry.kind, "name": entry.name} if entry else None


def _matches_nothing(index: EventIndex, window: Window) -> str:
    total = index.tally(window.within)["records"]
    return (
        f"None of the {plural(total, 'record')} from {rfc3339(window.low)} to {rfc3339(window.high)} has it as "
        f"{', '.join(MATCHED_COLUMNS[:-1])} or {MATCHED_COLUMNS[-1]}. {'' if total else nothing_found(index)}"
    ).strip()


def map_identity(
    text: RegistryText,
    journal: Journal,
    *,
    kind: str,
    name: str,
    pattern: str,
    more: Mapping[str, str],
    version: str,
    who: str,
) -> Json:
    """``{version, done, kind, name, pattern}``: the entry made (``added``) or given the pattern (``widened``).

    Raises Conflict when the registry is no longer the one of ``version`` (empty: whatever there is).
    """
    done: list[str] = []

    def change(content: str) -> str:
        after, how = with_identity(content, kind, name.strip(), pattern.strip(), _said(more))
        done.append(how)
        return after

    reached = text.edit(version, change)
    facts: dict[str, Any] = {"kind": kind, "name": name.strip(), "pattern": pattern.strip(), **_said(more)}
    journal.journal(who, "identity.mapped", facts)
    return {"version": reached, "done": done[0], **facts}


def _said(more: Mapping[str, str]) -> dict[str, str]:
    return {key: value.strip() for key, value in more.items() if value.strip()}
