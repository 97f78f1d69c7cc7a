"""What stands out is what the counts say, and no more."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

import pytest

from remit.flows.questions.difference import COMPARED, TOP, difference
from remit.model.columns import BY_NAME
from remit.model.errors import UsageError

from .conftest import NOW, MakeIndex, event

HOURS = {"before": 30, "now": 2}


def acts(count: int, seed: int, **columns: Any) -> list[dict[str, Any]]:
    """Everyday acts of the last day."""
    chance = random.Random(seed)
    return [
        event(
            f"{seed:02d}{at:06d}",
            hours_ago=chance.uniform(0.1, 23),
            **{
                "service": chance.choice(["s3", "rds", "ec2"]),
                "region": chance.choice(["eu-west-1", "us-east-1"]),
                "environment": chance.choice(["production", "staging", None]),
                "resource_types": [chance.choice(["s3:bucket", "rds:db"]) for _ in range(chance.randrange(3))],
                "source": "IaC",
                "agent": None,
                "account": "111",
                **columns,
            },
        )
        for at in range(count)
    ]


def shares(rows: list[dict[str, Any]], column: str) -> Counter[Any]:
    """Acts by value, each once for an act."""
    counted = [row for row in rows if row.get("counted") is not False]
    if BY_NAME[column].kind == "strings":
        return Counter(value for row in counted for value in set(row.get(column) or ()) if value)
    return Counter(row.get(column) for row in counted)


def test_the_account_and_agent_of_an_incident_come_first(make_index: MakeIndex) -> None:
    index = make_index(
        [*acts(300, 1), *acts(12, 2, agent="Bot", account="999", source="AgentOps", action_kind="delete")]
    )
    found = difference(index, "since:24h agent:*", now_us=NOW)
    assert found["here"]["acts"] == 12
    assert found["there"]["acts"] == 300
    first = found["more"][0]
    named = [(first["column"], first["value"]), *((each["column"], each["value"]) for each in first["also"])]
    assert {("source", "AgentOps"), ("account", "999")} <= set(named)
    assert (first["here"], first["there"], first["lift"]) == (12, 0, None)
    assert "agent" not in {each["column"] for each in found["more"]}
    assert any(said.startswith("Agent: the question itself") for said in found["left_out"])


@pytest.mark.parametrize("seed", range(4))
def test_every_count_is_the_count_of_the_rows(make_index: MakeIndex, seed: int) -> None:
    here = acts(40, seed, source="AgentOps", owner="Payments", region="eu-west-1")
    there = acts(200, seed + 10, counted=None)
    double = [event(f"x{at}", hours_ago=1, source="AgentOps", region="nowhere", counted=False) for at in range(5)]
    found = difference(make_index([*here, *there, *double]), "since:24h source:AgentOps", now_us=NOW)
    assert (found["here"]["acts"], found["there"]["acts"]) == (40, 200)
    told = [*found["more"], *found["less"]]
    assert told
    for each in [flat for one in told for flat in (one, *({**other, **_counts(one)} for other in one["also"]))]:
        assert each["here"] == shares(here, each["column"])[each["value"]], each
        assert each["there"] == shares(there, each["column"])[each["value"]], each
    assert "nowhere" not in {each["value"] for each in told}


def _counts(one: dict[str, Any]) -> dict[str, int]:
    return {"here": one["here"], "there": one["there"]}


@pytest.mark.parametrize("seed", range(5))
def test_two_samples_of_the_same_events_differ_in_nothing(make_index: MakeIndex, seed: int) -> None:
    rows = acts(600, seed)
    found = difference(
        make_index(rows), "", now_us=NOW, against="others", picked=[row["event_id"] for row in rows[:80]]
    )
    assert found["more"] == found["less"] == []
    assert "differs by more than chance" in found["note"]


def test_a_value_beyond_the_commonest_is_counted_exactly(make_index: MakeIndex) -> None:
    crowd = [each for at in range(TOP + 20) for each in acts(3, at + 20, account=f"{at:012d}")]
    for row, at in zip(crowd, range(len(crowd)), strict=True):
        row["event_id"] = f"c{at}"
    rare = acts(2, 98, account="zzz")
    mine = acts(30, 99, account="zzz", source="AgentOps")
    found = difference(make_index([*crowd, *rare, *mine]), "since:24h source:AgentOps", now_us=NOW)
    account = next(each for each in found["more"] if each["value"] == "zzz")
    assert (account["here"], account["there"]) == (30, 2)
    assert account["lift"] == pytest.approx((30 / 30) / (2 / (2 + len(crowd))))
    assert any("Account" in said and f"the {TOP} commonest" in said for said in found["left_out"])


def test_the_score_is_the_g_statistic(make_index: MakeIndex) -> None:
    rows = [*acts(50, 1, source="AgentOps", owner="A"), *acts(100, 2, owner="B"), *acts(10, 3, owner="A")]
    found = difference(make_index(rows), "since:24h source:AgentOps", now_us=NOW)
    owner = next(each for each in found["more"] if each["column"] == "owner")
    table = [[50, 0], [10, 100]]
    total = 160
    due = [[sum(line) * sum(row[at] for row in table) / total for at in (0, 1)] for line in table]
    g = 2 * sum(seen * math.log(seen / expected) for line, dues in zip(table, due, strict=True)
                for seen, expected in zip(line, dues, strict=True) if seen)  # fmt: skip
    assert owner["score"] == pytest.approx(g, abs=0.05)


def test_a_question_is_held_against_the_time_before_and_the_wider_range(make_index: MakeIndex) -> None:
    now = [event(f"n{at}", hours_ago=HOURS["now"], service="iam", account="1") for at in range(20)]
    before = [event(f"b{at}", hours_ago=HOURS["before"], service="s3", account="1") for at in range(40)]
    index = make_index([*now, *before])
    earlier = difference(index, "since:24h account:1", now_us=NOW, against="before")
    assert (earlier["here"]["acts"], earlier["there"]["acts"]) == (20, 40)
    assert (earlier["more"][0]["column"], earlier["more"][0]["value"]) == ("service", "iam")
    wide = difference(index, "since:24h", now_us=NOW, against="wide", wide="3d..now")
    assert (wide["here"]["acts"], wide["there"]["acts"]) == (20, 40)
    assert (wide["less"][0]["column"], wide["less"][0]["value"]) == ("service", "s3")


def test_an_empty_side_is_said_and_not_divided_by(make_index: MakeIndex) -> None:
    found = difference(make_index(acts(5, 1)), "since:24h service:nosuch", now_us=NOW)
    assert found["more"] == []
    assert "nothing to compare: no act belongs to what the question finds" in found["note"]
    assert difference(make_index([]), "", now_us=NOW)["here"]["acts"] == 0


@pytest.mark.parametrize(
    "asked", [{"against": "sideways"}, {"against": "before"}, {"against": "others"}, {"against": "wide", "wide": "x"}]
)
def test_what_cannot_be_compared_is_refused(make_index: MakeIndex, asked: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        difference(make_index(acts(5, 1)), "", now_us=NOW, **asked)


def test_every_compared_field_can_be_asked_for(make_index: MakeIndex) -> None:
    assert all(BY_NAME[column].query for column in COMPARED)
