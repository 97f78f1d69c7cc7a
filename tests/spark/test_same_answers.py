"""Spark on a master and two workers answers from the lake exactly what the index answers, whatever became of the lake.

The tests go on with one store and one cluster, in this order.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from tests.store.rows import correct, event_columns, put

from remit.adapters.store.digest import ATTRIBUTION, index_digest
from remit.adapters.store.index.lookups import KeyedDialect
from remit.adapters.store.index.narrowed import reader_of
from remit.adapters.store.place import LakePlace
from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.spark.dialect import SparkDialect
from remit.adapters.store.spark.digest import repeated, spark_digest
from remit.adapters.store.spark.lake import SparkLakes
from remit.adapters.store.spark.listing import lake_of
from remit.adapters.store.sql import where
from remit.app.desk import LocalDesk
from remit.app.figures import Figures
from remit.app.maintaining import maintain
from remit.app.over_spark import SparkDesk
from remit.app.packaged import load_guide, load_registry, load_rules
from remit.flows import removal
from remit.model.columns import INDEXED
from remit.model.errors import StoreError
from remit.model.event_json import EVENT_COLUMNS
from remit.rooms.attribution.judge import Judge
from remit.rooms.query import read_query
from remit.rooms.query.asked import BRIEF, FULL, Grouping, Order, Stretches
from remit.rooms.query.predicate import And, Equals, Glob, Not, Predicate, Present, Range

from .asked import QUERIES
from .conftest import HOSTILE, Both

pytestmark = pytest.mark.heavy
DAY = 86_400_000_000
AT_ONCE = 24


def now_of(both: Both) -> int:
    """The newest event's time: what ranges are counted back from."""
    newest: int = reader_of(both.store.index).tally(And(()))["last"]
    return newest + 1


def predicates(now: int) -> list[Predicate]:
    """Every query of the file; and of every column every operator, with values that somebody means harm with."""
    asked = [read_query(text, now) for text in QUERIES]
    for place, column in enumerate(INDEXED):
        text, fold = HOSTILE[place % len(HOSTILE)], place % 2 == 0
        if column.kind in ("string", "strings"):
            asked += [Equals(column.name, text, fold), Not(Glob(column.name, ("", text, ""), not fold))]
        elif column.kind == "bool":
            asked += [Equals(column.name, True), Not(Equals(column.name, False))]
        else:
            asked += [Range(column.name, 0.5, now - 7 * DAY, above=True), Range(column.name, None, None)]
        asked.append(Not(Present(column.name)))
    return asked


def found_by_index(both: Both, predicate: Predicate) -> set[str]:
    clause = where(predicate, KeyedDialect())
    found = both.store.index.execute(f"SELECT event_id FROM events WHERE {clause.sql}", clause.params)
    return set(found["event_id"].to_pylist())


def found_by_spark(both: Both, asked: list[Predicate]) -> list[set[str]]:
    """What each finds, many in one reading."""
    clauses = [where(predicate, SparkDialect()) for predicate in asked]
    columns = ", ".join(f"({clause.sql}) IS TRUE AS q{number}" for number, clause in enumerate(clauses))
    params = [value for clause in clauses for value in clause.params]
    rows = both.lakes.engine.execute(f"SELECT event_id, {columns} FROM events", params)
    return [set(rows["event_id"].filter(rows[f"q{number}"]).to_pylist()) for number in range(len(asked))]


def test_every_operator_on_every_field_finds_the_same_events(both: Both) -> None:
    asked = predicates(now_of(both))
    some = 0
    for start in range(0, len(asked), AT_ONCE):
        chunk = asked[start : start + AT_ONCE]
        for predicate, found in zip(chunk, found_by_spark(both, chunk), strict=True):
            assert found == found_by_index(both, predicate), predicate
            some += bool(found)
    assert some > len(asked) // 2, "most of what is asked must find something, or it proves little"


def desks(both: Both) -> tuple[LocalDesk, LocalDesk]:
    """The same desk over the index and over Spark, at one time."""
    judge, now = Judge(load_rules(), load_registry(both.store.folder)), now_of(both)
    index = LocalDesk(
        reader_of(both.store.index),
        both.store,
        Figures(both.store, judge.version),
        judge.describe,
        load_guide(),
        lambda: now,
    )
    over_spark = SparkDesk(both.lakes, judge)
    over_spark._clock = lambda: now
    return index, over_spark


def questions(both: Both) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Calls of the desk: every kind of question, as a person asks it."""
    reader, now = reader_of(both.store.index), now_of(both)
    yield "search", ("", 50)
    yield "search", ("source:AgentOps since:20d -kind:read", 1_200)
    yield "search", ("actor:nobody",)
    yield "facets", ("", (), 20)
    yield "facets", ("denied:true service:s3,ec2", (), 5)
    yield "facet", ("", "actor_name", 20, "a")
    yield "histogram", ("", 60)
    yield "histogram", ("since:6d denied:true", 37)
    yield "counts", ("source:AgentOps", ("service", "resource_types"), 5, 12)
    yield "overview", ("since:20d",)
    yield "difference", ("denied:true since:10d",)
    yield "near", ("service:s33",)
    yield "agents", ("30d",)
    for row in reader.groups(And((Present("agent"), Range("time", now - 30 * DAY, now))), ("agent",), 1):
        yield "agent", (row["agent"], "7d")
    yield "denials", ("since:30d",)
    (row,) = reader.groups(And((Present("resource_ids"), Equals("denied", True))), ("resource_ids",), 1)
    yield "who", (row["resource_ids"],)
    (event,) = reader.search(And((Equals("source", "AgentOps"), Present("resource_ids"))), ("event_id",), 1)
    yield "who", (event["event_id"],)
    yield "show", (event["event_id"],)
    yield "suggest_identities", ("30d",)
    for form in ("jsonl", "csv", "ocsf"):
        yield "export", ("since:9d", form, 2_300)


def test_every_question_has_the_same_answer(both: Both) -> None:
    index, over_spark = desks(both)
    for name, arguments in questions(both):
        expected, found = getattr(index, name)(*arguments), getattr(over_spark, name)(*arguments)
        if name == "export":
            expected, found = list(expected), list(found)
        assert found == expected, (name, arguments)


def test_pages_follow_each_other_as_in_the_index(both: Both) -> None:
    by_index, by_spark = reader_of(both.store.index), both.lakes.reader()
    for oldest_first in (False, True):
        for columns in (("event_id", "time"), EVENT_COLUMNS):
            after = None
            for _ in range(4):
                order = Order(after, oldest_first)
                page = by_index.search(And(()), ("event_id", "time", *columns), 300, order)
                assert by_spark.search(And(()), ("event_id", "time", *columns), 300, order) == page
                after = (page[-1]["time"], page[-1]["event_id"])


def test_groupings_and_counts_are_the_same(both: Both) -> None:
    by_index, by_spark, now = reader_of(both.store.index), both.lakes.reader(), now_of(both)
    some = read_query("-source:Mutation since:25d", now)
    for by, grouping in (
        (("agent",), Grouping(distinct=("principal", "resource_ids"), first_since=now - 9 * DAY)),
        (("service", "operation", "hour"), BRIEF),
        (("hour_of_day", "denied"), FULL),
        (("resource_types",), Grouping(distinct=("account",))),
    ):
        assert by_spark.groups(some, by, 40, grouping) == by_index.groups(some, by, 40, grouping), by
    names = tuple(column.name for column in INDEXED)
    for start in range(0, len(names), 8):  # the index has little memory, and counts each column apart
        asked_of = names[start : start + 8]
        assert by_spark.distinct(some, asked_of) == by_index.distinct(some, asked_of)
    for by_column in (None, "agent"):
        over = Stretches(now - 20 * DAY, DAY, 20, by=by_column)
        assert by_spark.reach(some, over) == by_index.reach(some, over)


def corrected_rows(both: Both) -> int:
    """Rows of the lake's corrections, superseded ones included."""
    return both.lakes.listed[0].tables["corrections"].rows


def count_files(both: Both) -> int:
    """Files of the lake's events."""
    return len(both.lakes.listed[0].tables["events"].paths)


def agree(both: Both) -> str:
    """The digest of both, which must be one, also of what attribution alone says."""
    both.store.follow()
    both.lakes.refresh()
    digest = index_digest(both.store.index)
    assert spark_digest(both.lakes.engine) == digest
    return digest


def test_the_digest_is_one_after_corrections_compaction_retention_and_erasure(both: Both) -> None:
    store = both.store
    digests = [agree(both)]
    assert spark_digest(both.lakes.engine, ATTRIBUTION) == index_digest(store.index, ATTRIBUTION)
    events = event_columns(300, seed=5)
    put(store, events)
    digests.append(agree(both))
    for says in ("first", "x'; DROP VIEW events"):
        correct(store, events, range(0, 300, 2), says)
        digests.append(agree(both))
    rows, files = corrected_rows(both), count_files(both)
    maintain(store, "test")
    assert agree(both) == digests[-1]
    assert corrected_rows(both) < rows
    assert count_files(both) < files
    steps, now = StoreRemoval(store), now_of(both)
    removal.erase(steps, "principal-3", "local", now)
    digests.append(agree(both))
    removal.expire(steps, now - 11 * DAY, "local", now)
    digests.append(agree(both))
    assert len(set(digests)) == len(digests), "every step must have changed what is stored"
    index, over_spark = desks(both)
    for name, arguments in (("facets", ("",)), ("histogram", ("",)), ("search", ("", 300))):
        assert getattr(over_spark, name)(*arguments) == getattr(index, name)(*arguments)


def test_a_version_stays_as_it_is_while_files_are_added(both: Both) -> None:
    before, stop = agree(both), threading.Event()

    def add() -> None:
        seed = 1_000
        while not stop.is_set():
            put(both.store, event_columns(50, seed, start=now - seed * 1_000, step=1))
            seed += 1

    now = now_of(both)
    adding = threading.Thread(target=add)
    adding.start()
    try:
        assert [spark_digest(both.lakes.engine) for _ in range(2)] == [before, before]
    finally:
        stop.set()
        adding.join()
    assert agree(both) != before


def test_a_file_that_went_away_meanwhile_is_told_in_a_line(both: Both) -> None:
    agree(both)
    maintain(both.store, "test", 0)
    with pytest.raises(StoreError, match="was removed while it was read") as told:
        spark_digest(both.lakes.engine)
    assert len(str(told.value)) < 300
    agree(both)


def test_what_spark_refuses_is_told_in_a_line(both: Both) -> None:
    with pytest.raises(StoreError) as told:
        both.lakes.engine.execute("SELECT nothing FROM nowhere")
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 500


def test_lakes_asked_together_are_one_and_say_when_they_hold_the_same(both: Both) -> None:
    folder = str(both.store.folder)
    rows = int(agree(both).partition(":")[0])
    twice = SparkLakes(both.lakes.engine, [lake_of(folder, LakePlace())] * 2)
    try:
        assert twice.reader().tally(And(()))["records"] == 2 * rows
        assert repeated(twice.engine) == rows
    finally:
        both.lakes.refresh()
    assert repeated(both.lakes.engine) == 0


def test_every_letter_that_the_index_folds_is_folded_alike(both: Both) -> None:
    """Letters that came with a Unicode newer than DuckDB's are folded by Spark alone; see LIMITATIONS."""
    letters = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    with duckdb.connect() as connection:
        connection.register("letters", pa.table({"letter": letters}))
        rows = connection.sql("SELECT letter, lower(letter) AS small FROM letters").fetchall()
    lowered = SparkDialect().lowered("letter")
    both.lakes.engine.session.createDataFrame(pa.table({"letter": letters})).createOrReplaceTempView("letters")
    found = both.lakes.engine.execute(f"SELECT letter, {lowered} AS small FROM letters")
    by_spark = dict(zip(found["letter"].to_pylist(), found["small"].to_pylist(), strict=True))
    assert [letter for letter, small in rows if small != letter and by_spark[letter] != small] == []
    alone = [letter for letter, small in rows if by_spark[letter] != small]
    assert all(
        not letter.isascii() and (unicodedata.name(letter, "") == "" or letter.lower() == letter) for letter in alone
    )
    assert len(alone) < 100


def test_the_command_asks_the_same_cluster_and_prints_the_same(both: Both) -> None:
    digest = agree(both)
    command = [sys.executable, "-m", "remit", "engine", "spark", "--lake", str(both.store.folder), "--master", both.url]
    command += ["--conf", "spark.executor.memory=512m", "--conf", "spark.cores.max=2", "digest", "--json"]
    both.lakes.engine.close()  # the workers' cores are all in use
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["digest"] == digest
    assert [line for line in done.stderr.splitlines() if "Spark" not in line] == []
