"""Which stored events join to which others, and which of them were judged before their join was known.

The store's link keys are ``key:`` (issued credentials), ``request:`` (this record caused the call with that request
id), ``same:`` (records of one act) and ``signin:`` (a sign-in session). Relations carry the names that
``rooms.attribution.links`` gives them. A join leaves its evidence in the judgement, so an event is unsettled exactly
when a join's evidence is missing from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from remit.adapters.store.index import Index
from remit.model.columns import FACTS, JUDGED
from remit.rooms.attribution.links import BEHIND, ISSUERS

DEPTH: Final = 8
"""Longest chain of credentials that is followed: a session of a session of …"""
PARTNERS: Final = 20
"""Most other records of one act that are named, the ones that count first; more say nothing new."""
BATCH: Final = 10_000
_FACT_NAMES: Final = tuple(column.name for column in FACTS)
_ALL_NAMES: Final = tuple(column.name for column in (*FACTS, *JUDGED))

_ISSUED: Final = f"""
issued AS (SELECT key, event_id AS issuer FROM offers WHERE starts_with(key, 'key:')
           QUALIFY row_number() OVER (PARTITION BY key ORDER BY event_id) <= {ISSUERS}),
parent AS (SELECT issued.key, issued.issuer, 'key:' || events.access_key AS above, events.request_id
           FROM issued JOIN events ON events.event_id = issued.issuer),
chain AS (SELECT key, issuer, above, request_id, 1 AS depth FROM parent
          UNION
          SELECT chain.key, parent.issuer, parent.above, parent.request_id, chain.depth + 1
          FROM chain JOIN parent ON parent.key = chain.above WHERE chain.depth < {DEPTH}),
causes AS (SELECT substr(key, 9) AS request_id, event_id AS cause FROM offers WHERE starts_with(key, 'request:')
           QUALIFY row_number() OVER (PARTITION BY key ORDER BY event_id) <= {PARTNERS}),
steps AS (SELECT key, issuer AS other, depth * 2 AS depth FROM chain
          UNION ALL
          SELECT key, cause, depth * 2 + 1 FROM chain JOIN causes USING (request_id)),
reach AS (SELECT key, other, min(depth) AS depth FROM steps GROUP BY key, other
          QUALIFY row_number() OVER (PARTITION BY key ORDER BY min(depth), other) <= {BEHIND}),
sign_ins AS (SELECT key, min(event_id) AS other FROM offers WHERE starts_with(key, 'signin:') GROUP BY key),
acts AS (SELECT offers.key, offers.event_id, row_number() OVER (
             PARTITION BY offers.key ORDER BY NOT list_contains(events.markers, 'stage=end'),
             events.data_source = 'git', events.data_source = 'ci-build', events.data_source = 'github-webhook',
             offers.event_id) AS place
         FROM offers JOIN events USING (event_id) WHERE starts_with(offers.key, 'same:'))
"""
"""``reach``: per issued key the events behind it, nearest first, each with the record that caused it."""

_PAIRS: Final = f"""
SELECT mine.event_id, 'issued-key' AS relation, reach.other, reach.depth FROM mine
  JOIN reach ON reach.key = 'key:' || mine.access_key
UNION ALL
SELECT mine.event_id, 'sign-in', sign_ins.other, 0 FROM mine, unnest(mine.link_asks) AS asked(key)
  JOIN sign_ins ON sign_ins.key = asked.key
UNION ALL
SELECT mine.event_id, 'cause', causes.cause, 0 FROM mine JOIN causes USING (request_id)
UNION ALL
SELECT mine.event_id, 'effect', events.event_id, 0 FROM mine
  JOIN offers ON offers.event_id = mine.event_id AND starts_with(offers.key, 'request:')
  JOIN events ON events.request_id = substr(offers.key, 9)
UNION ALL
SELECT mine.event_id, 'same-act', acts.event_id, acts.place FROM mine
  JOIN offers ON offers.event_id = mine.event_id
  JOIN acts ON acts.key = offers.key AND acts.place <= {PARTNERS}
"""

_LINKED: Final = f"""
WITH RECURSIVE {_ISSUED},
mine AS (SELECT * FROM events WHERE event_id IN (SELECT unnest(CAST(? AS VARCHAR[])))), pairs AS ({_PAIRS})
SELECT event_id, relation, other, min(depth) AS depth FROM pairs WHERE other <> event_id
GROUP BY ALL ORDER BY event_id, relation, depth, other
"""

_UNSETTLED: Final = f"""
WITH RECURSIVE {_ISSUED}, mine AS (SELECT event_id, access_key, link_asks, request_id, evidence FROM events),
pairs AS ({_PAIRS})
SELECT DISTINCT pairs.event_id FROM pairs JOIN events USING (event_id)
WHERE pairs.other <> pairs.event_id
  AND NOT list_contains(events.evidence, 'join.' || pairs.relation || '=' || pairs.other)
"""

_ROWS: Final = ", ".join(
    f'epoch_us("{c.name}") AS "{c.name}"' if c.kind == "time" else f'"{c.name}"' for c in (*FACTS, *JUDGED)
)

_SELECTED: Final = f"SELECT {_ROWS} FROM events WHERE event_id IN (SELECT unnest(CAST(? AS VARCHAR[])))"


class StoredLinks:
    """Stored events for judging again: as columns, with the other records each joins to."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def unsettled(self) -> Iterator[dict[str, list[Any]]]:
        """Events whose judgement lacks a join that is now known, in batches of columns."""
        ids = self._index.execute(_UNSETTLED)["event_id"]  # kept as Arrow: a list of millions of strings is not small
        for start in range(0, len(ids), BATCH):
            yield _columns(self._ask(_SELECTED, ids.slice(start, BATCH).to_pylist()))

    def everything(self) -> Iterator[dict[str, list[Any]]]:
        """Every event, in batches of columns."""
        yield from self._index.rows("true", (), _ALL_NAMES, order="time")

    def linked(self, columns: Mapping[str, Sequence[Any]]) -> dict[int, list[tuple[str, dict[str, Any]]]]:
        """Per row the records it joins to, as (relation, facts): nearest first within a relation."""
        ids = columns["event_id"]
        pairs = self._ask(_LINKED, ids).to_pylist()
        facts = self._index.by_id(sorted({pair["other"] for pair in pairs}), _FACT_NAMES)
        row_of = {event_id: row for row, event_id in enumerate(ids)}
        links: dict[int, list[tuple[str, dict[str, Any]]]] = {}
        for pair in pairs:
            links.setdefault(row_of[pair["event_id"]], []).append((pair["relation"], facts[pair["other"]]))
        return links

    def _ask(self, sql: str, ids: Sequence[str]) -> pa.Table:
        return self._index.execute(sql, [list(ids)])


def _columns(table: pa.Table) -> dict[str, list[Any]]:
    return {name: table[name].to_pylist() for name in table.column_names}
