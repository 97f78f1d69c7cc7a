"""The questions' index, answered by Spark over the lake's own files."""

from __future__ import annotations

from remit.adapters.store.reader import IndexReader
from remit.adapters.store.spark.dialect import SparkDialect
from remit.adapters.store.spark.session import SparkEngine


class SparkReader(IndexReader):
    """``flows.questions.ports.EventIndex`` over the views of ``views.show_lakes``."""

    def __init__(self, engine: SparkEngine, table: str = "events") -> None:
        super().__init__(engine, table=table, dialect=SparkDialect())
        self._spark = engine
