"""The lake in the index's columns: a view over its files in which corrections are already settled on their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from remit.adapters.store.lake.schema import KINDS, STORED
from remit.adapters.store.spark.listing import Listing
from remit.adapters.store.spark.session import SparkEngine
from remit.model.columns import INDEXED, JUDGED, Column

EVENTS: Final = "events"
QUARANTINE: Final = "quarantine"
_TYPES: Final = {
    "string": "STRING",
    "time": "TIMESTAMP",
    "bool": "BOOLEAN",
    "float": "DOUBLE",
    "strings": "ARRAY<STRING>",
    "count": "BIGINT",
}
_JUDGED: Final = frozenset(column.name for column in JUDGED)


def show_lakes(engine: SparkEngine, lakes: Sequence[Listing], *, delta: bool = False) -> None:
    """Make the views ``events`` and ``quarantine`` over these lakes; what was shown before is replaced.

    With ``delta`` Spark reads the tables itself, through the Delta jar, at the versions listed.
    """
    parts: dict[str, list[str]] = {EVENTS: [], QUARANTINE: []}
    with engine.errors():
        for number, lake in enumerate(lakes):
            for kind in KINDS:
                _frame(engine, lake, kind, delta).createOrReplaceTempView(f"{kind}_{number}")
            parts[EVENTS].append(_settled(number, corrected=bool(lake.tables["corrections"].rows)))
            parts[QUARANTINE].append(f"SELECT * FROM quarantine_{number}")
    for name, each in parts.items():
        engine.frame(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {' UNION ALL '.join(each)}")


def _frame(engine: SparkEngine, lake: Listing, kind: str, delta: bool) -> Any:
    files = lake.tables[kind]
    reader = engine.session.read
    if delta:
        return reader.format("delta").option("versionAsOf", files.version).load(files.folder)
    schema = ", ".join(f"`{column.name}` {_TYPES[column.kind]}" for column in STORED[kind])
    return reader.schema(schema).parquet(*files.paths) if files.paths else engine.session.createDataFrame([], schema)


def _settled(number: int, *, corrected: bool) -> str:
    """Events with their newest correction. A correction carries its event's time, so that a question of a stretch of
    time reads the corrections of that stretch only."""
    if not corrected:
        return f"SELECT {', '.join(_born(column) for column in INDEXED)} FROM events_{number} AS born"
    newest = ", ".join(f'max_by("{column.name}", seq) AS "{column.name}"' for column in JUDGED)
    corrections = f"SELECT event_id, time, max(seq) AS seq, {newest} FROM corrections_{number} GROUP BY event_id, time"
    return (
        f"SELECT {', '.join(map(_choice, INDEXED))} FROM events_{number} AS born LEFT JOIN ({corrections}) AS newest "
        "ON newest.event_id = born.event_id AND newest.time = born.time"
    )


def _choice(column: Column) -> str:
    if column.name not in _JUDGED:
        return _born(column)
    later = _whole(f'newest."{column.name}"', column)
    born = _whole(f'born."{column.name}"', column)
    return f'CASE WHEN newest.seq IS NULL THEN {born} ELSE {later} END AS "{column.name}"'


def _born(column: Column) -> str:
    return f'{_whole(f"""born."{column.name}" """.strip(), column)} AS "{column.name}"'


def _whole(value: str, column: Column) -> str:
    """A list that is absent is an empty one."""
    return f"coalesce({value}, CAST(array() AS ARRAY<STRING>))" if column.kind == "strings" else value
