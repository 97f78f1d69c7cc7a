"""The query language: what each form means, what each mistake says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.model.columns import QUERY_FIELDS
from remit.model.errors import QueryError
from remit.rooms.query import canonical, parse, read_query, render, term
from remit.rooms.query.instants import read_moment
from remit.rooms.query.predicate import (
    And,
    Contains,
    Equals,
    Glob,
    Not,
    Or,
    Present,
    Range,
    time_bounds,
    without_time,
)
from remit.rooms.query.syntax import Term, Value, all_of, any_of, negated

NOW = 1_791_000_000_000_000
DAY = 86_400_000_000
OCT_1 = 1_790_812_800_000_000  # 2026-10-01T00:00:00Z


def s3(fold: bool = True) -> Equals:
    return Equals("service", "s3", fold)


MEANINGS = [
    ("", And(())),
    ("  ", And(())),
    ("*", And(())),
    ("service:s3", s3()),
    ("SERVICE:s3", s3()),
    ("-service:s3", Not(s3())),
    ("NOT service:s3", Not(s3())),
    ("--service:s3", s3()),
    ("source:agentops", Equals("source", "AgentOps")),
    ("source:Agent*", Equals("source", "AgentOps")),
    ("path:c*", Or((Equals("path", "console"), Equals("path", "cli")))),
    ("source:cli/sdk", Equals("source", "CLI/SDK")),
    ("region:eu-*", Glob("region", ("eu-", ""), True)),
    ("region:**a**", Glob("region", ("", "a", ""), True)),
    ('region:"eu-*"', Equals("region", "eu-*", True)),
    ('region:"eu "*', Glob("region", ("eu ", ""), True)),
    ("account:1,2", Or((Equals("account", "1"), Equals("account", "2")))),
    ("account:(1 OR 2)", Or((Equals("account", "1"), Equals("account", "2")))),
    ("account:(1,2)", Or((Equals("account", "1"), Equals("account", "2")))),
    ("permission:(a -b)", And((Equals("permissions", "a", True), Not(Equals("permissions", "b", True))))),
    ("denied:true", Equals("denied", True)),
    ("denied:No", Equals("denied", False)),
    ("ticket:*", Present("ticket")),
    ("-ticket:*", Not(Present("ticket"))),
    ("time:*", Present("time")),
    ("confidence:>=0.9", Range("confidence", low=0.9)),
    ("confidence:>0.9", Range("confidence", low=0.9, above=True)),
    ("confidence:<0.9", Range("confidence", high=0.9)),
    ("confidence:0.7..0.9", Range("confidence", 0.7, 0.9, closed=True)),
    ("confidence:1", Equals("confidence", 1.0)),
    ("time:2026-10-01..2026-10-31", Range("time", OCT_1, OCT_1 + 31 * DAY)),
    ("time:2026-10", Range("time", OCT_1, OCT_1 + 31 * DAY)),
    ("time:>2026-10-01", Range("time", low=OCT_1 + DAY)),
    ("time:<=2026-10-01", Range("time", high=OCT_1 + DAY)),
    ("time:2026-10-01T00:00:00Z", Range("time", OCT_1, OCT_1 + 1_000_000)),
    ("since:24h", Range("time", low=NOW - DAY)),
    ("since:2026-10-01T02:00:00+02:00", Range("time", low=OCT_1)),
    ("since:2026-10-01T00:00:00.5Z", Range("time", low=OCT_1 + 500_000)),
    ("until:2026-10-01", Range("time", high=OCT_1 + DAY)),
    ("until:2026-10-01T00:00:00Z", Range("time", high=OCT_1)),
    ("until:1h", Range("time", high=NOW - DAY // 24)),
    ("Bucket", Contains(("bucket",))),
    ("*a*b*", Contains(("a", "b"))),
    ('"a:b OR c"', Contains(("a:b or c",))),
    ("a,b", Contains(("a,b",))),
    ("or", Contains(("or",))),
    ('"OR"', Contains(("or",))),
    ("service:OR", Equals("service", "OR", True)),
    (r'"say \"hi\"\\"', Contains(('say "hi"\\',))),
    (
        "resource:arn:aws:s3:::b/k",
        Or((Equals("resource_ids", "arn:aws:s3:::b/k", True), Equals("resource_arns", "arn:aws:s3:::b/k", True))),
    ),
    ('actor:"ci-bot"', Or(tuple(Equals(c, "ci-bot", True) for c in ("actor_name", "agent", "principal_name")))),
    ("a b OR c", Or((And((Contains(("a",)), Contains(("b",)))), Contains(("c",))))),
    ("a AND (b OR c)", And((Contains(("a",)), Or((Contains(("b",)), Contains(("c",))))))),
    ("-(a b)", Not(And((Contains(("a",)), Contains(("b",)))))),
    ("actor-kind:agent", Equals("actor_kind", "agent")),
]


@pytest.mark.parametrize(("text", "meaning"), MEANINGS, ids=[text or "empty" for text, _ in MEANINGS])
def test_each_form_means_what_it_says(text: str, meaning: object) -> None:
    assert read_query(text, NOW) == meaning
    assert read_query(canonical(text), NOW) == meaning


MISTAKES = [
    ("sorce:AgentOps", 0, "source:"),
    ("a servcie:s3", 2, "service:"),
    ("action.service:s3", 0, "service:"),
    ("http://x", 0, "quotes"),
    ("source:AgentOp", 7, "Did you mean AgentOps?"),
    ("source:AgentOp", 7, "AgentOps, ClickOps, IaC"),
    ("-path:shell*", 6, "console, cli, sdk"),
    ("deny_type:spc", 10, "scp"),
    ("denied:maybe", 7, "denied:true"),
    ("service:", 8, "field:value"),
    ("service: s3", 8, "field:value"),
    ('a "b c', 2, "closed"),
    ('service:"b', 8, "closed"),
    ("(a", 0, "closed"),
    ("a (b (c)", 2, "closed"),
    ("a)", 1, "closes nothing"),
    ("()", 1, "quote"),
    ("a OR", 4, "ends"),
    ("OR a", 0, "quote"),
    ("NOT", 3, "ends"),
    ("service:a,", 10, "ends"),
    ('service:""', 8, "-field:*"),
    (r'"a\q"', 2, "escape"),
    ("since:yesteryear", 6, "2026-10-01"),
    ("since:2026-13-01", 6, "no time"),
    ("time:2026-10-01..2026-09-01", 5, "earlier"),
    ("time:2026-10-01..zebra", 17, "zebra"),
    ("since:2*", 6, "wildcard"),
    ("confidence:high", 11, "number"),
    ("confidence:nan", 11, "number"),
    ("a\0b", 1, "U+0000"),
    ("a \ud800", 2, "U+D800"),
]


@pytest.mark.parametrize(("text", "column", "says"), MISTAKES, ids=[repr(text) for text, _, _ in MISTAKES])
def test_a_mistake_points_at_its_column_and_says_what_to_do(text: str, column: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        read_query(text, NOW)
    assert (caught.value.column, says in str(caught.value)) == (column, True), str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 5000,
        "é" * 2100,
        "(" * 40 + "a" + ")" * 40,
        "-" * 40 + "a",
        "NOT " * 40 + "a",
        "service:" + "(" * 40,
        " ".join("a" * 201),
        "service:" + ",".join("a" * 201),
        "region:" + "a*" * 30,
    ],
)
def test_a_hostile_query_is_an_error_and_never_a_crash(text: str) -> None:
    with pytest.raises(QueryError):
        read_query(text, NOW)


def test_the_largest_query_within_the_limits_is_read() -> None:
    assert len(read_query(" ".join(["actor:a"] * 200), NOW).terms) == 200  # type: ignore[union-attr]
    assert len(read_query(" ".join("a" * 50), NOW).terms) == 50  # type: ignore[union-attr]
    assert read_query("(" * 32 + "a" + ")" * 32, NOW) == Contains(("a",))


def column_of_trouble(text: str) -> int:
    """Where the query cannot be read; 0 when it can."""
    try:
        read_query(text, NOW)
    except QueryError as error:
        return error.column
    return 0


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from('ab:()-",*\\ ORNDT.>=19é\n\0\ud800') | st.characters(), max_size=40))
def test_any_text_is_read_or_is_a_query_error(text: str) -> None:
    assert 0 <= column_of_trouble(text) <= len(text)


TEXTS = st.text(alphabet=st.sampled_from('ab OR-",:()*\\é\n\t\r>1'), min_size=1, max_size=6) | st.sampled_from(
    ["OR", "AND", "NOT", "-", "--a", "a:b"]
)
VALUES = st.lists(TEXTS, min_size=1, max_size=3).map(lambda p: Value(tuple(p))) | TEXTS.map(lambda t: Value((t, "")))
TERMS = st.builds(Term, st.none() | st.sampled_from(sorted(QUERY_FIELDS)), VALUES)
NODES = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(all_of),
        st.lists(inner, min_size=2, max_size=3).map(any_of),
        inner.map(negated),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(NODES)
def test_canonical_text_reads_back_as_the_same_tree(node: object) -> None:
    text = render(node)  # type: ignore[arg-type]
    assert parse(text) == node
    assert canonical(text) == text


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=20))
def test_a_quoted_term_means_its_literal_value(value: str) -> None:
    assert read_query(term("account", value), NOW) == Equals("account", value)


def test_time_bounds_of_a_query_are_found_and_removed() -> None:
    asked = read_query("since:2d until:1d service:s3", NOW)
    assert time_bounds(asked) == (NOW - 2 * DAY, NOW - DAY)
    assert without_time(asked) == And((s3(),))
    assert time_bounds(read_query("service:s3", NOW)) == (None, None)
    assert time_bounds(read_query("since:2d OR service:s3", NOW)) == (None, None)


@settings(max_examples=200)
@given(st.text(alphabet="0123456789-T:Z+.hdw ", max_size=30))
def test_any_written_time_is_a_moment_or_none(text: str) -> None:
    moment = read_moment(text, NOW)
    assert moment is None or 0 <= moment.start <= moment.end
