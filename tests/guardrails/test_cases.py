"""Every guardrail denies what it must and allows what it must, and a wrong guardrail is found out by its cases."""

from __future__ import annotations

from typing import Any

import pytest

from remit.model.errors import ConfigError
from remit.rooms.guardrails.cases import DENY, Case, read_cases
from remit.rooms.guardrails.catalogue import Catalogue, Guardrail
from remit.rooms.guardrails.rendering import render
from remit.rooms.iam.case_reading import read_request
from remit.rooms.iam.evaluate import evaluate
from remit.rooms.iam.policies import Policies
from remit.rooms.iam.reading import parse_document

from .judged import any_fails, both_outcomes, failing
from .mutants import mutants

_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_EVERYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}


def test_every_guardrail_meets_its_cases(catalogue: Catalogue) -> None:
    missed = {each.id: names for each in catalogue.guardrails if (names := failing(each, each.cases))}
    assert not missed
    assert all(both_outcomes(each.cases) for each in catalogue.guardrails)


def test_beside_policies_that_allow_everything_the_guardrail_alone_decides(catalogue: Catalogue) -> None:
    """The same cases through the whole decision: identity, resource and organization policies together."""
    wrong = [
        f"{guardrail.id}: {case.name}: {decision}"
        for guardrail in catalogue.guardrails
        for case in guardrail.cases
        if (decision := _decision(guardrail, case)) != ("explicitly_denied" if case.expect == DENY else "allowed")
    ]
    assert not wrong


def _decision(guardrail: Guardrail, case: Case) -> str:
    document = parse_document(render(guardrail, case.values), guardrail.id)
    everything = parse_document(_EVERYTHING, "FullAWSAccess")
    everybody = parse_document(_EVERYBODY, "RCPFullAWSAccess")
    rcps = (everybody, document) if guardrail.type == "RCP" else (everybody,)
    scps = (everything, document) if guardrail.type == "SCP" else (everything,)
    policies = Policies(identity=(everything,), resource=everybody, scps=(scps,), rcps=(rcps,))
    evaluation = evaluate(read_request(case.request), policies)
    if evaluation.decision == "explicitly_denied":
        assert {each.policy for each in evaluation.determining} == {guardrail.id}
    return evaluation.decision


def test_any_one_part_that_is_wrong_fails_a_case(catalogue: Catalogue) -> None:
    """Each statement, action, excepted action, resource, condition, value, operator, default and use of a parameter,
    removed, inverted, widened or exchanged; thousands of guardrails with one mistake each."""
    made, survived = 0, []
    for guardrail in catalogue.guardrails:
        for what, mutant in mutants(guardrail):
            made += 1
            if not any_fails(mutant, guardrail.cases):
                survived.append(f"{guardrail.id}: {what}")
    assert not survived
    assert made > 5000


def test_a_case_that_states_the_wrong_outcome_is_told(catalogue: Catalogue) -> None:
    guardrail = catalogue.guardrail("org-deny-leave")
    wrong = [
        Case(each.name, "allow" if each.expect == DENY else DENY, each.values, each.request) for each in guardrail.cases
    ]
    assert failing(guardrail, wrong) == [each.name for each in guardrail.cases]


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"[]",
        b'{"a": {"cases": []}}',
        b'{"a": {"request": {}, "cases": [{"name": "x", "expect": "maybe"}]}}',
        b'{"a": {"request": {}, "cases": [{"name": "x", "expect": "deny", "resorce": "*"}]}}',
    ],
)
def test_a_file_of_cases_with_a_mistake_is_refused_by_name(text: bytes) -> None:
    with pytest.raises(ConfigError, match=r"cases/x\.json"):
        read_cases("cases/x.json", text)


def test_a_case_takes_away_what_the_common_request_has() -> None:
    text = (
        b'{"a": {"request": {"action": "s3:PutObject", "context":'
        b'{"aws:SourceIp": "192.0.2.1", "aws:SourceVpc": "vpc-1"}},'
        b'"cases": [{"name": "x", "expect": "deny", "resource": "*", "context": {"aws:SourceIp": null}}]}}'
    )
    (case,) = read_cases("cases/x.json", text)["a"]
    request: dict[str, Any] = {"action": "s3:PutObject", "resource": "*", "context": {"aws:SourceVpc": "vpc-1"}}
    assert case.request == request
