"""`remit denials` and `events show` with the organization known: the same cause in each, and nothing breaks them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.estate_store import END_US

from remit.app.packaged import load_reference
from remit.faces.cli import causes as drawing
from remit.faces.cli.output import counted
from remit.flows.questions import causes as flow
from remit.flows.questions.causes import DenialCauses
from remit.rooms.estate import organization_json
from remit.rooms.organization import parse_organization

from .conftest import Remit

Organization = dict[str, Any]
ALL = ("since:all",)


@pytest.fixture
def data(stored: Path, tmp_path: Path) -> Path:
    """The store, beside the demonstration's organization."""
    folder = tmp_path / "data"
    shutil.copytree(stored, folder)
    (folder / "organization.json").write_text(organization_json(END_US), encoding="utf-8")
    return folder


def written(data: Path, change: Callable[[Organization], None]) -> None:
    """Change the organization file."""
    path = data / "organization.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    change(found)
    path.write_text(json.dumps(found), encoding="utf-8")


def causes_of(remit: Remit, data: Path, *query: str) -> dict[str, Any]:
    ran = remit("denials", *query, "--data", str(data), "--json")
    assert ran.status == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)["causes"]
    return found


def test_every_denial_is_in_one_row_or_said_to_be_left_out(remit: Remit, data: Path) -> None:
    found = causes_of(remit, data)
    assert sum(row["count"] for row in found["rows"]) == found["judged"]
    assert found["judged"] + sum(each["count"] for each in found["left_out"]) == found["total"] > found["judged"] > 10


def test_what_the_record_names_is_what_is_found(remit: Remit, data: Path) -> None:
    """Every denial of the estate whose message names a policy of the organization is laid to that very policy."""
    rows = [row for row in causes_of(remit, data)["rows"] if row["record"]["policy_type"] in ("scp", "rcp")]
    assert rows
    for row in rows:
        assert row["causes"][0]["arn"] == row["record"]["policy_arn"]
        assert row["record"]["says"] == "The record names the same policy."
    others = [row for row in causes_of(remit, data)["rows"] if row["record"]["policy_type"] not in ("scp", "rcp")]
    assert {row["verdict"] for row in others} == {"none"}


def test_an_event_is_laid_to_the_statement_of_its_row(remit: Remit, data: Path) -> None:
    for row in causes_of(remit, data)["rows"]:
        shown = json.loads(remit("events", "show", row["sample"], "--data", str(data), "--json").out)
        assert shown["cause"]["verdict"] == row["verdict"]
        named = [(each["policy"], each["statement"], each["level"]) for each in shown["cause"]["causes"]]
        assert named == [(each["policy"], each["statement"], each["level"]) for each in row["causes"]]
        if row["verdict"] == "found":
            assert row["causes"][0]["statement"] in shown["answers"]["policy"]["answer"]


def test_a_denial_that_a_statement_explains_is_told_once(remit: Remit, data: Path) -> None:
    """Rows explained and groups less what they explain are all denials, and no advice of a record stands beside it."""
    ran = remit("denials", "--data", str(data), "--limit", "500", "--json")
    found = json.loads(ran.out)
    explained = sum(row["count"] for row in found["causes"]["rows"] if row["explained"])
    assert not found["more"]
    assert found["total"] > sum(group["explained"] for group in found["groups"]) == explained > 0
    text = remit("denials", "--data", str(data), "--limit", "500")
    left = [group for group in found["groups"] if group["explained"] < group["count"]]
    assert text.out.count("remit events search") == len(left) < len(found["groups"])
    assert f"{explained:,} are explained by the organization's policies" in text.err
    assert "Read the denying statement" not in text.out
    row = next(row for row in found["causes"]["rows"] if row["explained"])
    shown = remit("events", "show", row["sample"], "--data", str(data)).out.partition("\n\n")[0]
    assert f"{row['record']['policy_arn']} (ProtectRegions)" in shown
    assert "Read the denying statement" not in shown


def test_explained_denials_that_are_left_out_are_counted(
    remit: Remit, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their groups are not told again, so the count is all that is said of them."""
    told = [row for row in causes_of(remit, data)["rows"] if row["concerns_organization"]]
    monkeypatch.setattr(drawing, "_ROWS", 0)
    ran = remit("denials", "--data", str(data))
    denials = counted(sum(row["count"] for row in told), "denial")
    assert f"{counted(len(told), 'more cause')}, of {denials}, left out here; --json has them." in ran.err


def test_a_denial_whose_record_names_another_policy_keeps_the_words_of_its_record(remit: Remit, data: Path) -> None:
    def another(found: Organization) -> None:
        regions = next(each for each in found["policies"] if each["name"] == "ProtectRegions")
        old, regions["id"] = regions["id"], "p-older0000"
        regions.pop("arn", None)
        for each in found["attachments"]:
            each["policy"] = regions["id"] if each["policy"] == old else each["policy"]

    written(data, another)
    found = json.loads(remit("denials", "--data", str(data), "--limit", "500", "--json").out)
    rows = [row for row in found["causes"]["rows"] if "names another policy" in row["record"]["says"]]
    assert [(row["verdict"], row["explained"]) for row in rows] == [("found", False)]
    assert {group["explained"] for group in found["groups"]} == {0}


def test_what_no_organization_explains_keeps_the_words_of_its_record(remit: Remit, data: Path) -> None:
    (data / "organization.json").unlink()
    found = json.loads(remit("denials", "--data", str(data), "--json").out)
    assert {group["explained"] for group in found["groups"]} == {0}
    assert "Read the denying statement" in remit("denials", "--data", str(data)).out


def test_without_an_organization_denials_are_as_before_and_a_line_says_how_to_give_one(
    remit: Remit, data: Path
) -> None:
    (data / "organization.json").unlink()
    ran = remit("denials", "--data", str(data))
    assert ran.status == 0
    assert "remit organization import" in ran.err
    assert "Denied by" not in ran.out
    assert "permissions boundary does not allow" in ran.out


def test_what_a_policy_said_before_its_first_version_is_not_known(remit: Remit, data: Path) -> None:
    def never(found: Organization) -> None:
        regions = next(each for each in found["policies"] if each["name"] == "ProtectRegions")
        regions["versions"] = [{**regions["versions"][-1], "valid_from": "2030-01-01"}]

    written(data, never)
    rows = [row for row in causes_of(remit, data)["rows"] if row["record"]["policy_type"] == "scp"]
    assert {(row["verdict"], row["explained"]) for row in rows} == {("unknown", False)}
    assert all("ProtectRegions" in row["sentence"] for row in rows)


def test_a_policy_that_the_file_has_nowhere_is_no_cause_and_the_contradiction_is_said(remit: Remit, data: Path) -> None:
    def never(found: Organization) -> None:
        regions = next(each for each in found["policies"] if each["name"] == "ProtectRegions")
        found["attachments"] = [each for each in found["attachments"] if each["policy"] != regions["id"]]

    written(data, never)
    rows = [row for row in causes_of(remit, data)["rows"] if row["record"]["policy_type"] == "scp"]
    lost = [row for row in rows if not row["causes"]]
    assert lost
    assert all("None in the organization file denies it" in row["record"]["says"] for row in lost)
    assert all(row["concerns_organization"] for row in lost)


def _broken(found: Organization) -> None:
    for policy in found["policies"]:
        policy["versions"] = [{"document": '{"Version": "2012-10-17", "Statement": ['}]


def _huge(found: Organization) -> None:
    for policy in found["policies"][:1]:
        policy["versions"] = [{"document": '{"Statement": [' + '"' + "a" * 10_000_000 + '"]}'}]


def _deep(found: Organization) -> None:
    for policy in found["policies"]:
        policy["versions"] = [{"document": "[" * 100_000}]


def _bomb(found: Organization) -> None:
    pattern = "arn:aws:*" + "*a" * 400 + "b"
    statement = {"Effect": "Deny", "Action": ["*" * 50 + "x"] * 50 + ["*"], "Resource": [pattern] * 200}
    for policy in found["policies"][:2]:
        policy["versions"] = [{"document": {"Version": "2012-10-17", "Statement": [statement]}}]


@pytest.mark.parametrize("harm", [_broken, _huge, _deep])
def test_a_policy_that_cannot_be_read_is_told_and_leaves_the_answer_open(
    remit: Remit, data: Path, harm: Callable[[Organization], None]
) -> None:
    written(data, harm)
    found = causes_of(remit, data)
    assert found["unreadable"]
    assert {row["verdict"] for row in found["rows"]} & {"unknown"}
    for row in found["rows"]:
        if row["record"]["policy_type"] == "scp" and "ProtectRegions" in row["sentence"]:
            assert row["verdict"] == "unknown"
    assert "cannot be read" in remit("denials", "--data", str(data)).err


def test_patterns_built_to_explode_are_answered(remit: Remit, data: Path) -> None:
    written(data, _bomb)
    found = causes_of(remit, data)
    assert sum(row["count"] for row in found["rows"]) == found["judged"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 9}', "\x00" * 100, "[" * 50_000, '{"id": 1, "id": 2}'])
def test_a_file_that_is_no_organization_is_told_and_breaks_nothing(remit: Remit, data: Path, text: str) -> None:
    (data / "organization.json").write_text(text, encoding="utf-8")
    ran = remit("denials", "--data", str(data))
    assert ran.status == 0
    assert "The organization file cannot be used" in ran.err
    assert "permissions boundary does not allow" in ran.out


def test_more_combinations_than_are_judged_are_counted_as_left_out(
    remit: Remit, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = causes_of(remit, data)
    monkeypatch.setattr(flow, "MOST_CONTEXTS", 3)
    found = causes_of(remit, data)
    assert found["contexts"] == 3
    left = next(each for each in found["left_out"] if "combinations" in each["why"])
    assert left["count"] + found["judged"] == whole["judged"]


class _Nothing:
    """A store and an index without events."""

    def __getattr__(self, name: str) -> Any:
        return {"search": lambda *_: [], "tally": lambda _: {"records": 0, "first": None, "last": None}}[name]


def test_nothing_denied_is_no_cause() -> None:
    nothing: Any = _Nothing()
    known = parse_organization(organization_json(END_US))
    asked = DenialCauses(nothing, nothing, lambda: known, load_reference())
    assert asked.of_event("none") is None
    from remit.rooms.query.predicate import EVERYTHING

    assert asked.of_denials(EVERYTHING)["rows"] == []
