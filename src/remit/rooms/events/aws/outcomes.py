"""How a call ended: success, failure or denied, and by what."""

from __future__ import annotations

from typing import Any, Final

from remit.rooms.events.denials.aws import explain_aws

SUCCESS: Final[tuple[Any, ...]] = ("success", False, None, None, None, None, None, None)
FAILURE: Final[tuple[Any, ...]] = ("failure", False, None, None, None, None, None, None)
COLUMNS: Final = (
    "outcome",
    "denied",
    "deny_policy_type",
    "deny_policy_arn",
    "deny_implicit",
    "deny_rule",
    "deny_action",
    "deny_resource",
)


def outcome(code: str | None, message: str | None, service: str, operation: str) -> tuple[Any, ...]:
    """The outcome columns. A dry run that would have succeeded is a failure: nothing was done."""
    denial = explain_aws(code, message, service, operation)
    if denial is None:
        return FAILURE
    return (
        "denied",
        True,
        denial.policy_type,
        denial.policy_arn,
        denial.implicit,
        denial.rule,
        denial.action,
        denial.resource,
    )
