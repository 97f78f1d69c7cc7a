"""Which stored events join to which others, and which of them were judged before their join was known.

The store's link keys are ``key:`` (issued credentials), ``request:`` (this record caused the call with that request
id), ``same:`` (records of one act) and ``signin:`` (a sign-in session). Relations carry the names that
``rooms.attribution.links`` gives them. A join leaves its evidence in the judgement, so an event is unsettled exactly
when a join's evidence is missing from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa

from remit.adapters.store.index.index import Index
from remit.model.columns import FACTS, JUDGED
from remit.rooms.attribution.links import BEHIND, ISSUERS

DEPTH: Final = 8
"""Longest chain of credentials that is followed: a session of a session of …"""
PARTNERS: Final = 20
"""Most other records of one act that are named, the ones that count first; more say nothing new."""
BATCH: Final = 10_000
_HOUR_US: Final = 3_600_000_000
_FACT_NAMES: Final = tuple(column.name for column in FACTS)
_ALL_NAMES: Final = tuple(column.name for column in (*FACTS, *JUDGED))

_SEEDS_AT_ONCE: Final = 50_000
"""Issued keys whose chains are followed at a time: they are held in memory while that lasts."""

_ISSUED: Final = f"""
SELECT key, event_id AS issuer FROM offers WHERE starts_with(key, 'key:')
QUALIFY row_number() OVER (PARTITION BY key ORDER BY event_id) <= {ISSUERS}
"""
_PARENT: Final = f"""
SELECT issued.key, issued.issuer, 'key:' || events.access_key AS above, events.request_id
FROM ({_ISSUED}) AS issued JOIN events ON events.event_id = issued.issuer
"""
_CAUSES: Final = f"""
SELECT substr(key, 9) AS request_id, event_id AS cause FROM offers WHERE starts_with(key, 'request:')
QUALIFY row_number() OVER (PARTITION BY key ORDER BY event_id) <= {PARTNERS}
"""
_CHAIN: Final = f"""
SELECT key, issuer, above, request_id, 1 AS depth FROM parent WHERE {{seeds}}
UNION
SELECT chain.key, parent.issuer, parent.above, parent.request_id, chain.depth + 1
FROM chain JOIN parent ON parent.key = chain.above WHERE chain.depth < {DEPTH}
"""
_REACH: Final = f"""
SELECT key, other, min(depth) AS depth FROM (
    SELECT key, issuer AS other, depth * 2 AS depth FROM chain
    UNION ALL
    SELECT key, cause, depth * 2 + 1 FROM chain JOIN causes USING (request_id))
GROUP BY key, other QUALIFY row_number() OVER (PARTITION BY key ORDER BY min(depth), other) <= {BEHIND}
"""
"""Per issued key the events behind it, nearest first, each with the record that caused it."""
_SIGN_INS: Final = "SELECT key, min(event_id) AS other FROM offers WHERE starts_with(key, 'signin:') GROUP BY key"
_ACTS: Final = """
SELECT offers.key, offers.event_id, row_number() OVER (
    PARTITION BY offers.key ORDER BY NOT list_contains(events.markers, 'stage=end'),
    events.data_source = 'git', events.data_source = 'ci-build', events.data_source = 'github-webhook',
    offers.event_id) AS place
FROM offers JOIN events USING (event_id) WHERE starts_with(offers.key, 'same:')
"""

_PAIR: Final = "SELECT mine.event_id AS event_id, mine.time AS time, mine.evidence AS evidence, "
_PAIRS: Final = (
    f"""{_PAIR} 'issued-key' AS relation, reach.other AS other, reach.depth AS depth
    FROM mine JOIN reach ON reach.key = 'key:' || mine.access_key""",
    f"""{_PAIR} 'sign-in' AS relation, sign_ins.other AS other, 0 AS depth
    FROM (SELECT * FROM mine WHERE len(link_asks) > 0) AS mine, unnest(mine.link_asks) AS asked(key)
    JOIN sign_ins ON sign_ins.key = asked.key""",
    f"""{_PAIR} 'cause' AS relation, causes.cause AS other, 0 AS depth FROM mine JOIN causes USING (request_id)""",
    f"""{_PAIR} 'effect' AS relation, events.event_id AS other, 0 AS depth
    FROM mine JOIN offers ON offers.event_id = mine.event_id AND starts_with(offers.key, 'request:')
    JOIN events ON events.request_id = substr(offers.key, 9)""",
    f"""{_PAIR} 'same-act' AS relation, acts.event_id AS other, acts.place AS depth
    FROM mine JOIN offers ON offers.event_id = mine.event_id
    JOIN acts ON acts.key = offers.key AND acts.place <= {PARTNERS}""",
)
_TABLES: Final = {"parent": _PARENT, "causes": _CAUSES, "sign_ins": _SIGN_INS, "acts": _ACTS}
_MINE: Final = (
    "WITH mine AS NOT MATERIALIZED "
    "(SELECT event_id, time, access_key, link_asks, request_id, evidence FROM events{which})"
)
_UNSETTLED: Final = tuple(
    f"{_MINE.format(which='')} SELECT DISTINCT event_id, time FROM ({pairs}) WHERE other <> event_id "
    "AND NOT list_contains(evidence, 'join.' || relation || '=' || other)"
    for pairs in _PAIRS
)
"""By relation: the events whose judgement lacks a join that is now known."""

_ROWS: Final = ", ".join(
    f'epoch_us("{c.name}") AS "{c.name}"' if c.kind == "time" else f'"{c.name}"' for c in (*FACTS, *JUDGED)
)
_WITHIN: Final = "time BETWEEN make_timestamp(?) AND make_timestamp(?)"


class StoredLinks:
    """Stored events for judging again: as columns, with the other records each joins to.

    The joins of all events that are asked for are found first and together, into tables of DuckDB's that may leave
    memory: asked for a batch at a time, each batch would read the whole index again.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._joined: duckdb.DuckDBPyConnection | None = None

    def unsettled(self) -> Iterator[dict[str, list[Any]]]:
        """Events whose judgement lacks a join that is now known, in batches of columns."""
        with self._index.scratch() as cursor:
            self._reach(cursor)
            cursor.execute("CREATE TEMP TABLE lacking (event_id VARCHAR, time TIMESTAMP)")
            for sql in _UNSETTLED:
                cursor.execute(f"INSERT INTO lacking {sql}")
            self._join(cursor, " WHERE event_id IN (SELECT event_id FROM lacking)")
            wanted = cursor.sql("SELECT DISTINCT event_id, epoch_us(time) AS time FROM lacking ORDER BY 2")
            found = wanted.to_arrow_table()  # kept as Arrow: a list of millions of strings is not small
            for start in range(0, found.num_rows, BATCH):
                batch = found.slice(start, BATCH)
                times = batch["time"]
                among = [times[0].as_py(), times[-1].as_py(), batch["event_id"].to_pylist()]
                sql = (
                    f"SELECT {_ROWS} FROM events WHERE {_WITHIN} AND event_id IN (SELECT unnest(CAST(? AS VARCHAR[])))"
                )
                yield _columns(self._index.execute(sql, among))

    def everything(self) -> Iterator[dict[str, list[Any]]]:
        """Every event that is there at the start, in batches of columns.

        Each slice of time is a question of its own: sorting everything would need room for everything, and one answer
        read for long would make the index keep what it corrects meanwhile.
        """
        with self._index.scratch() as cursor:
            self._reach(cursor)
            self._join(cursor, "")
            for low, high in self._slices():
                yield from self._index.rows(_WITHIN, (low, high), _ALL_NAMES, order="")

    def linked(self, columns: Mapping[str, Sequence[Any]]) -> dict[int, list[tuple[str, dict[str, Any]]]]:
        """Per row of a batch that was just given out the records it joins to, as (relation, facts): nearest first
        within a relation."""
        if self._joined is None:
            raise RuntimeError("linked() is asked while batches are given out")
        times = columns["time"]
        sql = (
            f"SELECT event_id, relation, other, min(depth) AS depth FROM joins WHERE {_WITHIN} AND event_id IN "
            "(SELECT unnest(CAST(? AS VARCHAR[]))) GROUP BY ALL ORDER BY event_id, relation, depth, other"
        )
        asked = self._joined.sql(sql, params=[min(times), max(times), list(columns["event_id"])])
        pairs = asked.to_arrow_table().to_pylist()
        facts = self._facts(sorted({pair["other"] for pair in pairs}))
        row_of = {event_id: row for row, event_id in enumerate(columns["event_id"])}
        links: dict[int, list[tuple[str, dict[str, Any]]]] = {}
        for pair in pairs:
            links.setdefault(row_of[pair["event_id"]], []).append((pair["relation"], facts[pair["other"]]))
        return links

    def _facts(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Facts of these events. Most of them offer something, and offers tell their times, which saves a search."""
        if not ids:
            return {}
        sql = (
            "SELECT count(DISTINCT event_id) AS n, epoch_us(min(time)) AS low, epoch_us(max(time)) AS high FROM offers "
            "WHERE event_id IN (SELECT unnest(CAST(? AS VARCHAR[])))"
        )
        offered = self._index.execute(sql, [list(ids)]).to_pylist()[0]
        bounds = (offered["low"], offered["high"]) if offered["n"] == len(ids) else (None, None)
        return self._index.by_id(ids, _FACT_NAMES, *bounds)

    def _slices(self) -> list[tuple[int, int]]:
        """Spans of whole hours, first and last microsecond: as many hours together as have about a batch of events."""
        sql = "SELECT epoch_us(hour) AS hour, sum(records)::BIGINT AS records FROM hours GROUP BY hour ORDER BY hour"
        found: list[tuple[int, int]] = []
        held = 0
        for row in self._index.execute(sql).to_pylist():
            end = row["hour"] + _HOUR_US - 1
            if found and held + row["records"] <= BATCH:
                found[-1], held = (found[-1][0], end), held + row["records"]
            else:
                found.append((row["hour"], end))
                held = row["records"]
        return found

    def _reach(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Tables of what can be joined to, step by step: each may leave memory where one great statement may not."""
        for name, sql in _TABLES.items():
            cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")
        cursor.execute("CREATE OR REPLACE TEMP TABLE reach (key VARCHAR, other VARCHAR, depth BIGINT)")
        seeds = cursor.execute("SELECT count(*) FROM parent").fetchall()[0][0]
        lots = 1 + seeds // _SEEDS_AT_ONCE
        for lot in range(lots):
            chain = _CHAIN.format(seeds=f"hash(key) % {lots} = {lot}")
            cursor.execute(f"INSERT INTO reach WITH RECURSIVE chain AS ({chain}) {_REACH}")

    def _join(self, cursor: duckdb.DuckDBPyConnection, which: str) -> None:
        """The table ``joins``: the pairs of these events."""
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE joins "
            "(event_id VARCHAR, time TIMESTAMP, relation VARCHAR, other VARCHAR, depth BIGINT)"
        )
        for pairs in _PAIRS:
            cursor.execute(
                f"INSERT INTO joins {_MINE.format(which=which)} "
                f"SELECT event_id, time, relation, other, depth FROM ({pairs}) WHERE other <> event_id"
            )
        self._joined = cursor


def _columns(table: pa.Table) -> dict[str, list[Any]]:
    return {name: table[name].to_pylist() for name in table.column_names}
