"""A store of real records of every kind, and a Spark of two workers that reads its lake while it is kept here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.store.rows import event_columns, put

from remit.adapters.store.place import LakePlace
from remit.adapters.store.spark.lake import SparkLakes
from remit.adapters.store.spark.listing import lake_of
from remit.adapters.store.spark.session import SparkOptions, check_installed, spark
from remit.adapters.store.store import Store
from remit.app.demo import fill, prepare
from remit.model.columns import COLUMNS
from remit.model.errors import Unavailable

from .cluster import standalone

HOSTILE = (
    "'", '"', "\\", "%", "_", "\\%", "`", "?", "{?}", ":name", "--", "*/ /*", "${spark.master}", "x'; DROP VIEW events",
    '" OR "a"="a', "a\nb\tc", "\u202eabc", "İSTANBUL", "ΣΑΣ", "straße", "\U0001f600", "a\x00b", "\x1e\x1f", " ", "null",
)  # fmt: skip


@dataclass(frozen=True)
class Both:
    """One lake, kept and indexed by ``store`` and read by ``lakes``; ``url`` is the master's."""

    store: Store
    lakes: SparkLakes
    url: str


def hostile(count: int = 60) -> dict[str, list]:
    """Events of which every text is one that somebody means harm with."""
    columns = event_columns(count, seed=99)
    for place, column in enumerate(COLUMNS):
        if column.name not in ("event_id", "raw", "link_offers") and column.kind in ("string", "strings"):
            texts = [HOSTILE[(row + place) % len(HOSTILE)] for row in range(count)]
            columns[column.name] = [[text, ""] for text in texts] if column.kind == "strings" else texts
    return columns


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Skipped, in a line that says why, where Spark or Java is not installed."""
    try:
        check_installed()
    except Unavailable as missing:
        pytest.skip(f"SKIPPED: {missing}")
    folder = tmp_path_factory.mktemp("spark") / "a [data] folder"
    prepare(folder, lambda _: None)
    settings = {"spark.executor.memory": "512m", "spark.cores.max": "2", "spark.executor.cores": "1"}
    with Store.open(folder, "test") as store, standalone(folder.parent) as url:
        fill(store, lambda _: None)
        put(store, hostile())
        store.follow()
        with spark(SparkOptions(url, settings)) as engine:
            yield Both(store, SparkLakes(engine, [lake_of(str(folder), LakePlace())]), url)
