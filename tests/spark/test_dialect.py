"""How predicates are spelled for Spark, and what is said when there is no Spark to ask: without Java."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.s3server import Lakes
from tests.store.rows import correct, event_columns, put

from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.place import LakePlace
from remit.adapters.store.spark import session
from remit.adapters.store.spark.dialect import SparkDialect
from remit.adapters.store.spark.listing import hadoop_settings, lake_of, listed
from remit.adapters.store.spark.session import SETTINGS, SparkOptions, spark
from remit.adapters.store.sql import where
from remit.adapters.store.store import Store
from remit.faces.cli.main import run
from remit.model.columns import QUERY_FIELDS
from remit.model.errors import NotFound, Unavailable, UsageError
from remit.rooms.query import read_query
from remit.rooms.query.predicate import columns_of

from .asked import QUERIES

NOW = 1_791_000_000_000_000
CASES = json.loads((Path(__file__).parent / "translations.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["query"] for case in CASES])
def test_a_query_is_spelled_as_spark_reads_it(case: dict[str, Any]) -> None:
    clause = where(read_query(case["query"], NOW), SparkDialect())
    said = [str(each) if isinstance(each, datetime) else each for each in clause.params]
    assert (clause.sql, said) == (case["sql"], case["params"])


@pytest.mark.parametrize("query", QUERIES)
def test_no_value_of_a_query_is_text_of_the_statement(query: str) -> None:
    clause = where(read_query(query, NOW), SparkDialect())
    assert clause.sql.count("?") == len(clause.params)
    for value in clause.params:
        assert not isinstance(value, str) or len(value) < 3 or value not in clause.sql


def test_the_queries_ask_by_every_field_of_the_language() -> None:
    asked = {column for query in QUERIES for column in columns_of(read_query(query, NOW))}
    assert {column.name for column in QUERY_FIELDS.values()} <= asked


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_what_the_answers_mean_is_not_set_otherwise(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "check_installed", lambda: None)
    with pytest.raises(UsageError, match=name), spark(SparkOptions(settings={name: "x"})):
        pass


def test_without_java_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    monkeypatch.setattr(session, "find_spec", lambda _: object())
    with pytest.raises(Unavailable, match="Install Java 17"), spark(SparkOptions()):
        pass


def test_without_pyspark_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match=r"pip install 'remit\[spark\]'"), spark(SparkOptions()):
        pass


def test_a_folder_without_a_lake_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no lake"):
        lake_of(str(tmp_path), LakePlace())


def test_files_of_a_lake_on_s3_are_told_in_the_words_of_hadoop(lakes: Lakes, tmp_path: Path) -> None:
    place = replace(lakes.place(), region="us-east-1")
    with Store.open(tmp_path, "test", place=place) as store:
        put(store, event_columns(5))
        correct(store, event_columns(5), [1], "somebody")
    named = lake_of(place.url.replace("s3://", "s3a://"), place)
    found = listed(named.url, Lake.open_to_read(named.storage(tmp_path / "none")))
    assert (found.tables["events"].rows, found.tables["corrections"].rows) == (5, 1)
    assert all(path.startswith(f"s3a://{lakes.bucket}/") for path in found.tables["events"].paths)
    assert hadoop_settings(named)["spark.hadoop.fs.s3a.endpoint"] == lakes.endpoint


def test_a_setting_that_is_none_is_bad_usage(tmp_path: Path) -> None:
    assert run(object(), ["engine", "spark", "--conf", "novalue", "search", "--data", str(tmp_path)]) == 2  # type: ignore[arg-type]
