"""From link keys to the events that offer them, and on through the credentials those events were signed with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from remit.adapters.store.index.index import Index
from remit.model.columns import FACTS
from remit.rooms.attribution.links import BEHIND, ISSUERS

Row = Mapping[str, object]
Offering = Callable[[Sequence[str]], Mapping[str, Sequence[Row]]]
"""Link keys to the events that offer them and that the index may not know yet."""
HOPS = 8
REMEMBERED = 20_000
_FACT_NAMES = tuple(column.name for column in FACTS)


class Chains:
    """Answers which events stand behind a link key. Facts never change, so offering events are remembered."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._rows: dict[str, Row] = {}

    def behind(self, keys: Sequence[str], unfollowed: Offering | None = None) -> dict[str, tuple[Row, ...]]:
        """For each key that is offered: the offering events' facts, then those behind them, nearest first.

        At most eight hops, each by a row's ``access_key``, four events (those of smallest id) per key and sixteen in
        all; no event appears twice under one key. ``links`` answers the same question about stored events: both must
        give the same records in the same order, or a judgement would depend on the order of arrival.
        """
        offered: dict[str, list[Row]] = {}
        wanted = list(dict.fromkeys(keys))
        for _ in range(HOPS):
            wanted = [key for key in wanted if key not in offered]
            if not wanted:
                break
            found = self._offering(wanted, unfollowed)
            offered |= {key: found.get(key, []) for key in wanted}
            wanted = list({key for rows in found.values() for row in rows if (key := _issued(row))})
        chains = {key: _flattened(key, offered) for key in dict.fromkeys(keys)}
        return {key: chain for key, chain in chains.items() if chain}

    def _offering(self, keys: Sequence[str], unfollowed: Offering | None) -> dict[str, list[Row]]:
        recent = unfollowed(keys) if unfollowed else {}
        found = {key: {str(row["event_id"]): row for row in rows} for key, rows in recent.items()}
        for key, rows in self._indexed(keys).items():
            found.setdefault(key, {}).update((str(row["event_id"]), row) for row in rows)
        return {key: [rows[event_id] for event_id in sorted(rows)[:ISSUERS]] for key, rows in found.items()}

    def _indexed(self, keys: Sequence[str]) -> dict[str, list[Row]]:
        offers = self._index.offers(keys, at_most=ISSUERS)
        ids = {event_id for found in offers.values() for event_id in found}
        rows: dict[str, Row] = {event_id: row for event_id in ids if (row := self._rows.get(event_id))}
        if missing := sorted(ids - rows.keys()):
            low, high = self._index.offer_span(keys)
            rows |= self._index.by_id(missing, _FACT_NAMES, low, high)
            self._remember(rows)
        return {key: [rows[event_id] for event_id in found if event_id in rows] for key, found in offers.items()}

    def _remember(self, rows: dict[str, Row]) -> None:
        if len(self._rows) + len(rows) > REMEMBERED:
            self._rows.clear()
        if len(rows) <= REMEMBERED:
            self._rows |= rows


def _issued(row: Row) -> str | None:
    key = row.get("access_key")
    return f"key:{key}" if key else None


def _flattened(key: str, offered: dict[str, list[Row]]) -> tuple[Row, ...]:
    chain: dict[object, Row] = {}
    level = [key]
    for _ in range(HOPS):
        reached = {str(row["event_id"]): row for name in level for row in offered.get(name, [])}
        nearest = [row for event_id, row in sorted(reached.items()) if event_id not in chain]
        chain |= {row["event_id"]: row for row in nearest}
        level = [name for row in nearest if (name := _issued(row))]
        if len(chain) >= BEHIND:
            break
    return tuple(islice(chain.values(), BEHIND))
