"""Rows for the store's tests: small, distinct, and with every kind of column filled."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pyarrow as pa

from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.store import Store
from remit.model.columns import COLUMNS, JUDGED

OCTOBER = 1_760_000_000_000_000
DAY = 86_400_000_000


def event_columns(count: int, seed: int = 0, start: int = OCTOBER, step: int = 1_000_000) -> dict[str, list]:
    """Columns of ``count`` events, every column filled, ids distinct for distinct seeds."""
    chance = random.Random(seed)
    columns: dict[str, list] = {}
    for column in COLUMNS:
        if column.kind == "strings":
            columns[column.name] = [[f"{column.name}-{i % 3}", "ü\x00'\""][: chance.randrange(3)] for i in range(count)]
        elif column.kind == "bool":
            columns[column.name] = [chance.choice([True, False, None]) for _ in range(count)]
        elif column.kind == "float":
            columns[column.name] = [chance.random() for _ in range(count)]
        else:
            columns[column.name] = [chance.choice([None, f"{column.name}-{i % 5}"]) for i in range(count)]
    columns["event_id"] = [chance.randbytes(12).hex() for _ in range(count)]
    columns["time"] = [start + i * step for i in range(count)]
    columns["raw"] = [f'{{"record":"{event_id}"}}' for event_id in columns["event_id"]]
    columns["link_offers"] = [[] for _ in range(count)]
    return columns


def correction_columns(events: dict[str, list], rows: Sequence[int], says: str) -> dict[str, list]:
    """Corrections of some events: every judged column says ``says``."""
    kinds: dict[str, object] = {"string": says, "strings": [says], "bool": True, "float": 0.25}
    return {
        "event_id": [events["event_id"][row] for row in rows],
        "time": [events["time"][row] for row in rows],
        **{column.name: [kinds[column.kind]] * len(rows) for column in JUDGED},
    }


def quarantine_columns(ids: Sequence[str], time: int = OCTOBER) -> dict[str, list]:
    """Quarantined records with these ids."""
    return {"quarantine_id": list(ids), "time": [time] * len(ids), "reason": ["not-json"] * len(ids)}


def put(store: Store, events: dict[str, list]) -> None:
    """Ingest a batch as a flow would: ask, keep what is new, commit."""
    answers = store.ask(events["event_id"], events["time"])
    fresh = [row for row, event_id in enumerate(events["event_id"]) if event_id not in answers.known]
    store.commit(answers.token, arrow_table("events", {k: [v[row] for row in fresh] for k, v in events.items()}))


def correct(store: Store, events: dict[str, list], rows: Sequence[int], says: str) -> None:
    """Commit corrections."""
    store.commit(None, None, arrow_table("corrections", correction_columns(events, rows, says)))


def numbered(columns: dict[str, list], seq: int) -> pa.Table:
    """Corrections with a sequence number of the test's choice."""
    return arrow_table("corrections", {**columns, "seq": [seq] * len(columns["event_id"])})
