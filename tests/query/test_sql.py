"""SQL of a predicate: equal to the plain evaluation on every row, and never built from values."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.event_table import TYPES, rows_table

from remit.adapters.store.sql import where
from remit.model.columns import INDEXED
from remit.rooms.query import read_query
from remit.rooms.query.matches import matches
from remit.rooms.query.predicate import And, Contains, Equals, Glob, Not, Or, Predicate, Present, Range

TEXTS = st.text(alphabet="aB%_\\*'\n.é-", min_size=1, max_size=3) | st.sampled_from(["s3", "S3", "a%b", "x'; DROP"])
PIECES = st.lists(st.text(alphabet="aB%_\\*", max_size=2), min_size=2, max_size=3).map(tuple)
NAMES = ("service", "operation", "region", "agent")
LISTS = ("resource_ids", "permissions")
NUMBERS = st.sampled_from([0.0, 0.5, 0.9, 1.0])
TIMES = st.sampled_from([0, 1, 1_790_812_800_000_000, 1_790_812_800_000_001, 253_402_300_799_999_999])
FLAGS = st.booleans()

ROWS = st.fixed_dictionaries(
    {
        **{name: st.none() | TEXTS for name in NAMES},
        **{name: st.lists(TEXTS | st.just(""), max_size=2) for name in LISTS},
        "denied": st.none() | FLAGS,
        "confidence": st.none() | NUMBERS,
        "time": TIMES,
    }
)
LEAVES: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(Equals, st.sampled_from(NAMES + LISTS), TEXTS, FLAGS),
    st.builds(Glob, st.sampled_from(NAMES + LISTS), PIECES, FLAGS),
    st.builds(Present, st.sampled_from((*NAMES, *LISTS, "denied", "time"))),
    st.builds(Equals, st.just("denied"), FLAGS),
    st.builds(Range, st.just("confidence"), st.none() | NUMBERS, st.none() | NUMBERS, FLAGS, FLAGS),
    st.builds(Range, st.just("time"), st.none() | TIMES, st.none() | TIMES, FLAGS, FLAGS),
    st.builds(Contains, st.lists(TEXTS, min_size=1, max_size=2).map(tuple)),
)
PREDICATES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda t: And(tuple(t))),
        st.lists(inner, max_size=3).map(lambda t: Or(tuple(t))),
        inner.map(Not),
    ),
    max_leaves=6,
)


def found(connection: duckdb.DuckDBPyConnection, predicate: Predicate) -> list[str]:
    clause = where(predicate)
    rows = connection.execute(f"SELECT event_id FROM events WHERE {clause.sql}", list(clause.params)).fetchall()
    return sorted(row[0] for row in rows)


def expected(rows: list[Mapping[str, object]], predicate: Predicate) -> list[str]:
    return sorted(str(row["event_id"]) for row in rows if matches(predicate, row))


@settings(max_examples=25, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=8), st.lists(PREDICATES, min_size=10, max_size=20))
def test_sql_finds_exactly_the_rows_that_plain_evaluation_finds(
    drawn: list[dict[str, object]],
    predicates: list[Predicate],
) -> None:
    rows: list[Mapping[str, object]] = [{**row, "event_id": str(n)} for n, row in enumerate(drawn)]
    with rows_table(rows) as connection:
        for predicate in predicates:
            assert found(connection, predicate) == expected(rows, predicate), predicate


ROW_S3 = {"event_id": "a", "service": "s3", "time": 5, "resource_ids": ["My_Bucket"], "same_as": []}
ROW_NONE = {"event_id": "b", "service": None, "time": 6, "resource_ids": [], "same_as": []}
ROW_EC2 = {"event_id": "c", "service": "ec2", "time": 7, "resource_ids": ["MyXBucket"], "same_as": []}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("-service:s3", ["b", "c"]),
        ("service:S3", ["a"]),
        ("-service:*", ["b"]),
        ("resource:my_*", ["a"]),
        ("my_bucket", ["a"]),
        ("resource:my?bucket", []),
        ("-(service:s3 OR service:ec2)", ["b"]),
        ("service:s3,ec2", ["a", "c"]),
        ("id:a,b", ["a", "b"]),
        ("-id:a,b", ["c"]),
        ("", ["a", "b", "c"]),
    ],
)
def test_a_query_finds_the_rows_it_describes(text: str, ids: list[str]) -> None:
    with rows_table([ROW_S3, ROW_NONE, ROW_EC2]) as connection:
        assert found(connection, read_query(text, 0)) == ids


def test_values_are_parameters_and_never_text_of_the_statement() -> None:
    clause = where(read_query('service:"x\' OR 1=1" id:a,b resource:q* zebra', 0))
    assert not any(value in clause.sql for value in ("1=1", "zebra", "q%"))
    assert clause.sql.count("?") == len(clause.params)


def test_a_column_outside_the_table_of_columns_is_refused() -> None:
    with pytest.raises(KeyError):
        where(Equals("service; DROP TABLE events", "x"))


def test_the_test_table_has_every_indexed_column() -> None:
    with rows_table([]) as connection:
        names = [row[0] for row in connection.execute("DESCRIBE events").fetchall()]
    assert names == [column.name for column in INDEXED]
    assert set(TYPES) >= {column.kind for column in INDEXED}
