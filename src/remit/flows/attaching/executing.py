"""What is done to the organization, step by step, and how it is read back.

A call whose answer is lost may have been done. So whatever a step says, the organization is read afterwards; what it
says then is what happened, and where it cannot be read, nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from remit.flows.attaching.ports import Json, Organizations, Standing
from remit.flows.attaching.proposals import ATTACHED, FAILED, UNKNOWN
from remit.model.errors import Conflict, RemitError
from remit.rooms.guardrails.exports.policy import OrganizationPolicy
from remit.rooms.guardrails.limits import minified


def execute(
    organization: Organizations, policy: OrganizationPolicy, before: Mapping[str, Any] | None, done: Sequence[str] = ()
) -> Json:
    """Make or change the policy, attach it where it is not yet, and read all of it back: ``{state, policy_id, steps,
    problem}``. A step that fails ends it; what was done before stays done and is told. ``before`` is the policy as it
    stands; ``done`` are the steps of an attempt before this one. The state is ``unknown`` when a step failed and what
    stands there cannot be read."""
    steps = [*done]
    try:
        policy_id = _written(organization, policy, before, steps)
        for target in policy.targets:
            if before is None or target not in before["targets"]:
                _attach(organization, policy_id, target, steps)
        return _outcome(policy_id, steps, _difference(organization.standing(policy_id), policy))
    except RemitError as error:
        return _after(error, organization, policy, steps)


def settled(organization: Organizations, policy: OrganizationPolicy, done: Sequence[str] = ()) -> Json:
    """What became of an attempt that was interrupted before it was known: as ``execute``, from reading alone.

    :raises Unavailable: if it cannot be read: then it stays unknown.
    """
    standing = organization.named(policy.name, policy.aws_type)
    if standing is None:
        return _outcome("", [*done], "there is no policy of this name, so nothing is attached")
    return _outcome(standing.id, [*done, "read back after an interruption"], _difference(standing, policy))


def fits(observed: Mapping[str, Any], agreed: Mapping[str, Any], policy: OrganizationPolicy) -> bool:
    """Whether an organization is where an attempt may have left it: as it was when the policy was agreed to, or with
    some of what was agreed done, and nothing else."""
    if {**observed, "policy": None} != {**agreed, "policy": None}:
        return False
    now, before = observed["policy"], agreed["policy"]
    if now == before:
        return True
    if now is None or (before is not None and before["id"] != now["id"]):
        return False
    texts = {minified(policy.document)} | ({before["content"]} if before else set())
    kept = set(before["targets"]) if before else set()
    reached = set(now["targets"])
    return now["content"] in texts and kept <= reached <= kept | set(policy.targets) and not now["managed"]


def _after(error: RemitError, organization: Organizations, policy: OrganizationPolicy, steps: list[str]) -> Json:
    """The outcome after a step that is said to have failed, by what is read now."""
    try:
        read = settled(organization, policy, steps)
    except RemitError as unread:
        unsaid = f"It is not known whether the policy was attached. {error} And it could not be read back: {unread}"
        return {"state": UNKNOWN, "policy_id": "", "steps": steps, "problem": unsaid}
    if read["state"] == ATTACHED:
        return {**read, "steps": [*steps, f"read back as agreed, though a step gave no good answer: {error}"]}
    return {**read, "steps": steps, "problem": f"{error} Read back: {_plain(read['problem'])}."}


def _plain(problem: str) -> str:
    return problem.removeprefix("read back, ")


def _written(
    organization: Organizations, policy: OrganizationPolicy, before: Mapping[str, Any] | None, steps: list[str]
) -> str:
    content = minified(policy.document)
    if before is None:
        return _created(organization, policy, content, steps)
    policy_id = str(before["id"])
    if before["content"] != content:
        organization.update(policy_id, content, policy.description)
        steps.append(f"updated {policy_id}")
    return policy_id


def _created(organization: Organizations, policy: OrganizationPolicy, content: str, steps: list[str]) -> str:
    """Make the policy. One that is there already, with this very text and attached nowhere else, was made by a call of
    ours whose answer was lost: it is used, and not made twice."""
    try:
        policy_id = organization.create(policy.name, policy.aws_type, content, policy.description)
    except Conflict:
        standing = organization.named(policy.name, policy.aws_type)
        if standing is None or standing.content != content or not set(standing.targets) <= set(policy.targets):
            raise
        steps.append(f"found {standing.id}, which is there already with this text")
        return standing.id
    steps.append(f"created {policy_id}")
    return policy_id


def _attach(organization: Organizations, policy_id: str, target: str, steps: list[str]) -> None:
    try:
        organization.attach(policy_id, target)
    except Conflict:  # it is there, and that is all that was wanted
        steps.append(f"is attached to {target} already")
    else:
        steps.append(f"attached to {target}")


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
