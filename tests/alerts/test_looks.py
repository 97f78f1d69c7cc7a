"""Looks at a real index: every new match once, nothing of what was there before, and a dry run that tells the truth."""

from __future__ import annotations

from typing import Any

import pytest

from remit.adapters.store.lake.schema import arrow_table
from remit.flows.alerting import fresh
from remit.model.errors import Conflict, NotFound, UsageError
from remit.rooms.query import read_query

from .conftest import MINUTE, House


def test_what_was_stored_before_is_not_told_and_what_comes_after_is_told_once(house: House) -> None:
    house.happens("ada", "DeleteBucket", 3)
    alert = house.add("operation:DeleteBucket")
    house.rounds.once()
    assert house.found(alert) == []
    house.happens("ada", "DeleteBucket")
    house.rounds.once()
    house.rounds.once()
    assert [each["count"] for each in house.found(alert)] == [1]


def deletes(house: House, *clusters: str, minutes: float = 0) -> None:
    for name in clusters:
        house.happens(
            "ada", "DeleteDBCluster", minutes=minutes, eventSource="rds.amazonaws.com",
            requestParameters={"dBClusterIdentifier": name},
            responseElements={"dBClusterArn": f"arn:aws:rds:eu-west-1:111122223333:cluster:{name}"},
        )  # fmt: skip


def test_another_resource_within_the_quiet_time_is_told_and_the_same_again_is_added_to_what_was_told(
    house: House,
) -> None:
    alert = house.add("operation:DeleteDBCluster")
    deletes(house, "orders")
    house.rounds.once()
    house.later(1)
    deletes(house, "billing", "orders", minutes=1)
    house.rounds.once()
    found = {each["facts"]["resources"][0].rpartition(":")[2]: each for each in house.found(alert)}
    assert {name: each["count"] for name, each in found.items()} == {"orders": 2, "billing": 1}
    orders = found["orders"]["facts"]
    assert (orders["count"], orders["told"], orders["evidence"]["acts"], len(orders["samples"])) == (2, 1, 2, 2)
    assert orders["to"].startswith("2026-10-01T00:01:00")
    rows = house.index.search(read_query(orders["query"], house.now), ("event_id",), 10)
    assert sorted(orders["samples"]) == sorted(row["event_id"] for row in rows)


def test_a_storm_that_goes_on_names_every_resource(house: House) -> None:
    alert = house.add("operation:DeleteDBCluster")
    deletes(house, *(f"first-{number}" for number in range(6)))
    house.rounds.once()
    house.later(1)
    deletes(house, "first-0", *(f"late-{number}" for number in range(6)), minutes=1)
    house.rounds.once()
    [storm] = house.found(alert)
    facts = storm["facts"]
    assert (facts["told"], storm["count"], facts["evidence"]["acts"], facts["evidence"]["resources"]) == (6, 13, 13, 12)
    named = {name.rpartition(":")[2] for name in facts["resources"]}
    assert named == {f"{time}-{number}" for time in ("first", "late") for number in range(6)}


def corrected(house: House, event_ids: list[str], **columns: Any) -> None:
    """Judge events otherwise, as attribution does."""
    rows = house.index.search(read_query("*", house.now), ("event_id", "time", "provider_id", "operation"), 100)
    chosen = [row for row in rows if row["provider_id"] in event_ids]
    assert len(chosen) == len(event_ids)
    judged = {"actor_kind": "person", "source": "ClickOps", "counted": True, **columns}
    table = {name: [value] * len(chosen) for name, value in judged.items()}
    table |= {name: [row[name] for row in chosen] for name in ("event_id", "time")}
    house.store.commit(None, None, arrow_table("corrections", table), None, {})
    house.store.follow()


def test_an_event_that_matches_only_since_it_was_judged_again_is_told_and_one_that_did_before_is_not(
    house: House,
) -> None:
    before, changed = house.happens("ada", "DeleteBucket", 2)
    corrected(house, [before], actor_kind="agent", agent="Codex")
    alert = house.add("who:agent")
    corrected(house, [before], actor_kind="agent", agent="Codex", confidence=0.9)
    house.rounds.once()
    assert house.found(alert) == []
    corrected(house, [changed], actor_kind="agent", agent="Codex")
    house.rounds.once()
    corrected(house, [changed], actor_kind="agent", agent="Codex", confidence=0.9)
    house.rounds.once()
    assert [each["count"] for each in house.found(alert)] == [1]


def test_a_second_record_of_an_act_that_was_told_is_not_told(house: House) -> None:
    alert = house.add("who:agent")
    [first] = house.happens("ada", "DeleteBucket")
    corrected(house, [first], actor_kind="agent", agent="Codex")
    house.rounds.once()
    told = house.found(alert)[0]["facts"]["samples"]
    [second] = house.happens("ada", "DeleteBucket")
    corrected(house, [second], actor_kind="agent", agent="Codex", same_as=told)
    house.rounds.once()
    assert [each["count"] for each in house.found(alert)] == [1]


def test_a_rebuilt_index_tells_nothing_twice_and_nothing_old(house: House) -> None:
    house.later(10)
    house.happens("ada", "DeleteBucket", minutes=1)
    alert = house.add("operation:DeleteBucket")
    house.happens("ben", "DeleteBucket", minutes=5)
    house.rounds.once()
    house.store.index.rebuild(house.store.lake)
    house.rounds.once()
    house.rounds.once()
    assert [each["facts"]["subject"]["actor"] for each in house.found(alert)] == ["ben"]
    house.happens("cid", "DeleteBucket", minutes=8)
    house.rounds.once()
    assert {each["facts"]["subject"]["actor"] for each in house.found(alert)} == {"ben", "cid"}


def test_many_matches_are_looked_at_in_lots(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "LOT", 20)
    monkeypatch.setattr(fresh, "_PAGE", 10)
    alert = house.add("operation:DeleteBucket")
    house.happens("ada", "DeleteBucket", 95)
    house.rounds.once()
    assert [each["count"] for each in house.found(alert)] == [95]


def test_a_first_is_told_once_and_known_values_never(house: House) -> None:
    house.happens("ada", "DeleteBucket")
    alert = house.add("service:s3", "first", value="operation")
    house.happens("ada", "DeleteBucket", 2)
    house.happens("ada", "CreateBucket", 2)
    house.rounds.once()
    house.later(600)
    house.happens("ben", "CreateBucket", 2, minutes=599)
    house.rounds.once()
    assert [each["count"] for each in house.found(alert)] == [1]
    assert "s3 · CreateBucket" in house.found(alert)[0]["facts"]["sentence"]


def test_an_alert_that_fails_says_so_and_stops_no_other(house: House) -> None:
    broken, sound = house.add("operation:DeleteBucket"), house.add("operation:CreateBucket")
    row = house.desk.book.records.alert(broken)
    assert row is not None
    house.desk.book.records.change(broken, row["version"], {"query": "operation:("}, "ana")
    house.happens("ada", "CreateBucket")
    house.rounds.once()
    assert "This parenthesis is never closed" in house.desk.show(broken)["last_error"]
    assert len(house.found(sound)) == 1
    house.desk.change(broken, {"query": "operation:DeleteBucket"}, None, "ana")
    house.rounds.once()
    assert house.desk.show(broken)["last_error"] is None


def test_an_alert_that_is_off_tells_nothing_also_not_afterwards(house: House) -> None:
    alert = house.add("operation:DeleteBucket")
    house.desk.change(alert, {"enabled": False}, 1, "ana")
    house.happens("ada", "DeleteBucket")
    house.rounds.once()
    house.desk.change(alert, {"enabled": True}, 2, "ana")
    house.rounds.once()
    assert house.found(alert) == []


def test_two_people_do_not_overwrite_each_other(house: House) -> None:
    alert = house.add("operation:DeleteBucket")
    house.desk.change(alert, {"name": "one"}, 1, "ana")
    with pytest.raises(Conflict):
        house.desk.change(alert, {"name": "two"}, 1, "ben")
    assert house.desk.show(alert)["name"] == "one"


def test_an_alert_that_was_changed_meanwhile_is_not_deleted_and_keeps_what_it_found(house: House) -> None:
    alert = house.add("operation:DeleteBucket")
    house.happens("ada", "DeleteBucket")
    house.rounds.once()
    house.desk.change(alert, {"name": "one"}, 1, "ana")
    with pytest.raises(Conflict):
        house.desk.remove(alert, 1, "ben")
    assert len(house.found(alert)) == 1
    house.desk.remove(alert, 2, "ben")
    with pytest.raises(NotFound):
        house.desk.show(alert)
    said = [(entry["who"], entry["what"]) for entry in house.store.state.journalled()]
    assert said[:2] == [("ben", "alert.removed"), ("ana", "alert.changed")]


@pytest.mark.parametrize("query", ["operation:x since:24h", "(time:2026-10-01 OR operation:x)", "-until:1d"])
def test_a_query_that_confines_time_is_refused(house: House, query: str) -> None:
    with pytest.raises(UsageError, match="cannot confine time"):
        house.add(query)


HISTORY = {
    1: [("ada", "DeleteBucket", 1)],
    3: [("ada", "DeleteBucket", 2)],
    62: [("ada", "DeleteBucket", 1)],
    70: [(f"user{number}", "DeleteBucket", 1) for number in range(9)],
    75: [(f"user{number}", "DeleteBucket", 2) for number in range(4)],
    **{minute: [("ada", "PutBucketPolicy", 2)] for minute in range(80, 320, 30)},
    322: [("ada", "DeleteBucket", 40)],
    328: [("ada", "DeleteBucket", 30)],
    330: [("ben", "CreateBucket", 1)],
}
"""Minute after START -> (who, operation, times)."""
LONG_BEFORE = -40 * 1440


@pytest.mark.parametrize(
    ("query", "kind", "settings"),
    [
        ("operation:DeleteBucket", "match", {}),
        ("service:s3", "match", {"quiet": "10m"}),
        pytest.param(
            "service:s3 -operation:Nothing",
            "rate",
            {"window": "1h", "least": "5", "factor": "2"},
            marks=pytest.mark.heavy,
        ),
        pytest.param("service:s3", "first", {"value": "operation"}, marks=pytest.mark.heavy),
        ("service:s3", "first", {"value": "principal"}),
    ],
)
def test_a_dry_run_says_what_the_alert_would_have_told(
    house: House, query: str, kind: str, settings: dict[str, str]
) -> None:
    house.happens("zoe", "ListBuckets", minutes=LONG_BEFORE)
    house.later(-1)
    alert = house.add(query, kind, **settings)
    by_the_clock = {minute: [("zoe", "Nothing", 1)] for minute in range(300, 336, 5)} if kind == "rate" else {}
    for minute in sorted({**by_the_clock, **HISTORY}):
        house.happen([*HISTORY.get(minute, []), *by_the_clock.get(minute, [])], minute)
        house.later(minute + 1)
        house.rounds.once()
    live = [each["facts"]["sentence"] for each in house.found(alert)]
    tried = house.desk.dry_run({"query": query, "kind": kind, "settings": settings})
    assert tried["firings"] == len(live) > 0
    assert {each["sentence"] for each in tried["shown"]} <= set(live)


def test_the_dry_run_of_an_alert_that_exists_is_that_of_its_settings(house: House) -> None:
    house.happens("ada", "DeleteBucket", 2)
    house.later(5)
    alert = house.add("operation:DeleteBucket")
    assert house.desk.dry_run({"id": alert})["firings"] == 1
    assert house.now % MINUTE == 0
