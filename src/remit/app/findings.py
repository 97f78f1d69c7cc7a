"""The checks of policies with what they need, and what they find in a policy that is to be attached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, cast

from remit.app.catalogue import load_guardrails
from remit.flows.insights import PolicyInsights
from remit.reference.aws import AwsReference
from remit.reference.aws_condition_keys import ConditionKeys
from remit.rooms.guardrails.exports.policy import OrganizationPolicy
from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.hit import PolicyType
from remit.rooms.guardrails.insights.lint import lint, text_of, to_json

_KEPT: Final = ("code", "severity", "title", "message", "pointer")


def findings_of(policy: OrganizationPolicy) -> Sequence[dict[str, Any]]:
    """Each finding as ``{code, severity, title, message, pointer}``, the gravest first; findings beyond what is shown
    are one more, so that nobody takes the list for all there is."""
    facts = Facts(*_tables(), datetime.now(UTC), policy.targets)
    told = to_json(lint(text_of(policy.document), cast("PolicyType", policy.kind.lower()), facts))
    found = [{name: finding[name] for name in _KEPT} for finding in told["findings"]]
    if told["left_out"]:
        message = f"{told['left_out']} findings more are not listed"
        found.append({"code": "left-out", "severity": "high", "title": "More", "message": message, "pointer": ""})
    return found


def make_insights(target_ids: Callable[[Sequence[str]], Sequence[str]] = tuple) -> PolicyInsights:
    """The checks with the tables of the package and the clock of this machine; ``target_ids`` makes ids of names."""
    return PolicyInsights(*_tables(), load_guardrails, lambda: datetime.now(UTC), target_ids)


@lru_cache(maxsize=1)
def _tables() -> tuple[AwsReference, ConditionKeys]:
    folder = files("remit.reference.data")
    actions = AwsReference.from_bytes((folder / "aws_actions.json.gz").read_bytes())
    return actions, ConditionKeys.from_bytes((folder / "aws_condition_keys.json.gz").read_bytes())
