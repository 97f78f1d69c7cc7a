"""AWS CDK: an app of one stack with the policy, in TypeScript and in Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from remit.rooms.guardrails.exports import traps
from remit.rooms.guardrails.exports.literals import Syntax, literal
from remit.rooms.guardrails.exports.policy import OrganizationPolicy

_TYPESCRIPT: Final = Syntax("true", "false", "  ", "\\u{{{:x}}}")
_PYTHON: Final = Syntax("True", "False", "    ")
_STACK_LETTERS: Final = 100
_TYPESCRIPT_APP: Final = """\
// Needs aws-cdk-lib and constructs. Show the template with: npx cdk synth --app "npx tsx FILE"
// Deploy it in the organization's management account or as a delegated administrator, in one Region.
import {{ App, Stack }} from "aws-cdk-lib";
import {{ CfnPolicy }} from "aws-cdk-lib/aws-organizations";

const app = new App();
const stack = new Stack(app, {stack});

new CfnPolicy(stack, "Policy", {properties});

app.synth();
"""
_PYTHON_APP: Final = """\
# Needs aws-cdk-lib. Show the template with: npx cdk synth --app "python FILE"
# Deploy it in the organization's management account or as a delegated administrator, in one Region.
from aws_cdk import App, Stack
from aws_cdk.aws_organizations import CfnPolicy

app = App()
stack = Stack(app, {stack})

CfnPolicy(
    stack,
    "Policy",
{arguments}
)

app.synth()
"""


def export_typescript(policy: OrganizationPolicy) -> str:
    """One file of TypeScript. :raises NotExportable: for text that the CDK or CloudFormation would change."""
    properties = _properties(policy)
    lines = "".join(f"  {name}: {literal(value, _TYPESCRIPT, 1)},\n" for name, value in properties.items())
    stack = literal(_stack(policy.name), _TYPESCRIPT)
    return _TYPESCRIPT_APP.format(stack=stack, properties=f"{{\n{lines}}}")


def export_python(policy: OrganizationPolicy) -> str:
    """One file of Python. :raises NotExportable: for text that the CDK or CloudFormation would change."""
    properties = _properties(policy)
    if "targetIds" in properties:
        properties["target_ids"] = properties.pop("targetIds")
    arguments = "\n".join(f"    {name}={literal(value, _PYTHON, 1)}," for name, value in properties.items())
    return _PYTHON_APP.format(stack=literal(_stack(policy.name), _PYTHON), arguments=arguments)


def _properties(policy: OrganizationPolicy) -> dict[str, Any]:
    """The properties of ``CfnPolicy``, checked."""
    checked: Mapping[str, Any] = {"name": policy.name, "description": policy.description, "content": policy.document}
    traps.refuse_traps(checked, traps.cloudformation, traps.cdk)
    properties: dict[str, Any] = {"name": policy.name, "type": policy.aws_type}
    if policy.description:
        properties["description"] = policy.description
    properties["content"] = policy.document
    if policy.targets:
        properties["targetIds"] = list(policy.targets)
    return properties


def _stack(name: str) -> str:
    """The policy's name as the name of a stack."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:_STACK_LETTERS].rstrip("-")
    return plain if plain[:1].isalpha() else f"policy-{plain}".rstrip("-")
