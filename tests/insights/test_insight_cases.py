"""Every check has documents that must give it, at an exact place, and documents that must not."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.insights.insight_cases import CASES, Case

from remit.rooms.guardrails.insights.edits import applied
from remit.rooms.guardrails.insights.lint import lint
from remit.rooms.guardrails.insights.registry import CHECKS

TOLD = [case for case in CASES if case.data["at"] is not None]
NOT_TOLD = [case for case in CASES if case.data["at"] is None]
WITHOUT_CASES = {"too-long", "not-finished"}
"""They need documents too large for a data file; test_insight_bounds has them."""


def _label(case: Case) -> str:
    return case.label


def _codes(case: Case, text: str) -> Counter[str]:
    return Counter(found.check.code for found in lint(text, case.data.get("type"), case.facts()).findings)


@pytest.mark.parametrize("case", TOLD, ids=_label)
def test_a_document_that_must_give_a_finding_gives_it_at_its_place(case: Case) -> None:
    insights = case.insights()
    found = [each for each in insights.findings if each.check.code == case.data["code"]]
    assert case.pointer in [each.hit.pointer for each in found], [
        (each.check.code, each.hit.pointer) for each in insights.findings
    ]
    one = next(each for each in found if each.hit.pointer == case.pointer)
    lines = case.text.split("\n")
    assert "\n".join([lines[one.line - 1][one.column - 1 :], *lines[one.line :]]).startswith(case.begins)
    assert one.severity == case.data.get("severity", one.severity)


@pytest.mark.parametrize("case", NOT_TOLD, ids=_label)
def test_a_document_that_must_not_give_a_finding_does_not(case: Case) -> None:
    assert [each.hit.message for each in case.insights().findings if each.check.code == case.data["code"]] == []


@pytest.mark.parametrize("code", sorted({check.code for check in CHECKS} - WITHOUT_CASES))
def test_every_check_has_a_case_that_gives_it_and_one_that_does_not(code: str) -> None:
    assert any(case.data["code"] == code for case in TOLD)
    assert any(case.data["code"] == code for case in NOT_TOLD)


def test_every_case_names_a_check_there_is() -> None:
    assert {case.data["code"] for case in CASES} <= {check.code for check in CHECKS}


def test_every_code_is_there_once() -> None:
    assert [code for code, count in Counter(check.code for check in CHECKS).items() if count > 1] == []


@pytest.mark.parametrize("case", TOLD, ids=_label)
def test_a_fix_removes_its_finding_and_leaves_a_document_that_can_be_read(case: Case) -> None:
    insights = case.insights()
    before = Counter(each.check.code for each in insights.findings)
    for finding in insights.findings:
        for fix in finding.hit.fixes:
            text = applied(case.text, fix.edits)
            after = lint(text, insights.kind, case.facts())
            code = finding.check.code
            count = Counter(each.check.code for each in after.findings)
            assert after.policy is not None, fix.title
            assert count[code] < before[code], (code, fix.title, text)


def test_a_check_offers_a_fix_exactly_when_it_says_so() -> None:
    fixed = {
        finding.check.code
        for case in TOLD
        for finding in case.insights().findings
        if finding.check.code == case.data["code"] and finding.hit.fixes
    }
    assert fixed == {check.code for check in CHECKS if check.fixable}
