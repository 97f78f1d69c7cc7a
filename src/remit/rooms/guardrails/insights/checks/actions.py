"""Actions: names that exist, that this policy type reaches, and that can be limited as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.reference.aws_rcp import RCP_SERVICES
from remit.rooms.guardrails.insights.facts import Facts, sample
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Fix, Hit
from remit.rooms.guardrails.insights.policy import Policy, Statement, Value
from remit.rooms.guardrails.insights.rewriting import with_text, without_value

_UNDENIABLE: Final = {
    "sts:GetCallerIdentity": "AWS answers it to everybody who has credentials, whatever policies say",
}
_NOT_BY_SCP: Final = {
    "mechanicalturk": "Amazon Mechanical Turk is outside service control policies",
}
_NOT_BY_RCP: Final = {
    "kms:RetireGrant": "AWS excepts it from resource control policies, so that grants can be given up"
}
RETIRED: Final = {
    "aws-portal": "AWS closed it in 2023; the actions are in account, billing, budgets, cur, payments and others now",
    "a4b": "Alexa for Business is closed",
    "aws-mcp": "AWS removed these actions in March 2026; AWS's MCP servers are governed by "
    "aws:ViaAWSMCPService and the "
    "permissions of the services they call",
    "mobilehub": "AWS Mobile Hub is closed",
    "wam": "Amazon WorkSpaces Application Manager is closed",
    "honeycode": "Amazon Honeycode is closed",
    "opsworks": "AWS OpsWorks Stacks is closed",
    "robomaker": "AWS RoboMaker is closed",
}
"""Services whose actions are gone, or nearly; a policy that names them is harmless and out of date."""


def _named(statement: Statement) -> Iterator[tuple[str, Value]]:
    for element, values in (("Action", statement.actions), ("NotAction", statement.not_actions)):
        for value in values:
            yield element, value


def _service(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for element, value in _named(statement):
            prefix, colon, _ = value.text.partition(":")
            if value.text == "*" or "$" in value.text:
                continue
            if not colon:
                yield statement.at(value, f"{value.text!r} is no action: it must be service:Action", severity="error")
            elif not facts.knows_service(prefix.lower()) and prefix.lower() not in RETIRED:
                yield _unknown_service(policy, facts, statement, element, value)


def _unknown_service(policy: Policy, facts: Facts, statement: Statement, element: str, value: Value) -> Hit:
    prefix, _, name = value.text.partition(":")
    like = facts.closest(prefix, facts.reference.services())
    fixes = without_value(statement, element, value, f"Remove {value.text}", True)
    if like and facts.expand(f"{like}:{name}"):
        fixes = with_text(policy, value, f"{like}:{name}", f"Write {like}:{name}")
    hint = f"; {like} is meant" if like else ""
    return statement.at(
        value, f"No AWS service has the prefix {prefix!r}{hint}. {_lost(statement, element)}", fixes=fixes
    )


def _lost(statement: Statement, element: str) -> str:
    """What an entry that matches nothing means for the statement."""
    if element == "NotAction":
        return "Nothing is excepted by this entry"
    meant = {"deny": "denied", "allow": "allowed"}.get(statement.effect.lower())
    return f"Nothing is {meant} by this entry" if meant else "This entry names nothing"


def _action(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for element, value in _named(statement):
            prefix, colon, name = value.text.partition(":")
            known = colon and facts.knows_service(prefix.lower()) and "$" not in value.text
            if not known or not name or facts.expand(value.text):
                continue
            if "*" in name or "?" in name:
                fixes = without_value(statement, element, value, f"Remove {value.text}", True)
                message = f"No action of {prefix} matches {value.text!r}. {_lost(statement, element)}"
            else:
                like = facts.closest(name, facts.reference.service(prefix.lower()).actions)
                fixes = with_text(policy, value, f"{prefix}:{like}", f"Write {prefix}:{like}") if like else ()
                hint = f"; {prefix}:{like} is meant" if like else ""
                message = f"{prefix} has no action {name!r}{hint}. {_lost(statement, element)}"
            yield statement.at(value, message, fixes=fixes)


def _retired(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for element, value in _named(statement):
            why = RETIRED.get(value.text.partition(":")[0].lower())
            if why:
                fixes = without_value(statement, element, value, f"Remove {value.text}")
                yield statement.at(value, f"{value.text!r}: {why}", fixes=fixes)


def _ungoverned(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        if not statement.denies:
            continue
        for value in statement.actions:
            why = _why_ungoverned(policy, facts, value)
            if why:
                fixes = without_value(statement, "Action", value, f"Remove {value.text}")
                yield statement.at(value, f"{value.text!r} cannot be denied here: {why}", fixes=fixes)


def _why_ungoverned(policy: Policy, facts: Facts, value: Value) -> str | None:
    prefix = value.text.partition(":")[0].lower()
    if policy.kind == "scp" and prefix in _NOT_BY_SCP:
        return _NOT_BY_SCP[prefix]
    found = facts.expand(value.text) if ":" in value.text else ()
    if len(found) != 1:
        return None
    return _UNDENIABLE.get(found[0]) or (_NOT_BY_RCP.get(found[0]) if policy.kind == "rcp" else None)


def _rcp_service(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for value in statement.actions:
            prefix = value.text.partition(":")[0].lower()
            if facts.knows_service(prefix) and "*" not in prefix and prefix not in RCP_SERVICES:
                fixes = without_value(statement, "Action", value, f"Remove {value.text}")
                message = f"{prefix} is not among the {len(RCP_SERVICES)} services that RCPs reach"
                yield statement.at(value, message, fixes=fixes)


def _rcp_resourceless(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for value in statement.actions:
            found = facts.expand(value.text) if ":" in value.text else ()
            if found and "*" not in value.text and not facts.action(found[0]).resource_types:
                fixes = without_value(statement, "Action", value, f"Remove {value.text}", True)
                message = f"AWS lists no resource that {found[0]} acts on: do not count on an RCP for it, use an SCP"
                yield statement.at(value, message, fixes=fixes)


def _no_resource_level(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        actions = facts.actions(statement)
        if not statement.resources or any(value.text.strip("*") == "" for value in statement.resources):
            continue
        without = [name for name in actions or () if not facts.action(name).resource_types]
        exact = [name for name in without if any(value.text.lower() == name.lower() for value in statement.actions)]
        if actions and len(without) == len(actions):
            member = statement.elements["Resource"]
            fix = Fix('Set Resource to "*"', ((member.value.start, member.value.end, '"*"'),), True)
            message = f'None of its actions knows resources ({sample(without)}): only "*" matches them. The statement'
            yield statement.hit(f"{message} does nothing", "Resource", fixes=(fix,))
        elif exact:
            message = f'{sample(exact)} knows no resources: only "*" matches, so the statement does nothing for it'
            value = next(v for v in statement.actions if v.text.lower() == exact[0].lower())
            yield statement.at(value, message, severity="medium")


CHECKS: Final = (
    Check(
        "unknown-service",
        "high",
        "A service that AWS does not have",
        "IAM accepts any prefix and matches nothing with it, so the mistake is silent.",
        _service,
        fixable=True,
    ),
    Check(
        "unknown-action",
        "high",
        "An action, or a wildcard, that no action matches",
        "IAM accepts any name and matches nothing with it: the guardrail is there and prevents nothing. An "
        "action newer "
        "than the reference in this release is told too; its version is in the answer.",
        _action,
        fixable=True,
    ),
    Check(
        "retired-service",
        "low",
        "A service that is closed",
        "It costs space and means nothing any more.",
        _retired,
        fixable=True,
    ),
    Check(
        "ungoverned-action",
        "high",
        "An action that this policy cannot deny",
        "AWS answers some calls whatever organization policies say; a Deny on them promises what it does not hold.",
        _ungoverned,
        fixable=True,
    ),
    Check(
        "rcp-service",
        "error",
        "A service that RCPs do not reach",
        "AWS refuses an RCP on a service outside its list of supported ones; the resources stay open.",
        _rcp_service,
        ("rcp",),
        fixable=True,
    ),
    Check(
        "rcp-no-resource",
        "medium",
        "An action without a resource in an RCP",
        "An RCP is evaluated where a resource is accessed. Where the reference knows none for an action, try it first.",
        _rcp_resourceless,
        ("rcp",),
        fixable=True,
    ),
    Check(
        "no-resource-level",
        "high",
        "A specific resource for actions that know none",
        'An action without resource-level permissions is only matched by Resource "*". With an ARN the statement never '
        "matches it, and AWS says nothing.",
        _no_resource_level,
        fixable=True,
    ),
)
