"""`remit drill sagemaker`: each of its claims is held against the store it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from remit.app.application import RemitApplication
from remit.faces.cli.main import run
from remit.model.errors import UsageError
from remit.rooms.estate.aws import drill
from remit.rooms.organization import parse_organization

from .conftest import Remit

STEPS = ["denied", "explained", "proposed", "tried", "changed", "retried", "timeline"]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of a drill, and what the drill told."""
    told: list[Any] = []
    folder = tmp_path_factory.mktemp("drill") / "data"
    done = RemitApplication(lambda text: None).drill(folder, "sagemaker", told.append)
    assert done["steps"] == told
    return folder, done


def facts(done: dict[str, Any], step: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in done["steps"] if each["step"] == step)["facts"]
    return found


def test_every_step_is_borne_out(played: tuple[Path, dict[str, Any]]) -> None:
    _, done = played
    assert [(each["step"], each["ok"]) for each in done["steps"]] == [(name, True) for name in STEPS]
    assert done["ok"]


def test_the_denials_are_in_the_store_and_laid_to_the_statement(
    played: tuple[Path, dict[str, Any]], remit: Remit
) -> None:
    folder, done = played
    for event in facts(done, "denied")["events"]:
        shown = json.loads(remit("events", "show", event, "--data", str(folder), "--json").out)
        raw = json.loads(shown["raw"])
        assert raw["errorCode"] == "AccessDeniedException"
        assert raw["awsRegion"] == drill.REGION
        assert shown["event"]["actor"]["agent"] == "Claude Code"
        cause = shown["cause"]["causes"][0]
        assert (cause["policy"], cause["statement"], cause["level"]["name"]) == (
            drill.POLICY, "DenyOtherRegions", "Workloads",
        )  # fmt: skip
        assert cause["named_by_record"]
        assert shown["cause"]["recommendation"]["kind"] == "approved_region"
    query = ("service:sagemaker", f"region:{drill.REGION}")
    rows = json.loads(remit("denials", *query, "--data", str(folder), "--json").out)["causes"]["rows"]
    assert [row["count"] for row in rows] == [3]
    written = remit("denials", *query, "--data", str(folder)).out
    assert "Denied by DenyOtherRegions of the SCP ProtectRegions" in written
    page = remit("events", "show", facts(done, "denied")["events"][0], "--data", str(folder)).out
    assert "Use an approved Region instead of us-west-2: eu-west-1, us-east-1." in page


def test_the_guardrail_was_changed_as_it_was_tried(played: tuple[Path, dict[str, Any]]) -> None:
    folder, done = played
    known = parse_organization((folder / "organization.json").read_bytes()).policies[drill.POLICY]
    before, now = (version.document for version in known.versions[-2:])
    assert now == facts(done, "proposed")["document"]
    assert before != now
    assert isinstance(now, dict)
    assert now["Statement"][1]["Action"] == list(drill.ACTIONS)
    tried = facts(done, "tried")
    assert tried["no_longer_denied"]["count"] == 3
    assert tried["newly_denied"]["count"] == 0
    assert tried["recorded"]


def test_the_line_it_ends_with_finds_the_whole_story(played: tuple[Path, dict[str, Any]], remit: Remit) -> None:
    folder, done = played
    found = json.loads(remit("events", "search", done["query"], "--data", str(folder), "--json").out)
    told = [(each["action"]["operation"], each["outcome"]) for each in reversed(found["items"])]
    calls = [action.partition(":")[2] for action in drill.ACTIONS]
    expected = [(name, "denied") for name in calls] + [("UpdatePolicy", "success")]
    assert told == expected + [(name, "success") for name in calls]
    assert [each["event_id"] for each in reversed(found["items"])] == facts(done, "timeline")["events"]
    assert done["console"].startswith("http://127.0.0.1:8420/?q=")


def test_a_folder_with_anything_else_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "mine.txt"
    kept.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="holds no drill"):
        RemitApplication(lambda text: None).drill(tmp_path, "sagemaker", lambda step: None)
    assert kept.read_text(encoding="utf-8") == "mine"


class Killed(BaseException):
    """Stands for a signal that nothing can catch."""


@pytest.mark.parametrize("at", ["remove", "prepare", "fill"])
def test_a_drill_that_was_killed_is_played_anew_in_its_folder(
    at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    drilling = RemitApplication(lambda text: None)

    def killed(*_: object) -> None:
        raise Killed(at)

    with monkeypatch.context() as patched:
        patched.setattr(f"remit.app.demo.{at}", killed)
        with pytest.raises(Killed):
            drilling.drill(folder, "sagemaker", lambda step: None)
    (folder / "left.txt").write_text("of the first", encoding="utf-8")
    monkeypatch.setattr("remit.app.demo.fill", killed)
    with pytest.raises(Killed):
        drilling.drill(folder, "sagemaker", lambda step: None)
    assert not (folder / "left.txt").exists()
    assert (folder / "organization.json").exists()


def test_there_is_no_other_drill(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(RemitApplication(lambda text: None), ["drill", "redshift"]) == 2
    assert "redshift" in capsys.readouterr().err


def test_the_help_names_the_folder_it_plays_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Played:
        """An application that tells where it would play."""

        def drill(self, data: Path, *_: object) -> dict[str, Any]:
            return {"ok": True, "data": str(data), "query": ""}

    assert run(Played(), ["drill", "sagemaker", "--help"]) == 0  # type: ignore[arg-type]
    assert "with -drill after its name" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setenv("REMIT_DATA", str(tmp_path / "mine"))
    for more, folder in (([], "mine-drill"), (["--data", str(tmp_path / "own")], "own")):
        assert run(Played(), ["drill", "sagemaker", "--json", *more]) == 0  # type: ignore[arg-type]
        assert json.loads(capsys.readouterr().out)["data"] == str(tmp_path / folder)
