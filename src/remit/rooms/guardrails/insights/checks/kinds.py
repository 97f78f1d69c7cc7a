"""What each type of policy takes: elements and effects that one type has and another has not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.edits import added, removed, replaced
from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Fix, Hit
from remit.rooms.guardrails.insights.policy import Policy, Statement
from remit.rooms.guardrails.insights.rewriting import without_statement

_NAMES: Final = {"scp": "an SCP", "identity": "an identity policy", "boundary": "a permissions boundary"}


def _principal(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for name in ("Principal", "NotPrincipal"):
            member = statement.elements.get(name)
            if member is None:
                continue
            at = statement.node.members.index(member)
            harmless = name == "Principal" and member.value.plain() in ("*", {"AWS": "*"})
            fixes = (Fix("Remove it", removed(statement.node, [at]), False),) if harmless else ()
            yield statement.hit(f"{_NAMES[policy.kind]} has no {name}", name, fixes=fixes)


def _no_principal(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if not {"Principal", "NotPrincipal"} & statement.elements.keys():
            fixes = ()
            if policy.kind == "rcp":
                edits = added(policy.text, statement.node, "*", "Principal")
                fixes = (Fix('Add "Principal": "*"', edits, True),)  # type: ignore[assignment]
            yield statement.hit("The statement does not say whom it is about", "Principal", fixes=fixes)


def _rcp_principal(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        member = statement.elements.get("Principal")
        if member and member.value.plain() != "*":
            fix = Fix('Set it to "*"', replaced(policy.text, member.value, "*"), True)
            message = 'In an RCP Principal is "*" and nothing else; say who in a Condition'
            yield statement.hit(message, "Principal", fixes=(fix,))
        if "NotPrincipal" in statement.elements:
            yield statement.hit("An RCP has no NotPrincipal; say who in a Condition", "NotPrincipal")


def _rcp_actions(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if "NotAction" in statement.elements:
            yield statement.hit("An RCP has no NotAction", "NotAction")
        for value in statement.actions:
            if value.text in ("*", "*:*") or ("*" in value.text.partition(":")[0] and ":" in value.text):
                message = f"{value.text!r}: each action of an RCP names a service, such as s3:*"
                yield statement.at(value, message)


def _rcp_allow(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if statement.allows:
            fixes = without_statement(policy, statement, "Remove the statement")
            yield statement.hit("An RCP only denies; RCPFullAWSAccess is the only one that allows", fixes=fixes)


def _resource_sid(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if statement.allows and statement.every_action and statement.every_resource and not statement.conditions:
            others = [each for each in policy.statements if each.allows and each is not statement]
            if others:
                message = "Beside this Allow of everything the other Allow statements mean nothing"
                yield statement.hit(message)


def _allow_list(policy: Policy, facts: Facts) -> Iterator[Hit]:
    allows = [statement for statement in policy.statements if statement.allows]
    if not allows or any(_everything(statement) for statement in allows):
        return
    message = "An SCP's Allow only limits where FullAWSAccess is detached from the target; beside it this means nothing"
    yield allows[0].hit(message)


def _everything(statement: Statement) -> bool:
    return statement.every_action and statement.every_resource and not statement.conditions


CHECKS: Final = (
    Check(
        "principal-element",
        "error",
        "A principal where the policy's holder is the principal",
        "AWS refuses Principal and NotPrincipal in policies that are attached to principals or "
        "organizations' accounts.",
        _principal,
        ("scp", "identity", "boundary"),
        fixable=True,
    ),
    Check(
        "principal-missing",
        "error",
        "No principal in a policy of a resource",
        "A resource policy and an RCP say whom each statement is about.",
        _no_principal,
        ("rcp", "resource", "endpoint"),
        fixable=True,
    ),
    Check(
        "rcp-principal",
        "error",
        "A principal other than * in an RCP",
        'AWS takes only "*" there; narrower is said by conditions such as aws:PrincipalOrgID.',
        _rcp_principal,
        ("rcp",),
        fixable=True,
    ),
    Check(
        "rcp-action",
        "error",
        "An action without its service in an RCP",
        "AWS takes only actions of services that RCPs support, each with its prefix, and no NotAction.",
        _rcp_actions,
        ("rcp",),
    ),
    Check(
        "rcp-allow",
        "error",
        "An Allow in an RCP",
        "AWS refuses it: customers' RCPs only deny.",
        _rcp_allow,
        ("rcp",),
        fixable=True,
    ),
    Check(
        "allow-list",
        "low",
        "An SCP that allows a list",
        "Every level must allow, and one policy that allows everything at a level is enough for it. An "
        "allow list works "
        "only where FullAWSAccess is taken off, and then it must name all that is needed, new services too.",
        _allow_list,
        ("scp",),
    ),
    Check(
        "allow-beside-all",
        "medium",
        "Allow statements beside an Allow of everything",
        "What is allowed already cannot be allowed again: the other statements do not limit anything.",
        _resource_sid,
    ),
)
