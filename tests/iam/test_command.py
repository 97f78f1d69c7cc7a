"""``remit iam evaluate``: one case or a list, from a file or standard input, as JSON or for a person."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from remit.app.application import RemitApplication
from remit.faces.cli.main import run
from remit.faces.cli.output import note
from remit.model.errors import PolicyError
from remit.rooms.iam.cases import answer_text

Json = dict[str, Any]
FULL: Json = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
DENY: Json = {
    "Version": "2012-10-17",
    "Statement": {
        "Sid": "Regions",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
    },
}


def _case(**request: Any) -> Json:
    asked = {"principal": "arn:aws:iam::111111111111:user/ann", "action": "ec2:RunInstances", "resource": "*"}
    return {"request": {**asked, **request}, "policies": {"identity": [FULL], "scps": [[FULL, DENY]]}}


def _run(*arguments: str) -> int:
    return run(RemitApplication(note), ["iam", "evaluate", *arguments])


def test_one_case_is_answered_as_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "case.json"
    file.write_text(json.dumps(_case(context={"aws:RequestedRegion": "us-east-1"})), encoding="utf-8")
    assert _run(str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "decision": "explicitly_denied",
        "determining": [
            {"kind": "scp", "policy": "scps/0/1", "sid": "Regions", "effect": "Deny", "statement": 0, "level": 0}
        ],
        "unknown_keys": [],
    }


def test_a_list_is_answered_as_a_list_and_a_malformed_case_does_not_stop_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = [
        _case(unknown_keys=["aws:RequestedRegion"]),
        {"request": {"action": "x"}},
        _case(principal_org_management=True),
    ]
    text = io.TextIOWrapper(io.BytesIO(json.dumps(cases).encode()))
    monkeypatch.setattr("sys.stdin", text)
    assert _run("-", "--json") == 2
    first, second, third = json.loads(capsys.readouterr().out)
    assert (first["decision"], first["unknown_keys"]) == ("unknown", ["aws:RequestedRegion"])
    assert second["error"]["where"] == "standard input[1] at /request"
    assert third["decision"] == "allowed"


def test_a_list_for_a_person_has_numbers_and_says_what_another_account_must_allow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    across = _case(principal_org_management=True, action="s3:GetObject", resource="arn:aws:s3:::b/k")
    across["request"]["resource_account"] = "222222222222"
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([across, {"request": {"action": "x"}}]), encoding="utf-8")
    assert _run(str(file)) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "[0] implicitly denied"
    assert "no Allow in resource: the resource's own policy must allow it across accounts" in lines[1]
    assert "always where it is a KMS key or a role to assume" in lines[1], "within one account, too"
    assert lines[2].startswith("[1] error: ")


@pytest.mark.parametrize(
    ("broken", "said", "column"),
    [
        ('{"request": {"action": "a:B", "action": "a:C"}}', "given twice", 33),
        ('{"request": ' + "[" * 70 + "]" * 70 + "}", "nested more than 64 deep", 78),
        ('{"request": NaN}', "expected a json value", 15),
        ('{"request": {"principal": "\\ud800"}}', "lone surrogate", 29),
        ('{"name": "],[ \\" {", "request": 5 5}', "expected a comma", 37),
    ],
)
def test_a_case_that_is_no_json_does_not_silence_the_others(broken: str, said: str, column: int) -> None:
    good = json.dumps(_case(principal_org_management=True))
    answers, malformed = answer_text(f"[{good},\n  {broken},\n{good}]", "cases")
    assert malformed == 1
    first, second, third = answers
    assert (first["decision"], third["decision"]) == ("allowed", "allowed")
    assert said in second["error"]["what"].lower()
    assert second["error"]["where"] == f"cases[1], line 2 column {column}"


@pytest.mark.parametrize("broken", ['[{"a": 1}, ', '[{"a": NaN}, ]', '[{"a": NaN}}, 1]', '[NaN, "x]', '{"a": NaN}'])
def test_a_list_whose_elements_cannot_be_told_apart_is_no_list(broken: str) -> None:
    with pytest.raises(PolicyError, match="Not valid JSON"):
        answer_text(broken, "cases")


def test_notes_beside_a_request_and_its_policies_are_no_trouble() -> None:
    case = {**_case(principal_org_management=True), "id": 7, "why": "a note", "expected": "allowed"}
    answered, malformed = answer_text(json.dumps(case), "cases")
    assert malformed == 0
    assert isinstance(answered, dict)
    assert answered["decision"] == "allowed"
    misspelled = {"request": case["request"], "policy": case["policies"]}
    assert answer_text(json.dumps(misspelled), "cases")[1] == 1


def test_a_number_is_no_account() -> None:
    answered, malformed = answer_text(json.dumps(_case(principal_account=111111111111)), "cases")
    assert malformed == 1
    assert isinstance(answered, dict)
    assert answered["error"]["pointer"] == "/request/principal_account"


def test_an_answer_for_a_person_names_the_statement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "case.json"
    file.write_text(
        json.dumps([_case(context={"aws:RequestedRegion": "us-east-1"}), _case(action="e")]), encoding="utf-8"
    )
    assert _run(str(file)) == 2
    captured = capsys.readouterr()
    assert "explicitly denied\n  Deny by scp level 0 policy scps/0/1: Regions" in captured.out
    assert "error: 'e' is no action" in captured.out
    assert "1 of 2 cases could not be read." in captured.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"request": ]', "line 1 column 14"),
        (b"7", "one JSON object, or a list"),
        (b"\xff", "not UTF-8"),
        (b"[" * 1000, "nested more than 64 deep"),
    ],
)
def test_a_file_that_is_no_list_of_cases_ends_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    file = tmp_path / "case.json"
    file.write_bytes(content)
    assert _run(str(file), "--json") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err


def test_a_file_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("/nowhere/case.json") == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_example_of_the_document_is_answered_as_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / "iam.md").read_text(encoding="utf-8")
    case, told = re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[:2]
    file = tmp_path / "case.json"
    file.write_text(case, encoding="utf-8")
    assert _run(str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out) == json.loads(told)
