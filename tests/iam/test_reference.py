"""The fast evaluator and the readable one agree, on the cases of the data files and on generated ones."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.iam.case_files import load_cases
from tests.iam.generated import Seeded, cases, document
from tests.iam.generated import case as generated_case
from tests.iam.generated import request as generated_request

from remit.model.errors import PolicyError
from remit.rooms.iam import CompiledPolicy, evaluate, parse_document, read_case
from remit.rooms.iam.reference_evaluator import reference_denies, reference_evaluate

Json = dict[str, Any]
CASES = [case for case in load_cases() if "error" not in case["expect"]]
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example]


def _agree(case: Json) -> str:
    request, policies = read_case(case)
    found = evaluate(request, policies)
    decision, keys = reference_evaluate(request, policies)
    told = {key.lower() for key in found.unknown_keys}
    assert (found.decision, told) == (decision, {key.lower() for key in keys}), json.dumps(case)
    return decision


def _agree_alone(document: Json, asked: Json) -> str:
    request, _ = read_case({"request": asked})
    policy = parse_document(document)
    verdict = CompiledPolicy(policy, "identity").decide(request)
    truth, keys = reference_denies(request, policy)
    assert {True: "yes", False: "no", None: "unknown"}[verdict.truth] == truth, json.dumps([document, asked])
    assert {key.lower() for key in verdict.unknown_keys} == keys
    return truth


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']}: {case['name']}")
def test_the_readable_evaluator_decides_the_documented_cases_alike(case: Json) -> None:
    assert _agree({"request": case["request"], "policies": case["policies"]}) == case["expect"]["decision"]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(cases())
def test_both_evaluators_agree_on_cases_that_hypothesis_draws(case: Json) -> None:
    _agree(case)


def test_both_evaluators_agree_on_generated_cases() -> None:
    found = Counter(_agree(generated_case(Seeded(seed))) for seed in range(800))
    # Each decision must come up often enough for the agreement to mean something.
    assert min(found.values()) >= 40, found
    assert set(found) == {"allowed", "explicitly_denied", "implicitly_denied", "unknown"}


def test_both_evaluators_agree_on_one_policy_alone() -> None:
    found: Counter[str] = Counter()
    for seed in range(1_500):
        choice = Seeded(seed)
        found[_agree_alone(document(choice, "identity", 3), generated_request(choice))] += 1
    assert min(found[truth] for truth in ("yes", "no", "unknown")) >= 40, found


@pytest.mark.heavy
@settings(max_examples=1_000, deadline=None, suppress_health_check=SLOW)
@given(cases())
def test_both_evaluators_agree_on_many_cases_that_hypothesis_draws(case: Json) -> None:
    _agree(case)


@pytest.mark.heavy
def test_both_evaluators_agree_on_many_generated_cases() -> None:
    for seed in range(1_000_000, 1_030_000):
        _agree(generated_case(Seeded(seed)))


def test_the_readable_evaluator_stays_readable() -> None:
    from remit.rooms.iam import reference_evaluator

    with open(reference_evaluator.__file__, encoding="utf-8") as source:
        assert len(source.readlines()) <= 200


def test_a_case_that_cannot_be_read_is_an_error_in_both() -> None:
    with pytest.raises(PolicyError):
        read_case({"request": {"principal": "*", "action": "no-colon"}})
