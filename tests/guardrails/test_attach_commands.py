"""The commands from a guardrail to the organization: export it, propose it, agree to it, attach it."""

from __future__ import annotations

import io
import json
import shlex
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Ran
from tests.guardrails.conftest import Organization
from tests.guardrails.documents import PLAIN
from tests.guardrails.readers import by_cfn_lint

from remit.adapters.store.state.proposals import BacktestTable
from remit.adapters.store.state.state import State
from remit.app.application import RemitApplication
from remit.faces.cli.main import run
from remit.faces.cli.output import note
from remit.rooms.guardrails.exports.digest import digest
from remit.rooms.guardrails.limits import minified


class Commands:
    """Command lines run in this process on one data folder and one organization."""

    def __init__(self, capsys: pytest.CaptureFixture[str], data: Path, endpoint: str) -> None:
        self._capsys = capsys
        self.data = data
        self._endpoint = endpoint

    def __call__(self, *words: str) -> Ran:
        self._capsys.readouterr()
        status = run(RemitApplication(note), [*words, "--data", str(self.data)])
        captured = self._capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    def attach(self, *words: str) -> Ran:
        return self("guardrails", "attach", *words, "--endpoint-url", self._endpoint)

    def backtested(self, document: dict[str, Any], *targets: str) -> None:
        state = State.open(f"sqlite:///{self.data / 'state.db'}")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        BacktestTable(state).record(
            digest(document),
            "SCP",
            targets,
            at,
            "local:ann",
            {"figures": {"considered": 9}, "window": {"low": None, "high": "2026-11-01T00:00:00Z"}},
        )
        state.close()


@pytest.fixture
def remit(capsys: pytest.CaptureFixture[str], tmp_path: Path, organization: Organization) -> Commands:
    return Commands(capsys, tmp_path / "data", organization.endpoint)


def test_a_guardrail_goes_from_the_library_to_the_organization(
    remit: Commands, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = organization.units[0]
    secret = remit("tokens", "create", "ben", "--scope", "admin").out.strip()
    weak = remit("tokens", "create", "dora", "--scope", "operate").out.strip()
    time.sleep(1.1)  # a token counts when it was made in an earlier second than the proposal
    wanted = ("org-deny-leave", "--target", unit, "--name", f"leave-{unit}", "--json")
    first = remit.attach(*wanted)
    assert first.status == 4
    lacking = json.loads(first.out)
    assert "backtest" in {each["condition"] for each in lacking["lacking"]}
    rendered = json.loads(run_text(remit, "guardrails", "export", "org-deny-leave"))
    remit.backtested(rendered, unit)
    held = remit.attach(*wanted, "--acknowledge", lacking["findings_digest"])
    assert held.status == 4
    proposal = json.loads(held.out)
    assert proposal["state"] == "proposed", held.out
    alone = remit("guardrails", "approve", proposal["id"])
    assert alone.status == 4
    assert "another person" in alone.err
    monkeypatch.setenv("REMIT_TOKEN", weak)
    assert remit("guardrails", "approve", proposal["id"]).status == 3
    monkeypatch.setenv("REMIT_TOKEN", "remit_nobody")
    assert remit("guardrails", "approve", proposal["id"]).status == 3
    monkeypatch.setenv("REMIT_TOKEN", secret)
    agreed = remit("guardrails", "approve", proposal["id"])
    assert agreed.status == 0, agreed.err
    assert "Somebody held the secret of token:ben" in agreed.out
    monkeypatch.delenv("REMIT_TOKEN")
    unreadable = remit.data / "organization.json"
    unreadable.write_text("{", encoding="utf-8")  # what was attached is not reported as a failure for it
    done = remit.attach("--proposal", proposal["id"])
    unreadable.unlink()
    assert done.status == 0, done.err
    assert "read back" in done.out
    bring = "remit organization import aws"
    assert f"Bring it in: {bring} --data {remit.data}" in done.err
    assert remit(*bring.split()[1:], "--endpoint-url", organization.endpoint).status == 0
    outcome = json.loads(remit("guardrails", "proposals", proposal["id"], "--json").out)["outcome"]
    with RemitApplication(note).desk_of(remit.data, "organization") as known:
        assert known.holds(outcome["policy_id"], json.dumps(rendered), [unit])
        assert not known.holds(outcome["policy_id"], json.dumps(rendered), [unit, organization.units[1]])
        assert not known.holds(outcome["policy_id"], "{}", [unit])
    assert organization.attached(unit)[f"leave-{unit}"] == minified(rendered)
    assert "nothing to do" in remit.attach(*wanted[:-1]).out
    listed = json.loads(remit("guardrails", "proposals", "--json").out)["proposals"]
    assert [(each["id"], each["state"]) for each in listed] == [(proposal["id"], "attached")]
    shown = remit("guardrails", "proposals", proposal["id"]).out
    assert proposal["digest"] in shown
    assert "considered 9" in shown


def run_text(remit: Commands, *words: str) -> str:
    """What a command that needs no data folder prints."""
    remit._capsys.readouterr()
    assert run(RemitApplication(note), list(words)) == 0
    return remit._capsys.readouterr().out


def test_a_policy_in_a_file_is_proposed_by_its_own_name(
    remit: Commands, organization: Organization, tmp_path: Path
) -> None:
    file = tmp_path / "deny regions.json"
    file.write_text(json.dumps(PLAIN["Statement"][0] | {"NotAction": ["iam:*"]}), encoding="utf-8")
    assert remit.attach(str(file), "--target", organization.units[0]).status == 2
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]}
    file.write_text(json.dumps(document, indent=2), encoding="utf-8")
    said = remit.attach(str(file), "--target", organization.units[0])
    assert said.status == 4
    assert "deny regions was not proposed" in said.out
    assert f"remit backtest --data {remit.data} '{file}' --type scp --target {organization.units[0]}" in said.out
    assert f"remit guardrails approve --data {remit.data} ID" in said.out
    assert remit("guardrails", "proposals").out.startswith("Nothing was proposed yet")


def test_nothing_or_two_things_to_attach_is_a_wrong_use(remit: Commands) -> None:
    assert remit.attach().status == 2
    assert remit.attach("org-deny-leave", "--proposal", "x").status == 2
    assert remit.attach("--proposal", "x").status == 2


def test_credentials_that_are_not_there_are_said(
    remit: Commands, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    said = remit.attach("org-deny-leave", "--target", organization.units[0])
    assert said.status == 4
    told = [line for line in said.out.splitlines() if line.startswith("  ") and line[2] != " "]
    assert [line.split(":")[0].strip() for line in told][-4:] == [
        "backtest",
        "organization",
        "second person",
        "findings",
    ]
    assert "--profile" in said.out


@pytest.mark.parametrize("form", ["json", "terraform", "cloudformation", "cdk-typescript", "cdk-python"])
def test_an_export_is_written_to_a_file(remit: Commands, tmp_path: Path, form: str) -> None:
    to = tmp_path / "made"
    printed = run_text(remit, "guardrails", "export", "org-deny-leave", "--format", form)
    assert run_text(remit, "guardrails", "export", "org-deny-leave", "--format", form, "-o", str(to)) == ""
    assert to.read_text(encoding="utf-8") == printed
    assert printed.endswith("\n") == (form != "json")


@pytest.mark.parametrize(("terminal", "end"), [(True, "}\n"), (False, "}")])
def test_a_terminal_gets_a_line_break_and_a_file_none(
    monkeypatch: pytest.MonkeyPatch, remit: Commands, terminal: bool, end: str
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert run_text(remit, "guardrails", "export", "org-deny-leave").endswith(end)


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("{", (), "Not valid JSON"),
        ('{"Statement": [], "Statement": []}', (), "given twice"),
        ("[" * 100_000, (), "deep"),
        ('{"Version":"2012-10-17","Statement":[]}' + " " * 1_000_001, (), "larger than"),
        (
            '{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*","Principal":"*"}}',
            ("--type", "scp"),
            "princip",
        ),
        ('{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}', ("--type", "rcp"), "principals"),
        ('{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}', ("--set", "a=b"), "no parameters"),
        (
            '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}',
            ("--target", "ou-x"),
            "no target",
        ),
        ('{"Version":"2012-10-17",\n "Statement":[]}', (), "Statement is empty: the policy says nothing"),
        ('{"Version":"2012-10-17",\n "Statement":[]}', (), "policy.json at /Statement, line 2 column 2"),
        ('{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}', (), "Add Version 2012-10-17."),
        (
            '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"%s"}}'
            % ("arn:aws:s3:::" + "x" * 10_240),
            (),
            "characters",
        ),
    ],
)
def test_a_file_that_is_no_policy_is_refused(
    remit: Commands, tmp_path: Path, text: str, words: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(text, encoding="utf-8")
    remit._capsys.readouterr()
    assert run(RemitApplication(note), ["guardrails", "export", str(file), *words]) == 2
    assert said in remit._capsys.readouterr().err


def test_the_type_of_a_file_is_told_by_its_statements(remit: Commands, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    for principal, kind in (({}, "SERVICE_CONTROL_POLICY"), ({"Principal": "*"}, "RESOURCE_CONTROL_POLICY")):
        statement = {"Effect": "Deny", **principal, "Action": "s3:*", "Resource": "*"}
        file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}), encoding="utf-8")
        assert kind in run_text(remit, "guardrails", "export", str(file), "--format", "cloudformation")


def test_a_policy_comes_from_standard_input_too(monkeypatch: pytest.MonkeyPatch, remit: Commands) -> None:
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement}, indent=4).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(document)))
    made = run_text(remit, "guardrails", "export", "-", "--format", "cloudformation", "--target", "r-ab12,123456789012")
    assert by_cfn_lint(made)["Content"]["Statement"] == statement
    assert by_cfn_lint(made)["TargetIds"] == ["r-ab12", "123456789012"]
    assert by_cfn_lint(made)["Name"] == "policy"


def test_the_commands_that_are_named_provide_what_lacks(
    remit: Commands, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = organization.units[0]
    secret = remit("tokens", "create", "ben", "--scope", "admin").out.strip()
    imported = remit("organization", "import", "aws", "--endpoint-url", organization.endpoint)
    assert imported.status == 0, imported.err
    wanted = ("org-deny-close-account", "--target", unit, "--name", f"close-{unit}", "--json")
    lacking = {each["condition"]: each["command"] for each in json.loads(remit.attach(*wanted).out)["lacking"]}
    tried = remit(*shlex.split(lacking["backtest"])[1:], "--since", "7d")
    assert tried.status == 0, tried.err
    acknowledged: tuple[str, ...] = ()
    if "insights" in lacking:
        lint, _, acknowledge = lacking["insights"].partition(", then add ")
        run(RemitApplication(note), shlex.split(lint)[1:])
        acknowledged = tuple(acknowledge.split())
    time.sleep(1.1)
    held = json.loads(remit.attach(*wanted, *acknowledged).out)
    assert held["state"] == "proposed", held
    assert held["backtest"]["facts"]["figures"]["considered"] == 0
    assert "a backtest of 0 calls" in remit("guardrails", "proposals", held["id"]).out
    monkeypatch.setenv("REMIT_TOKEN", secret)
    assert remit("guardrails", "approve", held["id"]).status == 0
    done = remit.attach(*wanted)
    assert json.loads(done.out)["state"] == "attached", done.out
    assert organization.attached(unit)[f"close-{unit}"] == minified(held["document"])


def test_an_export_says_what_is_grave_about_it_and_writes_it_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.json"
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
    file.write_text(json.dumps(document), encoding="utf-8")
    assert run(RemitApplication(note), ["guardrails", "export", str(file)]) == 0
    ran = capsys.readouterr()
    assert json.loads(ran.out) == document
    assert "deny-everything" in ran.err
    assert run(RemitApplication(note), ["guardrails", "export", "org-deny-leave"]) == 0
    assert "severity" not in capsys.readouterr().err
