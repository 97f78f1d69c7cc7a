"""When alerts fire and how they are told: cases as data, and what holds for any input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.model.errors import UsageError
from remit.rooms.alerts import KINDS, Settings, Watch, judge, look_at, read_settings, settle
from remit.rooms.alerts.baseline import earlier_windows, unusual, usual_of
from remit.rooms.alerts.finding import Finding
from remit.rooms.alerts.questions import Counts, HistoryStart, NewMatches, Reach
from remit.rooms.alerts.settle import MOST

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases.json").read_text())
HOUR = 3_600_000_000
END = 500_000 * HOUR


def named(kind: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in CASES[kind]]


def watch(kind: str, **settings: str) -> Watch:
    return Watch("a1", read_settings(kind, settings))


@pytest.mark.parametrize("case", named("rate"))
def test_a_rate_against_its_own_past(case: Any) -> None:
    asked = Counts(END, HOUR, 25)
    counts = [*([0] * 24), *case["counts"]][-25:]
    start = None if case["history_hours"] is None else END - case["history_hours"] * HOUR
    found = judge(watch("rate", **case.get("settings", {})), (asked, HistoryStart()), (counts, start))
    assert bool(found.findings) is case["fires"]
    told = found.findings[0].sentence if found.findings else found.note
    assert case["says"] in told
    if case["fires"]:
        evidence = found.findings[0].evidence
        assert evidence["acts"] == counts[-1]
        assert evidence["windows"] == min(24, case["history_hours"] - 1)


@pytest.mark.parametrize("case", named("blast"))
def test_an_agents_reach_against_its_own_past(case: Any) -> None:
    def reached(row: Any) -> Any:
        none = {"resources": 0, "accounts": 1, "regions": 1, "deletions": 0, "changes": 1, "sample": "e"}
        return {agent: none | measures for agent, measures in row.items()}

    windows = [reached(row) for row in case["windows"]]
    asked = Reach(END, 24 * HOUR, len(windows))
    start = END - len(windows) * 24 * HOUR
    found = judge(watch("blast", **case.get("settings", {})), (asked, HistoryStart()), (windows, start))
    assert [each.subject["agent"] for each in found.findings] == case["fires"]
    assert case["says"] in " ".join([*(each.sentence for each in found.findings), found.note])


@pytest.mark.parametrize("case", named("match"))
def test_a_match_says_who_did_what_where(case: Any) -> None:
    none = dict.fromkeys(
        ("agent", "actor_name", "principal", "on_behalf_of", "environment", "account", "actor_kind", "outcome")
    )
    row = {**none, "event_id": "e1", "time": END, "resource_ids": [], "denied": False, **case["row"]}
    rows = [{**row, "event_id": f"e{number}", "time": END + number} for number in range(case.get("times", 1))]
    found = judge(watch("match"), (NewMatches(()),), (rows,)).findings
    assert [each.sentence for each in found] == [case["says"]]
    assert dict(found[0].terms) == case["terms"]
    assert found[0].count == len(rows)


@pytest.mark.parametrize("case", named("settings"))
def test_settings_are_read_or_refused_in_their_own_words(case: Any) -> None:
    if "refused" in case:
        with pytest.raises(UsageError) as refused:
            read_settings(case["kind"], case["given"])
        assert case["refused"] in str(refused.value)
    else:
        assert dict(read_settings(case["kind"], case["given"]).written) == case["read"]


@given(st.sampled_from(KINDS), st.dictionaries(st.text(max_size=9), st.text(max_size=12) | st.integers(), max_size=4))
def test_any_settings_are_read_or_refused(kind: Any, given_: Any) -> None:
    try:
        read = read_settings(kind.name, given_)
    except UsageError:
        pass
    else:
        assert read_settings(kind.name, read.written) == read
        assert all(read.micros(o.name) > 0 for o in kind.options if o.form == "duration")


@given(st.lists(st.integers(0, 10**6), max_size=30), st.integers(0, 10**6), st.floats(1.1, 1000), st.integers(1, 1000))
def test_a_baseline_never_divides_by_zero_and_more_is_never_less_unusual(
    past: list[int], count: int, factor: float, least: int
) -> None:
    usual = usual_of(past)
    assert 0 <= usual.usual <= max(past, default=0)
    if unusual(count, usual, factor, least):
        assert count >= least
        assert unusual(count + 1, usual, factor, least)
    if not any(past):
        assert unusual(count, usual, factor, least) == (count >= least)


@given(st.integers(0, 10**17), st.sampled_from(["5m", "7m", "1h", "90m", "1d", "7d"]))
def test_looks_stand_on_a_grid_that_divides_their_window(until: int, window: str) -> None:
    for kind in ("rate", "blast"):
        if kind == "blast" and window in ("5m", "7m"):
            continue
        alert = watch(kind, window=window)
        end = look_at(alert, until)
        assert until - alert.settings.micros("window") < end <= until
        assert look_at(alert, end) == end
        assert earlier_windows(alert.settings.micros("window")) >= 14


def finding(name: str, count: int = 1) -> Finding:
    return Finding(
        name, f"{name} happened.", count, {"acts": count}, (name,), END, END + 1, (), {"agent": "x", "actor": name}
    )


names = st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.integers(1, 50)), max_size=20)


@given(names, st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3 * HOUR)), st.integers(0, 3 * HOUR))
def test_settling_tells_everything_once_and_a_bounded_number_of_times(given_: Any, began: Any, at: int) -> None:
    alert = watch("match")
    findings = [finding(*each) for each in given_]
    first = settle(alert, findings, began, at)
    assert sum(each.count for each in first.fired) + sum(each.count for each in first.again.values()) == sum(
        each.count for each in findings
    )
    under_way = {name for name, since in began.items() if at - since < alert.settings.quiet_us}
    assert len(first.fired) <= max(1, MOST - len(under_way))
    assert not {each.fingerprint for each in first.fired} & under_way
    after = began | {each.fingerprint: at for each in first.fired}
    again = settle(alert, findings, after, at)
    assert again.fired == ()
    assert sum(each.count for each in again.again.values()) == sum(each.count for each in findings)


def test_a_storm_is_one_finding_with_the_sum_and_what_all_share() -> None:
    findings = [finding(f"n{number}", 2) for number in range(10_000)]
    settled = settle(watch("match"), findings, {}, END)
    assert [each.count for each in settled.fired] == [20_000]
    assert settled.fired[0].subject == {"agent": "x"}
    assert settled.fired[0].sentence.startswith("20,000 acts in 10,000 different findings, too many to tell one by one")


@pytest.mark.parametrize("count", [6, 8, 9, 500])
def test_a_storm_names_what_was_touched_and_says_how_many_more(count: int) -> None:
    findings = [replace(finding(f"n{number}"), resources=(f"arn:aws:s3:::b{number}",)) for number in range(count)]
    summed = settle(watch("match"), findings, {}, END).fired[0]
    assert summed.resources == tuple(f"arn:aws:s3:::b{number}" for number in range(count))
    named = [f"b{number}" for number in range(min(count, 8))]
    assert all(name in summed.sentence.partition(". The first")[0] for name in named)
    assert (f"and {count - 8} more. " in summed.sentence) == (count > 8)
    assert summed.evidence["resources"] == count


def deletion(**columns: Any) -> dict[str, Any]:
    none = ("actor_name", "principal", "on_behalf_of", "environment", "deny_resource", "actor_kind")
    return {
        **dict.fromkeys(none), "event_id": "e", "time": END, "agent": "Codex", "service": "rds", "account": "1",
        "operation": "DeleteDBCluster", "resource_ids": ["orders"],
        "resource_arns": ["arn:aws:rds:eu:1:cluster:orders"],
        "outcome": "success", "denied": False, **columns,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({"event_id": "f", "time": END + 1}, True),
        ({"resource_arns": ["arn:aws:rds:eu:1:cluster:billing"], "resource_ids": ["billing"]}, False),
        ({"resource_arns": ["arn:aws:rds:us:1:cluster:orders"]}, False),
        ({"resource_arns": [], "resource_ids": ["billing"]}, False),
        ({"resource_arns": [], "resource_ids": [], "deny_resource": "billing"}, False),
        ({"denied": True, "outcome": "denied"}, False),
        ({"outcome": "failure"}, False),
        ({"agent": "Claude Code"}, False),
        ({"account": "2"}, False),
    ],
)
def test_another_act_is_another_finding_and_the_same_again_is_not(other: dict[str, Any], same: bool) -> None:
    rows = [deletion(), deletion(**other)]
    found = judge(watch("match"), (NewMatches(()),), (rows,)).findings
    assert len({each.fingerprint for each in found}) == (1 if same else 2)


def test_after_the_quiet_time_the_same_finding_is_told_again() -> None:
    alert = watch("match", quiet="10m")
    assert settle(alert, [finding("a")], {"a": 0}, 600_000_000 - 1).fired == ()
    assert len(settle(alert, [finding("a")], {"a": 0}, 600_000_000).fired) == 1


def test_hostile_names_are_spelled_out_and_short_in_sentences() -> None:
    row = {
        "event_id": "e", "time": END, "agent": "a\u202egnp.exe\n\x00" + "x" * 500, "actor_name": None,
        "principal": None,
        "on_behalf_of": None, "service": "s3", "operation": "Get\u200bObject", "account": "1", "environment": None,
        "resource_ids": ["b" * 900], "outcome": "success", "denied": False, "actor_kind": "agent",
    }  # fmt: skip
    sentence = judge(watch("match"), (NewMatches(()),), ([row],)).findings[0].sentence
    assert sentence.isprintable()
    assert len(sentence) < 400
    assert "\\u202e" in sentence


def test_settings_know_their_kind() -> None:
    assert isinstance(read_settings("rate", {}), Settings)
    assert watch("blast").kind == "blast"
