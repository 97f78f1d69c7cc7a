"""What is done to the organization, step by step, and how it is read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from remit.flows.attaching.ports import Json, Organizations, Standing
from remit.flows.attaching.proposals import ATTACHED, FAILED
from remit.model.errors import RemitError
from remit.rooms.guardrails.exports.policy import OrganizationPolicy
from remit.rooms.guardrails.limits import minified


def execute(organization: Organizations, policy: OrganizationPolicy, before: Mapping[str, Any] | None) -> Json:
    """Make or change the policy, attach it where it is not yet, and read all of it back: ``{state, policy_id, steps,
    problem}``. A step that fails ends it; what was done before stays done and is told."""
    steps: list[str] = []
    policy_id = before["id"] if before else ""
    try:
        policy_id = _written(organization, policy, before, steps)
        for target in policy.targets:
            if before is None or target not in before["targets"]:
                organization.attach(policy_id, target)
                steps.append(f"attached to {target}")
        problem = _difference(organization.standing(policy_id), policy)
    except RemitError as error:
        problem = str(error)
    return _outcome(policy_id, steps, problem)


def settled(organization: Organizations, policy: OrganizationPolicy) -> Json:
    """What became of an attachment whose process ended before it said so: as ``execute``, from reading alone.

    :raises Unavailable: if it cannot be read: then it stays unknown.
    """
    standing = organization.named(policy.name, policy.aws_type)
    if standing is None:
        return _outcome("", [], "nothing was done: there is no policy of this name")
    return _outcome(standing.id, ["read back after an interruption"], _difference(standing, policy))


def _written(
    organization: Organizations, policy: OrganizationPolicy, before: Mapping[str, Any] | None, steps: list[str]
) -> str:
    content = minified(policy.document)
    if before is None:
        policy_id = organization.create(policy.name, policy.aws_type, content, policy.description)
        steps.append(f"created {policy_id}")
        return policy_id
    policy_id = str(before["id"])
    if before["content"] != content:
        organization.update(policy_id, content, policy.description)
        steps.append(f"updated {policy_id}")
    return policy_id


def _difference(standing: Standing, policy: OrganizationPolicy) -> str:
    """How what was read back differs from what was agreed to; empty if it does not."""
    try:
        same = json.loads(standing.content) == policy.document
    except ValueError:
        same = False
    if not same:
        return "read back, the policy's document is another one"
    missing = [target for target in policy.targets if target not in standing.targets]
    beyond = [target for target in standing.targets if target not in policy.targets]
    if missing:
        return f"read back, it is not attached to {', '.join(missing)}"
    return f"read back, it is attached to {', '.join(beyond)} too" if beyond else ""


def _outcome(policy_id: str, steps: list[str], problem: str) -> Json:
    return {
        "state": FAILED if problem else ATTACHED,
        "policy_id": policy_id,
        "steps": steps,
        "problem": problem or None,
    }
