"""A saved view keeps a readable question under a name used once, and is changed at a version or not at all."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from remit.adapters.store.state.views import ViewTable
from remit.flows import views as flow
from remit.model.errors import Conflict, NotFound, QueryError, RemitError, Stale, TooMuch, UsageError

from .conftest import Kept

AGENTS = "source:AgentOps env:production"


def test_a_view_is_kept_with_its_whole_question(kept: Kept) -> None:
    saved = kept.views.save("  Agents at work ", AGENTS, "7d", by="maya")
    assert (saved["name"], saved["owner"], saved["version"]) == ("Agents at work", "maya", 1)
    assert saved["question"] == f"{AGENTS} since:7d"
    assert saved["path"] == f"/views/{saved['id']}"
    assert kept.views.show(saved["id"]) == kept.views.show("AGENTS AT WORK") == saved
    assert kept.views.list()["items"] == [saved]


@pytest.mark.parametrize(
    ("query", "since", "until", "question"),
    [
        ("", "", "", "since:24h"),
        ("a OR b", "", "", "(a OR b) since:24h"),
        ("denied:true", "all", "", "denied:true"),
        ("denied:true", "", "2026-10-31", "denied:true until:2026-10-31"),
        ("denied:true since:3d", "", "", "denied:true since:3d"),
    ],
)
def test_the_question_holds_the_range(kept: Kept, query: str, since: str, until: str, question: str) -> None:
    assert kept.views.save("one", query, since, until, by="maya")["question"] == question


@pytest.mark.parametrize(
    ("name", "query", "since", "until", "error"),
    [
        ("", AGENTS, "", "", UsageError),
        (" \t ", AGENTS, "", "", UsageError),
        ("x" * 121, AGENTS, "", "", UsageError),
        ("two\nlines", AGENTS, "", "", UsageError),
        ("turned \u202e round", AGENTS, "", "", UsageError),
        ("nul\x00", AGENTS, "", "", UsageError),
        ("half \ud800", AGENTS, "", "", UsageError),
        ("one", "sourc:AgentOps", "", "", QueryError),
        ("one", "((", "", "", QueryError),
        ("one", "half \ud800", "", "", QueryError),
        ("one", "a" * 5000, "", "", QueryError),
        ("one", AGENTS, "someday", "", QueryError),
        ("one", AGENTS, "", "9999-99-99", QueryError),
        ("one", AGENTS, "2" * 5000, "", UsageError),
        ("one", AGENTS + " since:1d", "7d", "", UsageError),
    ],
)
def test_what_cannot_be_asked_is_not_saved(
    kept: Kept, name: str, query: str, since: str, until: str, error: type[RemitError]
) -> None:
    with pytest.raises(error):
        kept.views.save(name, query, since, until, by="maya")
    assert kept.views.list()["items"] == []


def test_a_name_is_used_once_without_regard_to_case(kept: Kept) -> None:
    kept.views.save("Agents", AGENTS, by="maya")
    other = kept.views.save("People", "who:person", by="sam")
    with pytest.raises(Conflict) as refused:
        kept.views.save("AGENTS", "", by="sam")
    assert not isinstance(refused.value, Stale)
    with pytest.raises(Conflict):
        kept.views.change(other["id"], 1, name="agents", by="sam")
    assert kept.views.show(other["id"]) == other
    assert kept.views.change(other["id"], 1, name="PEOPLE", by="sam")["name"] == "PEOPLE"


def test_of_two_changes_to_one_version_the_second_is_told(kept: Kept) -> None:
    first = kept.views.save("Agents", AGENTS, by="maya")
    changed = kept.views.change(first["id"], 1, query="who:agent", by="sam")
    assert (changed["version"], changed["owner"]) == (2, "maya")
    assert changed["changed"] > first["changed"]
    for late in (
        lambda: kept.views.change(first["id"], 1, name="Mine", by="maya"),
        lambda: kept.views.delete(first["id"], 1, by="maya"),
        lambda: kept.views.change(first["id"], 3, name="Mine", by="maya"),
    ):
        with pytest.raises(Stale):
            late()
    assert kept.views.show(first["id"]) == changed


def test_a_change_that_changes_nothing_leaves_the_version(kept: Kept) -> None:
    saved = kept.views.save("Agents", AGENTS, by="maya")
    assert kept.views.change(saved["id"], 1, name="Agents", by="sam") == saved


def test_a_race_of_many_changes_is_won_once(kept: Kept) -> None:
    saved = kept.views.save("Agents", AGENTS, by="maya")
    told: list[Any] = []

    def change(number: int) -> None:
        try:
            told.append(kept.views.change(saved["id"], 1, query=f"service:s{number}", by=f"p{number}")["version"])
        except Stale:
            told.append("stale")

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, told)) == ["2", *["stale"] * 7]


def test_a_deleted_view_is_gone_and_its_name_is_free(kept: Kept) -> None:
    saved = kept.views.save("Agents", AGENTS, by="maya")
    assert kept.views.delete(saved["id"], 1, by="sam") == saved
    with pytest.raises(NotFound):
        kept.views.show(saved["id"])
    with pytest.raises(NotFound):
        kept.views.delete(saved["id"], 1, by="sam")
    assert kept.views.save("Agents", "", by="sam")["id"] != saved["id"]


def test_every_change_is_recorded_with_who_made_it(kept: Kept) -> None:
    saved = kept.views.save("Agents", AGENTS, by="maya")
    kept.views.change(saved["id"], 1, query="who:agent", by="sam")
    kept.views.delete(saved["id"], 2, by="root")
    entries = [(each["who"], each["what"], each["facts"]["query"]) for each in reversed(kept.state.journalled())]
    assert entries == [
        ("maya", "view.saved", AGENTS),
        ("sam", "view.changed", "who:agent"),
        ("root", "view.deleted", "who:agent"),
    ]
    assert kept.state.journalled()[1]["facts"]["before"]["query"] == AGENTS


def test_a_change_that_is_refused_is_not_recorded(kept: Kept) -> None:
    kept.views.save("Agents", AGENTS, by="maya")
    with pytest.raises(Conflict):
        kept.views.save("Agents", AGENTS, by="sam")
    assert len(kept.state.journalled()) == 1


def test_there_are_only_so_many(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "MOST_VIEWS", 2)
    kept.views.save("one", "", by="maya")
    kept.views.save("two", "", by="maya")
    with pytest.raises(TooMuch):
        kept.views.save("three", "", by="maya")


def test_a_view_that_this_version_cannot_read_hides_no_other(kept: Kept) -> None:
    saved = kept.views.save("Agents", AGENTS, by="maya")
    row = {name: saved[name] for name in ("id", "name", "since", "until", "owner", "created", "changed")}
    ViewTable(kept.state).replace({**row, "query": "gone:1", "version": 2}, saved, "maya")
    kept.views.save("Also", "", by="maya")
    shown = kept.views.list()["items"]
    assert {each["name"]: each["question"] for each in shown} == {"Agents": None, "Also": "since:24h"}
    assert kept.views.change(saved["id"], 2, query=AGENTS, by="maya")["question"] == f"{AGENTS} since:24h"
