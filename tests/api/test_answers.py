"""Answers are what the desks say, fit their description, and say nothing that is not described."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.console.estate import mixed

from remit.faces.api.questions import FIELDS
from remit.model.columns import FACETS

from .conftest import Client, questions_over, site_of

DOCUMENT = json.loads((Path(__file__).parent.parent.parent / "docs" / "openapi.json").read_text(encoding="utf-8"))
ASKED = [
    ("/events", "/events?limit=3"),
    ("/events", "/events?q=service:nosuch"),
    ("/facets", "/facets"),
    ("/facets", "/facets?q=service:nosuch&fields=source"),
    ("/events/{event_id}", f"/events/{0:024x}"),
    ("/events/{event_id}", f"/events/{4:024x}"),
    ("/agents", "/agents"),
    ("/agents", "/agents?window=2020-01-01..2020-01-02"),
    ("/agents/{name}", "/agents/Claude%20Code?window=1h"),
    ("/who", "/who?subject=orders-production"),
    ("/who", "/who?subject=nosuch"),
    ("/who", f"/who?subject={1:024x}"),
    ("/denials", "/denials"),
    ("/difference", "/difference?q=source:AgentOps"),
    ("/difference", "/difference?q=service:nosuch"),
    ("/difference", f"/difference?against=others&picked={0:024x},{4:024x}"),
    ("/difference", "/difference?q=since:2026-01-01+denied:true&against=before"),
    ("/denials", "/denials?q=service:nosuch"),
]


def undescribed(value: Any, schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Places of a value that its schema does not name, and members that it requires and are not there."""
    schema = _resolved(schema)
    kinds = [_resolved(each) for each in schema.get("anyOf", ())]
    if kinds:
        shaped = [
            each for each in kinds if isinstance(value, (dict, list)) == (each.get("type") in ("object", "array"))
        ]
        if value is not None and shaped:
            yield from undescribed(value, shaped[0], at)
    elif isinstance(value, list):
        for each in value[:5]:
            yield from undescribed(each, schema.get("items", {}), f"{at}[]")
    elif isinstance(value, dict) and "properties" in schema:
        yield from (f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value)
        for name, each in value.items():
            if name not in schema["properties"]:
                yield f"{at}.{name} is not described"
            else:
                yield from undescribed(each, schema["properties"][name], f"{at}.{name}")
    elif isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
        for each in value.values():
            yield from undescribed(each, schema["additionalProperties"], f"{at}.*")


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


@pytest.mark.parametrize(("path", "url"), ASKED)
def test_an_answer_says_what_is_described_and_nothing_else(api: Client, path: str, url: str) -> None:
    said = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert list(undescribed(api.json(url), said)) == []


def test_a_member_that_is_not_described_would_be_noticed() -> None:
    schema = DOCUMENT["paths"]["/events"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    page = {"items": [{"event_id": "1", "colour": "red"}], "next": None, "total": 1, "acts": 1, "note": "", "more": 1}
    found = list(undescribed(page, schema))
    assert ".more is not described" in found
    assert ".items[].colour is not described" in found
    assert ".items[].actor is missing" in found


def test_the_description_names_every_problem_an_operation_answers_with() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            responses = operation["responses"]
            assert {"400", "500", "503"} <= set(responses), (method, path)
            assert "422" not in responses
            refused = {status: each for status, each in responses.items() if status >= "400"}
            assert all(set(each["content"]) == {"application/problem+json"} for each in refused.values()), (
                method,
                path,
            )
            if operation["x-scope"] != "none":
                assert {"401", "403"} <= set(responses), (method, path)
                assert operation["security"]
    assert DOCUMENT["openapi"].startswith("3.1")


def test_pages_follow_each_other_without_a_gap_or_a_repeat(api: Client) -> None:
    seen: list[str] = []
    url, pages = "/events?q=-service:nosuch&limit=7", 0
    page = api.json(url)
    while True:
        seen += [each["event_id"] for each in page["items"]]
        pages += 1
        if page["next"] is None:
            break
        page = api.json(f"{url}&cursor={page['next']}")
    whole = api.json("/events?q=-service:nosuch&limit=1000")
    assert seen == [each["event_id"] for each in whole["items"]]
    assert (len(seen), pages, whole["next"]) == (80, 12, None)


@pytest.mark.parametrize("q", ["", "service:s3", "-service:nosuch%20since:7d"])
def test_a_cursor_of_another_query_is_refused(api: Client, q: str) -> None:
    cursor = api.json("/events?q=-service:nosuch&limit=3")["next"]
    answer = api(f"/events?q={q}&limit=3&cursor={cursor}")
    assert answer.status == 400
    assert "of another query" in json.loads(answer.body)["detail"]


def test_a_cursor_holds_for_another_spelling_of_its_query_and_another_limit(api: Client) -> None:
    cursor = api.json("/events?q=denied:true%20service:rds&limit=2")["next"]
    assert len(api.json(f"/events?q=%20denied:true%20%20service:rds&limit=5&cursor={cursor}")["items"]) == 5


@pytest.mark.parametrize("turn", [0, 5, -1])
def test_a_cursor_that_was_altered_is_refused(api: Client, turn: int) -> None:
    cursor = api.json("/events?limit=3")["next"]
    altered = list(cursor)
    altered[turn] = "A" if altered[turn] != "A" else "Q"
    assert api(f"/events?limit=3&cursor={''.join(altered)}").status == 400


def test_facets_are_asked_by_the_words_of_the_query_language(api: Client) -> None:
    found = api.json("/facets?fields=kind,action_kind,SOURCE")
    assert list(found["facets"]) == ["kind", "action_kind", "source"]
    assert found["facets"]["kind"] == found["facets"]["action_kind"]
    assert found["total"] == sum(each["count"] for each in found["facets"]["source"])
    assert list(api.json("/facets")["facets"]) == list(FIELDS)
    assert len(FIELDS) == len(FACETS)


def test_a_count_of_a_facet_is_what_its_query_finds(api: Client) -> None:
    for field, values in api.json("/facets?fields=source,kind,actor_kind,env")["facets"].items():
        for each in values:
            asked = f'{field}:"{each["value"]}"' if each["value"] is not None else f"-{field}:*"
            assert api.json(f"/events?q={quote(asked)}&limit=1")["acts"] == each["count"], asked


def test_the_bars_of_the_histogram_add_up(api: Client) -> None:
    found = api.json("/facets?fields=source&buckets=7")
    assert sum(bar["count"] for bar in found["histogram"]["bars"]) == found["total"]
    assert len({bar["start"] for bar in found["histogram"]["bars"]}) <= 7


def test_a_difference_counts_what_its_terms_find(api: Client) -> None:
    found = api.json("/difference?q=denied:true")
    assert found["here"]["acts"] == api.json("/facets?q=denied:true&fields=source")["total"] > 0
    assert found["more"]
    for each in found["more"]:
        here = quote(f"denied:true {each['query']}")
        assert api.json(f"/facets?q={here}&fields=source")["total"] == each["here"], each


def test_an_event_that_a_client_has_is_not_sent_again(api: Client) -> None:
    path = f"/events/{0:024x}"
    first = api(path)
    again = api(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert api(path, headers={"if-none-match": '"other"'}).status == 200
    assert api("/openapi.json", headers={"if-none-match": api("/openapi.json").headers["etag"]}).status == 304


def test_an_export_is_every_event_a_query_finds(api: Client) -> None:
    answer = api("/export?q=denied:true")
    assert answer.headers["content-type"] == "application/x-ndjson"
    exported = [json.loads(line) for line in answer.text.splitlines()]
    assert exported == api.json("/events?q=denied:true&limit=1000")["items"]
    table = api("/export?q=denied:true&format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == len(exported) + 1
    assert table.text.count("\r\n") == len(exported) + 1
    assert "class_uid" in json.loads(api("/export?format=ocsf&limit=1").text)
    assert len(api("/export?limit=3").text.splitlines()) == 3
    assert api("/export?q=service:nosuch").body == b""
    assert api("/export?q=((").status == 400
    assert api("/export?format=xml").status == 400


def test_hostile_text_comes_through_as_text() -> None:
    rows = mixed(3)
    rows[0]["user_agent"] = '</script><img src=x onerror=alert(1)>\u202e\x00"'
    client = Client(site_of({"questions": questions_over(rows)}))
    answer = client(f"/events/{0:024x}")
    assert json.loads(answer.body)["event"]["user_agent"] == rows[0]["user_agent"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/json"
