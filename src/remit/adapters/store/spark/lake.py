"""One or several lakes that Spark reads: their versions, and a reader of their events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.place import LakePlace
from remit.adapters.store.spark.dialect import SparkDialect
from remit.adapters.store.spark.listing import Listing, hadoop_settings, listed
from remit.adapters.store.spark.reader import SparkReader
from remit.adapters.store.spark.session import SparkEngine, SparkOptions, spark
from remit.adapters.store.spark.views import EVENTS, QUARANTINE, show_lakes
from remit.adapters.store.sql import where
from remit.model.columns import INDEXED
from remit.rooms.query.predicate import Predicate


class SparkLakes:
    """Lakes at the versions they have when they are opened. Two of them must not hold the same events."""

    def __init__(self, engine: SparkEngine, places: Sequence[LakePlace], *, delta: bool = False) -> None:
        self.engine = engine
        self._roots = [place.url for place in places]
        self._lakes = [Lake.open_to_read(place.storage()) for place in places]
        self._delta = delta
        self.listed: tuple[Listing, ...] = ()
        self._show()

    def refresh(self) -> None:
        """Go on to the lakes' newest versions."""
        for lake in self._lakes:
            lake.refresh()
        self._show()

    def _show(self) -> None:
        self.listed = tuple(listed(root, lake) for root, lake in zip(self._roots, self._lakes, strict=True))
        show_lakes(self.engine, self.listed, delta=self._delta)

    def reader(self) -> SparkReader:
        """What answers questions of the events."""
        return SparkReader(self.engine)

    def raw(self, event_id: str, time: int) -> str | None:
        """The redacted record of an event (JSON text); None when no lake has it."""
        found = (lake.raw(event_id, time) for lake in self._lakes)
        return next((text for text in found if text is not None), None)

    def save(self, predicate: Predicate, to: str) -> int:
        """Write matching events, in the index's columns and no order, as Parquet files below a folder or URL that must
        not be there yet; the workers write. Returns how many."""
        clause = where(predicate, SparkDialect())
        names = ", ".join(f'"{column.name}"' for column in INDEXED)
        frame = self.engine.frame(f"SELECT {names} FROM {EVENTS} WHERE {clause.sql}", clause.params)
        with self.engine.errors():
            frame.write.mode("errorifexists").parquet(to)
            return int(self.engine.session.read.parquet(to).count())

    def quarantine(self) -> list[dict[str, Any]]:
        """Unreadable records: ``reason, feed, count, sample``, the commonest first, a hundred at most."""
        sql = (
            f"SELECT reason, feed, count(DISTINCT quarantine_id) AS count, min(place || ': ' || detail) AS sample "
            f"FROM {QUARANTINE} GROUP BY reason, feed ORDER BY count DESC, reason LIMIT 100"
        )
        found: list[dict[str, Any]] = self.engine.execute(sql).to_pylist()
        return found

    def told(self) -> str:
        """Which versions of which lakes are read, for people."""
        each = (
            f"{lake.root}: events at version {lake.tables['events'].version} ({lake.tables['events'].rows:,} rows in "
            f"{len(lake.tables['events'].paths):,} files), corrections at {lake.tables['corrections'].version}"
            for lake in self.listed
        )
        return f"Spark {self.engine.version} reads {'; '.join(each)}."


@contextmanager
def lakes_by_spark(places: Sequence[LakePlace], options: SparkOptions, *, delta: bool = False) -> Iterator[SparkLakes]:
    """Lakes, read by a session of their own.

    :raises Unavailable: if Spark cannot be started.
    """
    reaching = {name: value for place in places for name, value in hadoop_settings(place).items()}
    with spark(replace(options, settings={**reaching, **options.settings})) as engine:
        yield SparkLakes(engine, places, delta=delta)
