"""Whatever the text is, there is an answer that says what was and was not checked, after a bounded amount of work."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.insights.insight_cases import CASES, facts

from remit.rooms.guardrails.insights.lint import LONGEST, MOST_FINDINGS, fix, lint, to_json
from remit.rooms.iam.wildcards import covers, matches, overlap


def _policy(statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _codes(text: str) -> set[str]:
    return {found.check.code for found in lint(text, None, facts()).findings}


DENY = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
UNREADABLE = {
    "deep arrays": "[" * 200_000,
    "deep objects": '{"a":' * 40_000,
    "a string without end": '"' + "a" * 200_000,
    "backslashes": '"' + "\\" * 200_000,
    "nothing": "",
    "a word": "None",
    "a number that overflows": '{"Version": 1e99999}',
    "a lone surrogate's half of an escape": '{"a": "\\ud8"}',
    "two documents": "{}{}",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_a_text_that_cannot_be_read_gives_one_finding_with_its_place(text: str) -> None:
    told = to_json(lint(text, None, facts()))
    assert [found["code"] for found in told["findings"]] == ["unreadable"]
    assert told["readable"] is False
    assert told["findings"][0]["line"] >= 1
    assert told["findings"][0]["column"] >= 1


def test_ten_megabytes_are_measured_and_not_read() -> None:
    told = to_json(lint(_policy({**DENY, "Resource": ["x" * 10_000_000]}), "scp", facts()))
    assert [found["code"] for found in told["findings"]] == ["too-long"]
    assert told["size"]["used"] > 10_000_000
    assert told["size"]["statements"] == []


def test_a_megabyte_of_white_space_is_no_reason_not_to_read() -> None:
    text = _policy({**DENY, "Action": "s3:GetObjct"})[:-1] + " " * 1_000_000 + "}"
    assert {"unknown-action", "white-space"} <= _codes(text)


STARS = "*a" * 20
BOMBS = {
    "actions": {**DENY, "Action": [f"*:{STARS}{n}" for n in range(3000)]},
    "actions of one service": {**DENY, "Action": [f"ec2:{'*e' * 20}{n}" for n in range(3000)]},
    "resources": {**DENY, "Action": "ec2:*", "Resource": [f"arn:aws:ec2:*:*:{STARS}{n}" for n in range(3000)]},
    "patterns": {**DENY, "Condition": {"StringLike": {"aws:PrincipalTag/x": [f"*a{n}*" for n in range(9000)]}}},
    "statements": [{**DENY, "Sid": f"S{n}", "Resource": f"arn:aws:s3:::b{n}/*"} for n in range(2000)],
}


@pytest.mark.parametrize("statement", BOMBS.values(), ids=BOMBS)
def test_wildcards_made_to_explode_end_in_a_check_that_says_it_was_not_finished(statement: Any) -> None:
    assert "not-finished" in _codes(_policy(statement))


MANY = {
    "actions nobody knows": {**DENY, "Action": [f"s3:GetObject{n}" for n in range(9000)]},
    "actions repeated": {**DENY, "Action": ["s3:GetObject"] * 9000},
    "keys nobody knows": {**DENY, "Condition": {"StringEquals": {f"aws:Foo{n}": "x" for n in range(4000)}}},
    "operators nobody knows": {**DENY, "Condition": {f"StringEquals{n}": {"aws:username": "x"} for n in range(3000)}},
    "elements nobody knows": {**DENY, **{f"Actio{n}": 1 for n in range(6000)}},
    "statements repeated": [DENY] * 2000,
}


@pytest.mark.heavy
@pytest.mark.parametrize("statement", MANY.values(), ids=MANY)
def test_findings_past_the_cap_are_counted(statement: Any) -> None:
    text = _policy(statement)
    assert len(text) < LONGEST
    told = to_json(lint(text, "scp", facts()))
    assert len(told["findings"]) == MOST_FINDINGS
    assert told["left_out"] > 0
    assert len(json.dumps(told)) < 12_000_000


def test_more_findings_than_are_shown_are_counted() -> None:
    told = to_json(lint(_policy({**DENY, "Action": [f"s3:GetObject{n}" for n in range(600)]}), "scp", facts()))
    assert (len(told["findings"]), told["left_out"]) == (MOST_FINDINGS, 102)


def test_members_repeated_ten_thousand_times_are_each_told() -> None:
    text = '{"Version": "2012-10-17", "Statement": [], ' + ",".join(['"a": 1'] * 10_000) + "}"
    found = lint(text, "scp", facts())
    assert len(found.findings) + found.left_out >= 9_999


TEXTS = sorted({case.text for case in CASES if len(case.text) < 3000})
PIECES = [
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "*",
    "${",
    "}",
    "\\",
    "\u200b",
    "а",
    "Null",
    "IfExists",
    "arn:",
    "true",
    "1e9",
    "\n",
    "",
]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_text_changed_anywhere_is_answered_and_its_fixes_apply(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.sampled_from(PIECES)) + text[at + gone :]
    found = lint(text, data.draw(st.sampled_from([None, "scp", "rcp", "identity", "resource"])), facts())
    told = to_json(found)
    json.dumps(told)
    assert told["readable"] or [each["code"] for each in told["findings"]] in (["unreadable"], ["too-long"])
    for each in told["findings"]:
        lines = text.split("\n")
        assert 1 <= each["line"] <= len(lines)
        assert 1 <= each["column"] <= len(lines[each["line"] - 1]) + 1
    after, done = fix(found, facts)
    assert after.policy is not None or not done


@settings(max_examples=300, deadline=None)
@given(st.text("ab*?", max_size=8), st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_patterns_that_cover_or_meet_do_so_for_every_text(one: str, other: str, text: str) -> None:
    if covers(one, other) and matches(other, text):
        assert matches(one, text)
    if matches(one, text) and matches(other, text):
        assert overlap(one, other)


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [("s3:Get*", "s3:Get?bject", True), ("s3:?et*", "s3:Get*", False), ("s3:Get?bject", "s3:G?t?bject", False)],
)
def test_a_question_mark_is_covered_by_what_takes_any_letter(wide: str, narrow: str, covered: bool) -> None:
    assert covers(wide, narrow) is covered
