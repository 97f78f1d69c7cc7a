"""Every command's way through on a small store: what it prints, in which shape, and how it ends."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Remit
from tests.store.rows import event_columns, put

from remit.adapters.store.store import Store
from remit.model.vocabulary import ACTOR_KINDS, PATHS, SOURCES, STRENGTHS

WINDOW = "2026-08-01..2026-10-01"
POLICY_TYPES = {
    *("scp", "rcp", "identity", "resource", "boundary", "session", "vpc_endpoint", "role_trust"),
    *("azure_policy", "azure_rbac", "gcp_iam", "gcp_org_policy", "gcp_vpc_sc", "unknown"),
}
ACTION_KINDS = {"read", "create", "update", "delete", "permission", "login", "other"}
TOP = {
    *("event_id", "time", "provider", "account", "region", "environment", "owner", "source", "path", "governed"),
    *("actor", "session", "action", "permissions", "resources", "outcome", "denied", "deny", "attribution", "same_as"),
}
WITHIN = {
    "actor": {"kind", "id", "name", "agent", "on_behalf_of"},
    "session": {"id", "objective", "ticket"},
    "action": {"service", "operation", "kind"},
    "attribution": {"confidence", "evidence", "runner_up"},
}


def events(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="module")
def sample(stored: Path) -> dict[str, Any]:
    """One denied event of an agent."""
    from remit.app.application import RemitApplication

    with RemitApplication(lambda text: None).desk(stored) as desk:
        found: dict[str, Any] = desk.search("denied:true provider:aws", 1)["items"][0]
    return found


def test_jsonl_has_every_promised_field_and_closed_words(remit: Remit, stored: Path) -> None:
    ran = remit("events", "search", "", "--limit", "600", "--jsonl", "--data", str(stored))
    found = events(ran.out)
    assert ran.status == 0
    assert len(found) == 600
    for event in found:
        assert event.keys() >= TOP
        for name, keys in WITHIN.items():
            assert event[name].keys() >= keys, name
        assert event["actor"]["kind"] in ACTOR_KINDS
        assert event["path"] in PATHS
        assert event["source"] in SOURCES
        assert event["governed"] in {"gateway", "pipeline", "exempt", "none", "unknown"}
        assert event["action"]["kind"] in ACTION_KINDS
        assert event["outcome"] in {"success", "failure", "denied"}
        assert isinstance(event["permissions"], list)
        assert isinstance(event["same_as"], list)
        assert all(resource.keys() >= {"type", "id", "arn"} for resource in event["resources"])
        assert 0 <= event["attribution"]["confidence"] <= 1
        for item in event["attribution"]["evidence"]:
            assert item.keys() >= {"signal", "strength", "field", "value"}
            assert item["strength"] in STRENGTHS, item
        assert (event["deny"] is None) == (not event["denied"])
        if event["deny"]:
            assert event["deny"].keys() >= {"policy_type", "policy_arn", "implicit", "rule"}
            assert event["deny"]["policy_type"] in POLICY_TYPES


@pytest.mark.parametrize(
    "arguments",
    [
        ("events", "search", "source:AgentOps"),
        ("events", "search", "source:AgentOps", "--json"),
        ("events", "difference", "source:AgentOps"),
        ("events", "difference", "source:AgentOps", "--json"),
        ("events", "export", "source:AgentOps", "--limit", "2"),
        ("events", "export", "source:AgentOps", "--format", "csv", "--limit", "2"),
        ("events", "export", "source:AgentOps", "--format", "ocsf", "--limit", "2"),
        ("agents", "--since", WINDOW),
        ("agents", "list", "--since", WINDOW, "--json"),
        ("agents", "show", "Claude Code", "--since", WINDOW),
        ("agents", "show", "Claude Code", "--since", WINDOW, "--json"),
        ("denials",),
        ("denials", "provider:aws", "--json"),
        ("doctor",),
        ("doctor", "--json"),
        ("identities", "suggest", "--since", WINDOW),
        ("identities", "suggest", "--since", WINDOW, "--json"),
    ],
)
def test_a_question_is_answered(remit: Remit, stored: Path, arguments: tuple[str, ...]) -> None:
    ran = remit(*arguments, "--data", str(stored))
    assert ran.status == 0, ran.err
    assert ran.out.strip()
    if "--json" in arguments:
        json.loads(ran.out)


def test_show_and_who_tell_of_one_event(remit: Remit, stored: Path, sample: dict[str, Any]) -> None:
    shown = remit("events", "show", sample["event_id"], "--data", str(stored))
    assert shown.status == 0
    assert "denied by" in shown.out
    assert sample["action"]["operation"] in shown.out
    alone = remit("events", "show", sample["event_id"], "--jsonl", "--data", str(stored))
    assert events(alone.out)[0] == sample
    asked = remit("who", sample["event_id"], "--data", str(stored), "--json")
    assert asked.status == 0
    assert json.loads(asked.out)["found"]


def test_the_limit_bounds_searches(remit: Remit, stored: Path) -> None:
    assert len(events(remit("events", "search", "--limit", "3", "--jsonl", "--data", str(stored)).out)) == 3
    assert len(remit("events", "export", "--limit", "3", "--data", str(stored)).out.splitlines()) == 3
    assert len(json.loads(remit("denials", "--limit", "1", "--json", "--data", str(stored)).out)["groups"]) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("events", "search", "bogus:1"), 2),
        (("events", "search", "denied:("), 2),
        (("denials", "bogus:1"), 2),
        (("events", "export", "bogus:1"), 2),
        (("events", "show", "0" * 24), 2),
        (("agents", "show", "nobody of this name"), 2),
        (("agents", "--since", "yesteryear"), 2),
        (("events", "search", "--limit", "0"), 2),
        (("events", "search", "--cursor", "rubbish"), 2),
        (("no-such-command",), 2),
        (("who", "nothing-of-this-name"), 1),
        (("ingest", "/no/such/path/anywhere"), 1),
        (("--help",), 0),
    ],
)
def test_a_command_ends_with_its_status(remit: Remit, stored: Path, arguments: tuple[str, ...], status: int) -> None:
    data = () if arguments[0] in ("--help", "no-such-command") else ("--data", str(stored))
    assert remit(*arguments, *data).status == status


def test_a_query_error_points_at_its_column(remit: Remit, stored: Path) -> None:
    ran = remit("events", "search", "region:eu-* srvice:s3", "--data", str(stored))
    assert ran.status == 2
    text, caret, *_ = ran.err.splitlines()
    assert text[caret.index("^") :].startswith("srvice")
    assert "service" in ran.err.splitlines()[2]


def test_a_registry_that_cannot_be_used_is_a_matter_of_configuration(remit: Remit, tmp_path: Path) -> None:
    (tmp_path / "identities.toml").write_text("[[agnet]]\nname = 'x'\nmatch = 'y'\n")
    ran = remit("doctor", "--data", str(tmp_path))
    assert ran.status == 78
    assert "agent" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("source:AgentOps denied:true",),
        ("source:AgentOps", "denied:true"),
        ("source:AgentOps denied:true", "-service:nothing"),
        ("source:AgentOps", "-who:person", "denied:true"),
    ],
)
def test_a_query_means_the_same_however_the_shell_cuts_it(remit: Remit, stored: Path, words: tuple[str, ...]) -> None:
    ran = remit("events", "search", *words, "--json", "--data", str(stored))
    assert ran.status == 0, ran.err
    found = json.loads(ran.out)
    assert found["total"] > 0
    assert all(event["denied"] and event["source"] == "AgentOps" for event in found["items"])


def test_a_quoted_value_survives_the_shell(remit: Remit, stored: Path) -> None:
    ran = remit("events", "search", "agent:Claude Code", "source:AgentOps", "--json", "--data", str(stored))
    assert {event["actor"]["agent"] for event in json.loads(ran.out)["items"]} == {"Claude Code"}


def test_queries_shown_to_be_copied_work_when_copied(remit: Remit, stored: Path) -> None:
    told = remit("denials", "--data", str(stored))
    shown = next(line for line in told.out.splitlines() if "remit events search" in line)
    ran = remit(*shlex.split(shown.strip())[1:], "--json", "--data", str(stored))
    assert ran.status == 0
    assert json.loads(ran.out)["total"] > 0


def test_an_empty_store_says_what_to_do(remit: Remit, tmp_path: Path) -> None:
    for arguments in (("events", "search"), ("agents",), ("denials",), ("who", "x"), ("identities", "suggest")):
        ran = remit(*arguments, "--data", str(tmp_path))
        assert "remit ingest" in ran.out + ran.err, arguments


def test_mapping_an_identity_changes_the_judgement(remit: Remit, tmp_path: Path) -> None:
    record = {
        "eventVersion": "1.08", "eventTime": "2026-09-01T10:00:00Z", "eventSource": "s3.amazonaws.com",
        "eventName": "CreateBucket", "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.9",
        "userAgent": "x/1", "requestParameters": {"bucketName": "b"}, "responseElements": None,
        "requestID": "R1", "eventID": "E1", "eventType": "AwsApiCall", "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/night",
                         "accountId": "111122223333", "accessKeyId": "AKIAEXAMPLE", "userName": "night"},
    }  # fmt: skip
    (tmp_path / "log.json").write_text(json.dumps(record))
    data = ("--data", str(tmp_path / "data"))
    first = remit("ingest", str(tmp_path / "log.json"), "--json", *data)
    assert first.status == 0
    assert json.loads(first.out)["new"] == 1
    again = remit("ingest", str(tmp_path / "log.json"), *data)
    assert "0 new, 1 already known" in again.out
    assert remit("identities", "map", "*:user/night", "--kind", "agent", "--name", "Night Shift", *data).status == 0
    judged = remit("reattribute", *data)
    assert judged.status == 0
    assert "1 changed" in judged.out
    found = events(remit("events", "search", "--jsonl", *data).out)
    assert found[0]["actor"]["agent"] == "Night Shift"
    assert found[0]["source"] == "AgentOps"


def test_what_cannot_be_read_at_all_fails(remit: Remit, tmp_path: Path) -> None:
    (tmp_path / "log.json").write_text("this is no log")
    ran = remit("ingest", str(tmp_path / "log.json"), "--data", str(tmp_path / "data"))
    assert ran.status == 1
    assert "quarantine" in ran.out


def test_maintenance_that_had_nothing_to_do_says_so_and_what_it_looked_at(remit: Remit, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    data = ("--data", str(tmp_path / "data"))
    for grace in ("--grace=0", "--grace=24"):
        ran = remit("maintain", grace, *data)
        assert ran.status == 0
        assert "Nothing needed doing" in ran.out
        assert "0 files" in ran.out
        assert "merged away" not in ran.out + ran.err


def test_maintenance_says_that_merged_files_stay_only_where_some_do(remit: Remit, tmp_path: Path) -> None:
    for name in ("kept", "gone"):
        with Store.open(tmp_path / name, "test") as store:
            for seed in range(2):
                put(store, event_columns(5, seed))
    kept = remit("maintain", "--data", str(tmp_path / "kept"))
    gone = remit("maintain", "--grace", "0", "--data", str(tmp_path / "gone"))
    assert "Merged 2 files into 1." in kept.out
    assert "Merged 2 files into 1." in gone.out
    assert "168 hours" in kept.err
    assert "stay" not in gone.err


def test_what_a_command_did_leads_to_no_address_that_nobody_serves(remit: Remit, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    data = ("--data", str(tmp_path / "data"), "--json")
    assert "link" not in json.loads(remit("maintain", *data).out)
    assert "link" not in json.loads(remit("reattribute", *data).out)
    assert json.loads(remit("ingest", str(tmp_path / "in"), *data).out)["link"] is None
    assert "start it with: remit up" in remit("ingest", str(tmp_path / "in"), *data[:2]).out


def test_the_digest_says_how_many_events_it_is_of(remit: Remit, stored: Path, tmp_path: Path) -> None:
    empty = remit("engine", "digest", "--data", str(tmp_path / "data"))
    assert empty.out == "0:0  no event is stored; lake version 0\n"
    assert json.loads(remit("engine", "digest", "--json", "--data", str(tmp_path / "data")).out)["events"] == 0
    told = json.loads(remit("engine", "digest", "--json", "--data", str(stored)).out)
    said = remit("engine", "digest", "--data", str(stored)).out
    assert told["events"] > 1_000
    assert said == f"{told['digest']}  {told['events']:,} events; lake version {told['lake']}\n"


def test_doctor_does_not_take_itself_for_another_keeper(remit: Remit, tmp_path: Path) -> None:
    checks = json.loads(remit("doctor", "--json", "--data", str(tmp_path)).out)["checks"]
    said = next(each["finding"] for each in checks if each["check"] == "keeper")
    assert said == "No other process keeps the data folder: this command opened it by itself."


def test_watch_looks_once(remit: Remit, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    ran = remit("watch", str(tmp_path / "in"), "--once", "--data", str(tmp_path / "data"))
    assert ran.status == 0
    assert "0 records read from 0 sources" in ran.out


def test_json_output_holds_no_bare_control_or_direction_characters(capsys: pytest.CaptureFixture[str]) -> None:
    from remit.faces.cli import output

    hostile = {"a": "\x7f\x9b31m\u202e\u2066\U000e0001\ud800 ok\n\té"}
    output.emit_jsonl([hostile])
    output.emit_exported(json.dumps(hostile, ensure_ascii=False), "jsonl")
    for line in capsys.readouterr().out.splitlines():
        assert not set(line) & set("\x7f\x9b\u202e\u2066\U000e0001\ud800")
        assert "é" in line
        assert json.loads(line) == hostile


def test_suggested_entries_can_be_put_into_the_registry_as_they_are_printed(remit: Remit, stored: Path) -> None:
    ran = remit("identities", "suggest", "--since", WINDOW, "--data", str(stored))
    proposed = tomllib.loads(ran.out)
    assert proposed
    assert all(entry["name"] and entry["match"] for entries in proposed.values() for entry in entries)


def test_a_view_is_saved_asked_renamed_and_deleted(remit: Remit, tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    assert "No view is saved yet" in remit("views", *data).out
    made = remit("views", "save", "Agents", "source:AgentOps", "-outcome:failure", "--since", "7d", "--json", *data)
    saved = json.loads(made.out)
    assert saved["question"] == "source:AgentOps -outcome:failure since:7d"
    assert shlex.quote(saved["question"]) in remit("views", "show", "agents", *data).out
    assert remit("views", "save", "AGENTS", "who:agent", *data).status == 1
    again = remit("views", "save", "agents", "who:agent", "--replace", "--json", *data)
    assert (json.loads(again.out)["query"], json.loads(again.out)["version"]) == ("who:agent", 2)
    remit("views", "rename", "agents", "Machines", *data)
    assert [each["name"] for each in json.loads(remit("views", "list", "--json", *data).out)["items"]] == ["Machines"]
    assert "who:agent" in remit("views", *data).out
    assert "who:agent" in remit("views", "delete", saved["id"], *data).out
    assert remit("views", "show", "Machines", *data).status == 2


def test_a_view_of_a_question_that_cannot_be_asked_is_not_saved(remit: Remit, tmp_path: Path) -> None:
    ran = remit("views", "save", "Agents", "sourc:AgentOps", "--data", str(tmp_path / "data"))
    assert (ran.status, "^" in ran.err) == (2, True)


def test_what_is_in_quarantine_and_was_no_record_is_counted_apart(remit: Remit, tmp_path: Path) -> None:
    logs, data = tmp_path / "logs", tmp_path / "other"
    logs.mkdir()
    (logs / "cut-off.json").write_text('{"eventVersion":"1.08"}\n{"a":\n', encoding="utf-8")
    told = remit("ingest", str(logs), "--data", str(data))
    assert "1 record read from 1 source" in told.out
    assert "1 in quarantine: unknown-format" in told.out
    assert "1 in quarantine: not-json" in told.out
    assert "1 in quarantine without being among those read" in told.out
    (logs / "cut-off.json").write_text('{"eventVersion":"1.09"}\n', encoding="utf-8")
    assert "without being among" not in remit("ingest", str(logs), "--data", str(data)).out


def test_commands_of_the_library_load_nothing_that_opens_a_data_folder() -> None:
    program = """
import subprocess
import sys
from remit.app.main import RemitApplication, run
application = RemitApplication(print)
for words in (["--version"], ["guardrails", "search", "sage"], ["guardrails", "show", "org-deny-leave"],
              ["guardrails", "render", "org-deny-leave"], ["guardrails", "lint", "org-deny-leave"],
              ["iam", "evaluate", "--help"]):
    assert run(application, words) in (0, 3), words
print("loaded", sorted({"duckdb", "pyarrow", "sqlalchemy", "starlette"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"
