"""The pages over the questions as they are, on an index in memory."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from remit.adapters.store.index.reader import IndexReader
from remit.app.desk import LocalDesk
from remit.model.columns import INDEXED
from remit.rooms.events.denials.explain import DenialGuide

from .asgi import get
from .conftest import SCENES, console_of
from .estate import NOW, Row, describe, mixed
from .page_reader import Page

SQL = {"string": "VARCHAR", "time": "TIMESTAMP", "bool": "BOOLEAN", "float": "DOUBLE", "strings": "VARCHAR[]"}
ARROW = {
    "string": pa.string(),
    "time": pa.timestamp("us"),
    "bool": pa.bool_(),
    "float": pa.float64(),
    "strings": pa.list_(pa.string()),
}
ROWS = mixed(80)


class Engine:
    """Runs statements on one connection, a cursor for each, as pages run in threads."""

    def __init__(self, rows: list[Row]) -> None:
        self._connection = duckdb.connect(config={"threads": 1})
        declared = ", ".join(f'"{column.name}" {SQL[column.kind]}' for column in INDEXED)
        self._connection.execute(f"CREATE TABLE events ({declared})")
        if rows:
            columns = {c.name: pa.array([row[c.name] for row in rows], ARROW[c.kind]) for c in INDEXED}
            self._connection.register("batch", pa.table(columns))
            self._connection.execute("INSERT INTO events SELECT * FROM batch")

    def execute(self, sql: str, params: Any) -> pa.Table:
        return self._connection.cursor().sql(sql, params=list(params)).to_arrow_table()


class Raw:
    """Every record is the same."""

    def raw(self, event_id: str, time: int) -> str:
        return '{"eventName": "DeleteDBCluster", "requestParameters": null}'


class Figures:
    """A store in order."""

    def quarantine(self) -> list[Any]:
        return []

    def versions(self) -> dict[str, Any]:
        return {"lake": 1, "index": 1, "rules": "1", "keeper": None}


def desk_over(rows: list[Row]) -> LocalDesk:
    """The questions over these rows."""
    guide = DenialGuide.from_bytes((files("remit.rooms.events.denials") / "explanations.json").read_bytes())
    return LocalDesk(IndexReader(Engine(rows)), Raw(), Figures(), describe, guide, lambda: NOW)


def app_of(rows: list[Row]) -> Any:
    """The console over a real desk."""
    return console_of([], desk=desk_over(rows), demo=True, scenes=SCENES)


@pytest.fixture(scope="module")
def app() -> Any:
    return app_of(ROWS)


@pytest.mark.parametrize(
    "path",
    ["/", "/?since=all", "/?q=denied:true", "/?q=-agent:*", "/agents?window=24h", "/denials", "/who?subject=x",
     "/who?subject=orders-production", f"/events/{0:024x}", f"/events/{4:024x}"],
)  # fmt: skip
def test_every_page_stands_on_the_real_questions(app: Any, path: str) -> None:
    answer = get(app, path)
    assert answer.status == (404 if path.endswith("=x") else 200)
    assert Page(answer.text).faults == []


def test_every_link_of_the_event_center_can_be_followed(app: Any) -> None:
    links = {link for link in Page(get(app, "/").text).links if link.startswith("/?")}
    assert len(links) > 30
    some = sorted(links)[::5]
    assert {link: get(app, link).status for link in some} == dict.fromkeys(some, 200)


def test_a_facets_link_finds_as_many_as_it_says(app: Any) -> None:
    html = get(app, "/?since=all&q=source:IaC").text
    found = [each["id"] for each in Page(html).inputs if each.get("id") == "q"]
    assert found
    assert html.count('class="row"') == sum(row["source"] == "IaC" for row in ROWS)


def test_old_events_are_shown_when_the_range_is_empty() -> None:
    old = [{**row, "time": row["time"] - 90 * 86_400_000_000} for row in mixed(5)]
    page = Page(get(app_of(old), "/").text)
    assert "Nothing in the chosen range" in page.text
    assert f"/events/{0:024x}" in page.links


def test_an_empty_store_is_told_from_an_empty_answer(app: Any) -> None:
    assert "Bring in the first events" in get(app_of([]), "/").text
    page = Page(get(app, "/?q=service:nosuch").text)
    assert "No event matches" in page.text
    assert "None of the 80 records in the store matches" in page.text
