"""Insights asked by people: the desk's answers, the command, the library linted, and fixes applied together."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from tests.insights.insight_cases import CASES, tables

from remit.app.application import RemitApplication
from remit.app.catalogue import load_guardrails
from remit.app.findings import make_insights
from remit.faces.cli.main import run
from remit.flows.insights import PolicyInsights
from remit.model.errors import UsageError

ACCEPTED: list[dict[str, str]] = json.loads((Path(__file__).parent / "accepted.json").read_text("utf-8"))
OPEN = (
    '{\n  "Version": "2012-10-17",\n  "Statement": [{"Effect": "Deny", "Action": "s3:GetObjct", "Resource": "*"}]\n}\n'
)


@pytest.fixture(scope="module")
def insights() -> PolicyInsights:
    return PolicyInsights(*tables(), load_guardrails, lambda: datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def of_the_library(insights: PolicyInsights) -> dict[str, list[str]]:
    """Guardrail -> the codes of its errors and findings of high severity, with the values of its example."""
    found = {}
    for guardrail in load_guardrails().guardrails:
        told = insights.lint_guardrail(guardrail.id, targets=["ou-ab12-11111111"])
        found[guardrail.id] = [each["code"] for each in told["findings"] if each["severity"] in ("error", "high")]
    return found


def test_the_library_has_no_grave_finding_that_is_not_accepted_with_a_reason(
    of_the_library: dict[str, list[str]],
) -> None:
    told = {(named, code) for named, codes in of_the_library.items() for code in codes}
    assert told == {(each["guardrail"], each["code"]) for each in ACCEPTED}
    assert all(len(each["reason"]) > 40 for each in ACCEPTED)


def test_the_documentation_has_every_check_and_no_other(insights: PolicyInsights) -> None:
    page = (Path(__file__).parents[2] / "docs" / "insights.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    checks = [check for family in insights.checks()["families"] for check in family["checks"]]
    assert [row.split("`")[1] for row in rows] == [check["code"] for check in checks]
    assert all(f"{check['title']}. {check['why']}" in row for row, check in zip(rows, checks, strict=True))


def test_the_answer_has_counts_size_and_the_text_after_each_fix(insights: PolicyInsights) -> None:
    told = insights.lint(OPEN, "scp")
    finding = next(each for each in told["findings"] if each["code"] == "unknown-action")
    assert (finding["line"], finding["column"], finding["pointer"]) == (3, 46, "/Statement/0/Action")
    assert finding["fixes"][0]["text"] == OPEN.replace("GetObjct", "GetObject")
    assert told["counts"] == {"error": 0, "high": 1, "medium": 0, "low": 1}
    minified = json.dumps(json.loads(OPEN), separators=(",", ":"))
    assert told["size"]["used"] == len(minified)
    assert told["size"]["limit"] == 10_240
    assert told["size"]["statements"] == [{"statement": 0, "sid": "", "used": 55}]


@pytest.mark.parametrize("case", [case for case in CASES if case.data["at"] is not None], ids=lambda case: case.label)
def test_all_fixes_together_end_and_leave_nothing_that_can_be_fixed_the_same_way(case: Any) -> None:
    insights = PolicyInsights(*tables(), load_guardrails, lambda: datetime(2026, 11, 1, tzinfo=UTC))
    beside = [json.dumps(each) for each in case.data.get("beside", ())]
    kind, targets = case.data.get("type", ""), case.data.get("targets")
    first = insights.fix(case.text, kind, targets, beside)
    kind = first["insights"]["type"]
    again = insights.fix(first["text"], kind, targets, beside)
    assert again["applied"] == []
    assert again["text"] == first["text"]


def test_fixes_that_keep_the_effect_change_nothing_else(insights: PolicyInsights) -> None:
    statement = {"Effect": "Deny", "Action": ["s3:GetObject", "s3:GetObject", "s3:PutObjct"], "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    told = insights.fix(text, "scp", keep_effect=True)
    assert [each["code"] for each in told["applied"]] == ["value-twice"]
    assert json.loads(told["text"])["Statement"][0]["Action"] == ["s3:GetObject", "s3:PutObjct"]


def test_a_policy_beside_that_cannot_be_read_protects_nothing_and_is_an_error(insights: PolicyInsights) -> None:
    with pytest.raises(UsageError, match="Policy 1 beside cannot be read"):
        insights.lint(OPEN, "scp", beside=["{"])


def test_a_type_nobody_knows_is_refused(insights: PolicyInsights) -> None:
    with pytest.raises(UsageError, match="no policy type"):
        insights.lint(OPEN, "acl")


def _lint(*arguments: str) -> int:
    return run(RemitApplication(lambda _: None), ["guardrails", "lint", *arguments])


def test_the_command_tells_place_reason_and_fix_and_exits_3(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "policy.json"
    file.write_text(OPEN)
    assert _lint(str(file)) == 3
    out = capsys.readouterr().out
    assert "3:46  high  unknown-action" in out
    assert "fix: Write s3:GetObject" in out


def test_the_command_writes_the_fixed_file(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "policy.json"
    file.write_text(OPEN)
    assert _lint(str(file), "--fix") == 0
    assert file.read_text() == OPEN.replace("GetObjct", "GetObject")
    assert "fixed unknown-action" in capsys.readouterr().err


def test_the_command_says_of_bytes_that_are_no_text_where_they_are(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "policy.json"
    file.write_bytes(b'{\n "Version": "\xff"}')
    assert _lint(str(file), "--json") == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["findings"][0]["code"], told["findings"][0]["line"], told["findings"][0]["column"]) == (
        "unreadable",
        2,
        13,
    )


def test_the_command_lints_a_guardrail_of_the_library(capsys: Any) -> None:
    assert _lint("region-allowlist-deny", "--target", "ou-ab12-11111111") == 0
    assert "10,240 characters of a service control policy" in capsys.readouterr().err


def test_a_guardrail_nobody_has_is_bad_input() -> None:
    assert _lint("no-such-guardrail") == 2


def test_the_packaged_tables_are_the_ones_used() -> None:
    assert make_insights().checks()["reference"] == tables()[0].version
    assert resources.files("remit.reference.data").joinpath("aws_condition_keys.json.gz").is_file()


@pytest.mark.parametrize(
    ("kind", "principal", "said"),
    [
        ("scp", "*", "an SCP has no Principal"),
        ("scp", {"AWS": "arn:aws:iam::111122223333:role/x"}, "an SCP has no Principal"),
        ("rcp", {"AWS": "arn:aws:iam::111122223333:role/x"}, 'In an RCP Principal is "*" and nothing else'),
        ("rcp", None, "The statement does not say whom it is about"),
    ],
)
def test_the_type_that_is_said_decides_what_a_principal_means(
    kind: str, principal: object, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    statement |= {"Principal": principal} if principal else {}  # type: ignore[dict-item]
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), encoding="utf-8")
    assert _lint(str(file), "--type", kind) == 3
    assert said in capsys.readouterr().out


def test_a_byte_order_mark_before_a_text_is_no_finding(insights: PolicyInsights) -> None:
    assert insights.lint(f"\ufeff{OPEN}", "scp") == insights.lint(OPEN, "scp")
    assert insights.lint(OPEN, "scp", None, [f"\ufeff{OPEN}"]) == insights.lint(OPEN, "scp", None, [OPEN])


@pytest.mark.parametrize(
    ("effect", "lost"),
    [("Deny", "is denied"), ("deny", "is denied"), ("Allow", "is allowed"), ("Refuse", "entry names")],
)
def test_what_an_unknown_action_costs_is_told_by_the_effect_that_is_meant(
    insights: PolicyInsights, effect: str, lost: str
) -> None:
    told = insights.lint(OPEN.replace("Deny", effect), "scp")["findings"]
    assert [lost in each["message"] for each in told if each["code"] == "unknown-action"] == [True]
