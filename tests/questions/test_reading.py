"""Searching, showing, the page's overview, and exports."""

from __future__ import annotations

import base64
import csv
import io
import json
import random
from typing import Any

import pytest

from remit.flows.questions.cursor import read_cursor, write_cursor
from remit.flows.questions.export import CSV_COLUMNS, export_csv, export_jsonl, export_ocsf
from remit.flows.questions.overview import facet, histogram, overview
from remit.flows.questions.search import every_row, search
from remit.flows.questions.show import show
from remit.model.errors import NotFound, QueryError, UsageError
from remit.model.event_json import rfc3339
from remit.rooms.query.asked import Grouping
from remit.rooms.query.predicate import EVERYTHING, Equals, Not

from .conftest import HOUR, NOW, MakeIndex, describe, event, unknown


class NoRaw:
    def raw(self, event_id: str, time: int) -> str | None:
        return '{"x":1}' if event_id == "aaaa1111" else None


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["event_id"] for item in answer["items"]]


def test_pages_follow_one_another_newest_first_and_lose_nothing(make_index: MakeIndex) -> None:
    index = make_index([event(f"e{n:02d}", hours_ago=n // 3) for n in range(20)])
    seen, cursor = [], None
    for _ in range(10):
        page = search(index, describe, "agent:codex", now_us=NOW, limit=3, cursor=cursor)
        seen += [(item["time"], item["event_id"]) for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 20
    assert page["total"] == 20


def test_every_record_is_listed_and_an_act_counts_once(make_index: MakeIndex) -> None:
    index = make_index([event("a", same_as=["b"]), event("b", counted=False, same_as=["a"])])
    answer = search(index, describe, "", now_us=NOW)
    assert (answer["total"], answer["acts"], sorted(ids(answer))) == (2, 1, ["a", "b"])
    assert "count once" in answer["note"]


def test_an_empty_answer_says_what_was_looked_at(make_index: MakeIndex) -> None:
    assert "remit ingest" in search(make_index([]), describe, "x", now_us=NOW)["note"]
    assert "None of the 1 record" in search(make_index([event("a")]), describe, "zebra", now_us=NOW)["note"]


def test_a_cursor_reads_back_and_a_tampered_one_is_a_query_error() -> None:
    cursor = write_cursor((NOW, "a.b"), "service:s3")
    assert read_cursor(cursor, "service:s3") == (NOW, "a.b")
    forged = base64.urlsafe_b64encode(b"000000000000.1.5.x").decode()
    for text in (cursor[:-3], "A" + cursor[1:], "", "é", "!!", forged, "9" * 50):
        with pytest.raises(QueryError):
            read_cursor(text, "service:s3")


def test_paging_through_everything_fetches_bounded_pages(make_index: MakeIndex) -> None:
    index = make_index([event(f"{n:05d}", hours_ago=n % 7) for n in range(2500)])
    rows = list(every_row(index, EVERYTHING, ("event_id",)))
    assert len({row["event_id"] for row in rows}) == 2500
    assert len(list(every_row(index, EVERYTHING, ("event_id",), limit=1200))) == 1200


def test_show_finds_by_id_by_the_providers_id_and_by_prefix(make_index: MakeIndex) -> None:
    index = make_index(
        [
            event("aaaa1111", provider_id="p-1", access_key="ASIA1", resource_ids=["db"], same_as=["cccc1111"]),
            event("aaab2222", access_key="ASIA1"),
            event("cccc1111", resource_ids=["db"], counted=False),
        ]
    )
    for name in ("aaaa1111", "p-1", "aaaa"):
        assert show(index, NoRaw(), describe, name)["event"]["event_id"] == "aaaa1111"
    answer = show(index, NoRaw(), describe, "aaaa")
    related = {name: [line["event_id"] for line in part["items"]] for name, part in answer["related"].items()}
    assert related["session"] == ["aaab2222"]
    assert related["resource"] == related["same_act"] == ["cccc1111"]
    assert answer["raw"] == '{"x":1}'
    assert "raw text" in show(index, NoRaw(), describe, "cccc1111")["raw_note"]
    assert json.dumps(answer)


def named(kind: str, arn: str = "", **more: Any) -> dict[str, Any]:
    return {"resource_ids": ["orders"], "resource_types": [kind], "resource_arns": [arn], "account": "1", **more}


@pytest.mark.parametrize("known", [True, False])
def test_the_same_resource_is_told_from_another_of_its_name(make_index: MakeIndex, known: bool) -> None:
    cluster, table = ("arn:aws:rds:e:1:cluster:orders", "arn:aws:dynamodb:e:1:table/orders") if known else ("", "")
    index = make_index(
        [
            event("aaaa", **named("rds:cluster", cluster)),
            event("bbbb", **named("rds:cluster", cluster)),
            event("cccc", **named("dynamodb:table", table)),
            event("dddd", **named("rds:cluster", cluster.replace(":1:", ":2:"), account="2")),
        ]
    )
    found = show(index, NoRaw(), describe, "aaaa")["related"]["resource"]
    assert ([line["event_id"] for line in found["items"]], found["total"]) == (["bbbb"], 1)
    assert sorted(ids(search(index, describe, found["query"], now_us=NOW))) == ["aaaa", "bbbb"]


def test_show_refuses_what_is_ambiguous_and_what_is_absent(make_index: MakeIndex) -> None:
    index = make_index([event("aaaa1111"), event("aaaa2222")])
    with pytest.raises(UsageError, match="Several"):
        show(index, NoRaw(), describe, "aaaa")
    for name in ("zzzz", "", "aa"):
        with pytest.raises(NotFound):
            show(index, NoRaw(), describe, name)


def test_overview_counts_acts_by_source_with_denials(make_index: MakeIndex) -> None:
    index = make_index([event("a"), event("b", counted=False), event("c", denied=True, outcome="denied"), unknown("d")])
    answer = overview(index, "since:2d", now_us=NOW)
    counts = {row["source"]: (row["count"], row["denied"]) for row in answer["sources"]}
    assert counts["AgentOps"] == (2, 1)
    assert counts["ClickOps"] == (0, 0)
    assert (answer["records"], answer["acts"], answer["newest"]) == (4, 3, None)


def test_an_empty_range_opens_on_the_newest_events_and_says_so(make_index: MakeIndex) -> None:
    index = make_index([event("a", hours_ago=24 * 40), event("b", hours_ago=24 * 60)])
    answer = overview(index, "agent:codex since:24h", now_us=NOW)
    assert answer["records"] == 0
    assert answer["newest"]["records"] == 1
    assert "Nothing in the chosen range" in answer["note"]
    found = search(index, describe, f"agent:codex {answer['newest']['query_range']}", now_us=NOW)
    assert ids(found) == ["a"]
    assert overview(index, "zebra since:24h", now_us=NOW)["newest"] is None


def test_facets_count_elements_of_lists_and_say_when_cut(make_index: MakeIndex) -> None:
    index = make_index([event("a", resource_types=["s3:bucket", "kms:key"]), event("b", resource_types=["s3:bucket"])])
    answer = facet(index, "", "resource_types", now_us=NOW, limit=1)
    assert (answer["values"], answer["more"]) == ([{"value": "s3:bucket", "count": 2, "denied": 0}], True)
    with pytest.raises(UsageError):
        facet(index, "", "access_key", now_us=NOW)


def test_a_histogram_counts_every_act_once(make_index: MakeIndex) -> None:
    index = make_index([event(f"e{n}", hours_ago=n) for n in range(10)])
    answer = histogram(index, "since:7d", now_us=NOW, buckets=7)
    assert sum(bar["count"] for bar in answer["bars"]) == 10
    assert histogram(make_index([]), "", now_us=NOW)["bars"] == []


def test_long_buckets_are_whole_hours_and_none_begins_before_the_range(make_index: MakeIndex) -> None:
    index = make_index([event(f"e{n}", hours_ago=n + 0.3) for n in range(0, 168, 3)])
    answer = histogram(index, "since:7d", now_us=NOW, buckets=50)
    low = NOW - 7 * 24 * HOUR
    origin = low - low % HOUR
    assert (answer["bucket_seconds"], answer["low"], answer["origin"]) == (4 * 3600, rfc3339(low), rfc3339(origin))
    whole = {rfc3339(origin + place * 4 * HOUR) for place in range(1, 50)}
    assert {bar["start"] for bar in answer["bars"]} <= {rfc3339(low), *whole}
    assert sum(bar["count"] for bar in answer["bars"]) == 56
    short = histogram(index, "since:2d", now_us=NOW, buckets=50)
    assert short["origin"] == short["low"]
    assert short["bucket_seconds"] < 3600


def test_exports_hold_every_event_as_json_and_as_ocsf(make_index: MakeIndex) -> None:
    index = make_index([event("a"), event("b")])
    lines = [json.loads(line) for line in export_jsonl(index, describe, "", now_us=NOW)]
    assert lines == search(index, describe, "", now_us=NOW)["items"]
    assert [json.loads(line)["class_uid"] for line in export_ocsf(index, describe, "", now_us=NOW)] == [6003, 6003]


def test_a_csv_cell_is_never_a_formula(make_index: MakeIndex) -> None:
    hostile = ["=1+1", "+1", "-1", "@x", "\tx", "\rx"]
    index = make_index([event(f"e{n}", user_agent=text, operation='a"b,\nc') for n, text in enumerate(hostile)])
    header, *rows = csv.reader(io.StringIO("\r\n".join(export_csv(index, "", now_us=NOW)), newline=""))
    assert header == list(CSV_COLUMNS)
    cells = {row[header.index("user_agent")] for row in rows}
    assert cells == {f"'{text}" for text in hostile}


def test_groups_that_begin_in_a_time_are_those_no_earlier_row_is_of(make_index: MakeIndex) -> None:
    chance = random.Random(3)
    rows = [
        event(
            f"{at:03}",
            hours_ago=chance.uniform(0, 48),
            service=chance.choice([None, *"abcdefgh"]) if at < 40 else f"rare-{at}",
            region=chance.choice([None, "x", "y"]),
            denied=chance.random() < 0.3,
        )
        for at in range(50)
    ]
    asked, since = Not(Equals("region", "y")), NOW - 20 * HOUR
    for by in (("service",), ("service", "region"), ("service", "hour_of_day")):
        expected: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in rows:
            if row["region"] != "y":
                place = {**row, "hour_of_day": row["time"] // HOUR % 24}
                expected.setdefault(tuple(place[name] for name in by), []).append(row)
        found = make_index(rows).groups(asked, by, 100, Grouping(("outcome",), since))
        firsts = {key: own for key, own in expected.items() if min(row["time"] for row in own) >= since}
        assert {tuple(each[name] for name in by) for each in found} == firsts.keys() != set()
        for each in found:
            own = firsts[tuple(each[name] for name in by)]
            newest = max(own, key=lambda row: (row["time"], row["event_id"]))
            assert (each["count"], each["denied"]) == (len(own), sum(row["denied"] for row in own))
            assert (each["sample"], each["last"]) == (newest["event_id"], newest["time"])
            assert (each["first"], each["distinct_outcome"]) == (min(row["time"] for row in own), 1)
