"""Questions answered by Spark from the lake, in the words in which the index answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from remit.adapters.store.spark.digest import repeated, spark_digest
from remit.adapters.store.spark.lake import SparkLakes, lakes_by_spark
from remit.adapters.store.spark.listing import lake_of
from remit.adapters.store.spark.session import SparkOptions
from remit.app.config.reading import load_configuration
from remit.app.desk import LocalDesk
from remit.app.desks import QUESTIONS
from remit.app.opening import place_of
from remit.app.packaged import REGISTRY_FILE, load_guide, load_registry, load_rules
from remit.model.errors import UsageError
from remit.rooms.attribution.judge import Judge
from remit.rooms.query import read_query

Json = dict[str, Any]
Say = Callable[[str], None]


class SparkDesk(LocalDesk):
    """The desk of questions over lakes; it needs no lease, and shows them as they were when it was opened."""

    def __init__(self, lakes: SparkLakes, judge: Judge) -> None:
        figures = _LakeFigures(lakes, judge.version)
        super().__init__(lakes.reader(), lakes, figures, judge.describe, load_guide())
        self._lakes = lakes

    def save(self, query: str, to: str) -> Json:
        """Write what a query finds as Parquet files; ``{rows, to}``."""
        address = to if "://" in to else Path(to).absolute().as_posix()
        return {"rows": self._lakes.save(read_query(query, self._clock()), address), "to": address}


class _LakeFigures:
    """``flows.questions.ports.StoreFigures`` over lakes: there is no index and no keeper to tell of."""

    def __init__(self, lakes: SparkLakes, rules_version: str) -> None:
        self._lakes = lakes
        self._rules = rules_version

    def quarantine(self) -> Sequence[Mapping[str, Any]]:
        """Unreadable records by reason and feed."""
        return self._lakes.quarantine()

    def digest(self) -> Mapping[str, Any]:
        """The digest of the lakes together."""
        engine = self._lakes.engine
        return {"digest": spark_digest(engine), "repeated": repeated(engine) if len(self._lakes.listed) > 1 else 0}

    def versions(self) -> Mapping[str, Any]:
        """The version of the first lake's events, and the rules in use."""
        version = self._lakes.listed[0].tables["events"].version
        return {"lake": version, "index": None, "rules": self._rules, "keeper": None}


class OverSpark:
    """Opens lakes with Spark where commands ask for a desk; ``options`` are as the command line gives them:
    ``lakes``, ``master``, ``settings``, ``packages``, ``delta``."""

    def __init__(self, options: Json, say: Say) -> None:
        self._options = options
        self._say = say

    @contextmanager
    def desk(self, data: Path) -> Iterator[SparkDesk]:
        """Questions to the lakes that were named, else to the data folder's."""
        with self.desk_of(data, QUESTIONS) as desk:
            yield desk

    @contextmanager
    def desk_of(self, data: Path, name: str) -> Iterator[SparkDesk]:
        """The desk of questions; Spark has no other."""
        if name != QUESTIONS:
            raise UsageError(f"Spark has no desk {name!r}")
        options = self._options
        started = SparkOptions(options["master"], options["settings"], options["packages"])
        configured = place_of(load_configuration(data).lake)
        given = options["lakes"] or [configured.shown(data) if configured.url else str(data)]
        places = [lake_of(each, configured) for each in given]
        with lakes_by_spark(places, started, delta=options["delta"]) as lakes:
            self._say(lakes.told())
            yield SparkDesk(lakes, Judge(load_rules(), load_registry(self._registry(data))))

    def _registry(self, data: Path) -> Path:
        """The folder whose registry says who stands behind evidence: a named lake's data folder, else ``data``."""
        named = Path(self._options["lakes"][0]) if self._options["lakes"] else data
        return next((each for each in (named, named.parent, data) if (each / REGISTRY_FILE).exists()), data)
