"""Insights and the engine agree: what it refuses is told, and a fix said to keep the effect keeps every decision."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.insights.insight_cases import CASES, Case, facts

from remit.model.errors import PolicyError
from remit.rooms.guardrails.insights.edits import applied
from remit.rooms.guardrails.insights.lint import lint
from remit.rooms.iam.alone import CompiledPolicy
from remit.rooms.iam.reading import parse_document
from remit.rooms.iam.request import Request, principal_of

TOLD = [case for case in CASES if case.data["at"] is not None and len(case.text) < 3000]
NOT_OF_THE_ENGINE = {
    "window-past": "it keeps the effect from the moment of the check on, not before",
    "window-begun": "it keeps the effect from the moment of the check on, not before",
    "ungoverned-action": "AWS answers the call whatever the policy says",
    "rcp-service": "AWS refuses the document as it was",
    "rcp-allow": "AWS refuses the document as it was",
    "retired-service": "nobody can make the call any more",
    "principal-element": "AWS refuses the document as it was",
}
"""Fixes that keep the effect for a reason that lies outside one evaluation."""


def _compiled(text: str, kind: str) -> CompiledPolicy | None:
    try:
        return CompiledPolicy(parse_document(text), kind)
    except PolicyError:
        return None


def _values(text: str) -> tuple[tuple[str, ...] | None, ...]:
    return (None, (text,), ("other",))


def _requests(text: str) -> Iterator[Request]:
    """Requests about what the document names: its actions and others, its keys present, otherwise, and missing."""
    plain = json.loads(text)
    statements = plain["Statement"] if isinstance(plain["Statement"], list) else [plain["Statement"]]
    actions, keys, resources = {"s3:GetObject", "ec2:RunInstances"}, dict[str, str](), {"arn:aws:s3:::b/key"}
    for statement in statements:
        actions |= {each.replace("*", "X") for each in _listed(statement.get("Action"))}
        resources |= {each.replace("*", "x") for each in _listed(statement.get("Resource")) if each != "*"}
        for block in (statement.get("Condition") or {}).values():
            keys |= {key: str(_listed(value)[0]) for key, value in block.items()}
    chosen = sorted(keys.items())[:4]
    for values in itertools.product(*(_values(text) for _, text in chosen)):
        context = {key: value for (key, _), value in zip(chosen, values, strict=True) if value is not None}
        for action, resource in itertools.product(sorted(actions)[:6], sorted(resources)[:4]):
            if ":" in action:
                principal = principal_of("arn:aws:iam::111122223333:role/someone")
                yield Request(principal, action, resource, context=context, resource_account="111122223333")


def _listed(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [] if value is None else [str(value)]


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case.label)
def test_a_fix_that_keeps_the_effect_keeps_every_decision(case: Case) -> None:
    insights = case.insights()
    before = _compiled(case.text, insights.kind)
    if before is None:
        return
    for finding in insights.findings:
        for fix in finding.hit.fixes:
            if fix.changes_effect or finding.check.code in NOT_OF_THE_ENGINE:
                continue
            text = applied(case.text, fix.edits)
            after = _compiled(text, insights.kind)
            assert after is not None, (finding.check.code, fix.title)
            for request in _requests(case.text):
                assert after.decide(request).truth == before.decide(request).truth, (fix.title, request)
                assert after.allows(request).truth == before.allows(request).truth, (fix.title, request)


def _silent_where_the_engine_refuses(text: str, kind: str) -> str | None:
    """The engine's reason, when it refuses a document in which insights find nothing grave."""
    try:
        CompiledPolicy(parse_document(text), kind)
    except PolicyError as error:
        return None if lint(text, kind, facts()).grave else str(error)
    return None


@pytest.mark.parametrize("case", [case for case in CASES if len(case.text) < 20_000], ids=lambda case: case.label)
def test_what_the_engine_refuses_is_told(case: Case) -> None:
    assert _silent_where_the_engine_refuses(case.text, case.insights().kind) is None


TEXTS = sorted({case.text for case in CASES if len(case.text) < 2000})
WORDS = [
    *'"{}[],:*',
    "${",
    "}",
    "null",
    "true",
    "1",
    "[]",
    "{}",
    '""',
    "IfExists",
    "ForAnyValue:",
    "arn:aws:",
    "Not",
    " ",
]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_the_engine_refuses_of_a_changed_text_is_told(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + data.draw(st.sampled_from(WORDS)) + text[at + data.draw(st.integers(0, 8)) :]
    kind = data.draw(st.sampled_from(["scp", "rcp", "identity", "resource"]))
    assert _silent_where_the_engine_refuses(text, kind) is None
