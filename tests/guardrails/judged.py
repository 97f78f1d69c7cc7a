"""Cases of guardrails put to the policy engine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from remit.rooms.guardrails.cases import DENY, Case
from remit.rooms.guardrails.catalogue import Guardrail
from remit.rooms.guardrails.rendering import Document, render
from remit.rooms.iam.alone import CompiledPolicy
from remit.rooms.iam.case_reading import read_request
from remit.rooms.iam.reading import parse_document
from remit.rooms.iam.request import Request


def compiled(guardrail: Guardrail, document: Document) -> CompiledPolicy:
    """The document, read and compiled as AWS would take it for this type of policy."""
    return CompiledPolicy(parse_document(document, guardrail.id), guardrail.type.lower())


def outcome(policy: CompiledPolicy, case: Case) -> str:
    """deny, allow, or unknown, which no case expects."""
    truth = policy.decide(_request(msgspec.json.encode(case.request))).truth
    return "unknown" if truth is None else "deny" if truth else "allow"


def failing(guardrail: Guardrail, cases: Sequence[Case]) -> list[str]:
    """The names of the cases that the policy does not meet."""
    policies: dict[str, CompiledPolicy] = {}
    missed = []
    for case in cases:
        values = msgspec.json.encode(case.values).decode()
        if values not in policies:
            policies[values] = compiled(guardrail, render(guardrail, case.values))
        if outcome(policies[values], case) != case.expect:
            missed.append(case.name)
    return missed


def any_fails(guardrail: Guardrail, cases: Sequence[Case]) -> bool:
    """Whether a case is missed; stops at the first."""
    document: dict[str, Any] = render(guardrail, cases[0].values)
    policy = compiled(guardrail, document)
    return any(outcome(policy, case) != case.expect for case in cases)


def both_outcomes(cases: Sequence[Case]) -> bool:
    """Whether something is denied and something allowed."""
    return len({case.expect == DENY for case in cases}) == 2


@cache
def _request(request: bytes) -> Request:
    return read_request(msgspec.json.decode(request))
