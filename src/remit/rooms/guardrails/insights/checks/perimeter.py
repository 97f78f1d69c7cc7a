"""Perimeters: AWS's own calls, calls on somebody's behalf, and the forms of the ids that perimeters name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.checks.absent import NETWORK
from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Hit
from remit.rooms.guardrails.insights.policy import Condition, Policy, Statement
from remit.rooms.guardrails.insights.rewriting import with_condition, with_values

_IDENTITY: Final = ("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn")
_SERVICE_GUARDS: Final = (
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcearn",
)
_VIA_GUARDS: Final = ("aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "kms:viaservice")
_FEDERATION: Final = "sts:assumerolewith"
MCP: Final = ("aws:viaawsmcpservice", "aws:calledviaawsmcp")
_FORMS: Final[dict[str, tuple[re.Pattern[str], str]]] = {
    "aws:principalorgid": (re.compile(r"o-[a-z0-9]{10,32}"), "an organization id such as o-a1b2c3d4e5"),
    "aws:principalorgpaths": (
        re.compile(r"o-[a-z0-9*?]{1,32}/(?:r-[a-z0-9]{4,32}|\*)?(?:/.*)?"),
        "a path such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*",
    ),
    "aws:principalaccount": (re.compile(r"\d{12}"), "an account id of 12 digits"),
    "aws:sourcevpc": (re.compile(r"vpc-[0-9a-f*?]{1,17}"), "a VPC's id such as vpc-0123456789abcdef0"),
    "aws:sourcevpce": (re.compile(r"vpce-[0-9a-f*?]{1,17}"), "an endpoint's id such as vpce-0123456789abcdef0"),
    "aws:requestedregion": (
        re.compile(r"[a-z]{2,5}(?:-[a-z]+){1,3}-\d{1,2}|\*|[a-z]+-?\*"),
        "a Region such as eu-central-1",
    ),
}
for _key, _same in (
    ("aws:resourceorgid", "aws:principalorgid"),
    ("aws:sourceorgid", "aws:principalorgid"),
    ("aws:vpceorgid", "aws:principalorgid"),
    ("aws:resourceorgpaths", "aws:principalorgpaths"),
    ("aws:sourceorgpaths", "aws:principalorgpaths"),
    ("aws:vpceorgpaths", "aws:principalorgpaths"),
    ("aws:resourceaccount", "aws:principalaccount"),
    ("aws:sourceaccount", "aws:principalaccount"),
    ("aws:vpceaccount", "aws:principalaccount"),
):
    _FORMS[_key] = _FORMS[_same]


def _stops_strangers(condition: Condition) -> bool:
    return condition.known and condition.negated and condition.holds_when_absent()


def _service(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        asked = [c for c in statement.on(*_IDENTITY[:3], *NETWORK) if _stops_strangers(c)]
        if not statement.denies or not asked or statement.on(*_SERVICE_GUARDS) or _never_a_service(statement):
            continue
        if any(statement.guarded(c.key) for c in statement.on(*NETWORK, *_IDENTITY)):
            continue
        fixes = with_condition(policy, statement, "BoolIfExists", "aws:PrincipalIsAWSService", "false")
        message = (
            f"AWS's own services have no {asked[0].key}; without aws:PrincipalIsAWSService false the "
            f"Deny stops them too: "
        )
        yield asked[0].hit(message + "log delivery, replication, backups", statement, fixes=fixes)


def _services_only(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        strangers = [c for c in statement.on(*_IDENTITY[:3], *NETWORK) if _stops_strangers(c)]
        for guard in statement.on("aws:principalisawsservice"):
            said = [text.lower() for text in guard.texts]
            if statement.denies and strangers and guard.family == "Bool" and said == ["true"]:
                fixes = with_values(policy, guard, guard.operator, "false", 'Set it to "false"')
                message = f"With {guard.key} true the Deny holds for AWS's own services alone, and {strangers[0].key}"
                yield guard.hit(
                    f"{message} stops no stranger; to leave services out it is false", statement, fixes=fixes
                )


def _never_a_service(statement: Statement) -> bool:
    """Whether only federated callers can make the calls of a statement."""
    return bool(statement.actions) and all(value.text.lower().startswith(_FEDERATION) for value in statement.actions)


def _via(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        asked = [c for c in statement.on(*NETWORK) if _stops_strangers(c)]
        if not statement.denies or not asked or statement.on(*_VIA_GUARDS):
            continue
        if any(statement.guarded(c.key) for c in statement.on(*NETWORK)):
            continue
        if all(value.text.lower().startswith("signin:") for value in statement.actions) and statement.actions:
            continue
        fixes = with_condition(policy, statement, "BoolIfExists", "aws:ViaAWSService", "false")
        message = (
            f"A service that calls on with the caller's rights (CloudFormation, Athena, KMS for S3) "
            f"has no {asked[0].key} of"
        )
        yield asked[0].hit(
            f"{message} the caller; without aws:ViaAWSService false those calls are denied", statement, fixes=fixes
        )


def _mcp(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        asked = [c for c in statement.on(*MCP) if c.known]
        others = [c for c in statement.conditions if c.lower_key not in MCP and c.lower_key != "aws:principalarn"]
        if statement.denies and asked and not any(_says_who(c) for c in others):
            message = (
                f"{asked[0].key} is only there when a call passes an MCP server that AWS runs. The "
                f"same agent with the same"
            )
            yield asked[0].hit(
                f"{message} credentials and the CLI, an SDK or an MCP server of its own is not held", statement
            )


def _says_who(condition: Condition) -> bool:
    return condition.lower_key.startswith(
        ("aws:principaltag/", "aws:sourceidentity", "aws:userid", "aws:federatedprovider")
    )


def _id_form(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement, condition in policy.conditions():
        form = _FORMS.get(condition.lower_key)
        if form is None or condition.name == "Null":
            continue
        for value in condition.values:
            wild = "*" in value.text and "Like" in condition.name and condition.lower_key != "aws:requestedregion"
            if "${" not in value.text and not wild and not form[0].fullmatch(value.text):
                yield statement.at(value, f"{value.text!r} is not {form[1]}, so it matches no {condition.key}")


CHECKS: Final = (
    Check(
        "missing-principal-is-aws-service",
        "high",
        "A perimeter that stops AWS's own services",
        "An AWS service that acts for itself belongs to no organization, account or network of yours. A "
        "Deny for strangers "
        "must leave it out, and a confused-deputy guard (aws:SourceOrgID, aws:SourceAccount) hold it instead.",
        _service,
        ("rcp", "resource", "endpoint"),
        fixable=True,
    ),
    Check(
        "services-alone-denied",
        "high",
        "A perimeter that is held against AWS's own services alone",
        "aws:PrincipalIsAWSService is true when a service acts for itself. As a condition of a Deny, true picks those "
        "calls out instead of leaving them out: log delivery stops, and everybody else passes.",
        _services_only,
        fixable=True,
    ),
    Check(
        "missing-via-aws-service",
        "high",
        "A network perimeter that stops calls through AWS services",
        "In a forward access session a service calls another with the caller's rights from the service's own network. "
        "Without an exception such calls fail far from their cause.",
        _via,
        fixable=True,
    ),
    Check(
        "mcp-keys-alone",
        "medium",
        "A guardrail that rests on the MCP keys alone",
        "AWS sets aws:ViaAWSMCPService and aws:CalledViaAWSMCP only for its own MCP servers. Say who the "
        "agent is as well "
        "(a protected principal tag, a role), and keep this beside it.",
        _mcp,
    ),
    Check(
        "id-form",
        "high",
        "An id of the wrong form",
        "A mistyped organization, account, VPC or Region matches nothing: the perimeter then stops "
        "everybody, or nobody.",
        _id_form,
    ),
)
