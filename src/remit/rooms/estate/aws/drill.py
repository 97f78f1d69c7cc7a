"""The scenes of the drill: an agent wants a SageMaker endpoint in a closed Region, is refused, and later is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from remit.rooms.estate.aws import refusals
from remit.rooms.estate.aws.agents import CLAUDE_CODE
from remit.rooms.estate.aws.calls import Caller, Step, call
from remit.rooms.estate.aws.clients import aws_cli, awslabs_mcp
from remit.rooms.estate.aws.sessions import laptop
from remit.rooms.estate.cast import LIAM, NOOR, PROTECT_REGIONS_SCP, SHARED, STAGING
from remit.rooms.estate.chance import Chance
from remit.rooms.estate.feed import Item
from remit.rooms.estate.instants import SECOND

REGION: Final = "us-west-2"
"""Where the agent goes: no version of the organization's Region guardrail has it open."""
ACCOUNT: Final = STAGING
ENDPOINT: Final = "orders-forecast"
POLICY: Final = PROTECT_REGIONS_SCP.rpartition("/")[2]
"""The id of the guardrail that stands in the way."""
ACTIONS: Final = ("sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint")
_ARN: Final = f"arn:aws:sagemaker:{REGION}:{STAGING.id}"
_IMAGE: Final = f"{STAGING.id}.dkr.ecr.{REGION}.amazonaws.com/orders-forecast:1.4.0"
_MODEL: Final = {
    "modelName": ENDPOINT,
    "primaryContainer": {"image": _IMAGE, "modelDataUrl": "s3://acme-staging-orders/models/forecast.tar.gz"},
    "executionRoleArn": f"arn:aws:iam::{STAGING.id}:role/orders-forecast",
}
_CONFIG: Final = {
    "endpointConfigName": ENDPOINT,
    "productionVariants": [
        {"variantName": "all", "modelName": ENDPOINT, "initialInstanceCount": 1, "instanceType": "ml.g5.xlarge"}
    ],
}
_ENDPOINT: Final = {"endpointName": ENDPOINT, "endpointConfigName": ENDPOINT}
_CALLS: Final[tuple[tuple[str, Mapping[str, Any], str, str], ...]] = (
    (ACTIONS[0], _MODEL, "modelArn", f"{_ARN}:model/{ENDPOINT}"),
    (ACTIONS[1], _CONFIG, "endpointConfigArn", f"{_ARN}:endpoint-config/{ENDPOINT}"),
    (ACTIONS[2], _ENDPOINT, "endpointArn", f"{_ARN}:endpoint/{ENDPOINT}"),
)


def attempt(at: int, *, refused: bool) -> list[Item]:
    """The agent's three calls from a moment on (microseconds since the epoch), ten seconds apart: refused by the
    organization's Region guardrail, or not."""
    chance = Chance("drill", "sagemaker", at)
    agent = replace(laptop(ACCOUNT, "Developer", LIAM, at, chance, awslabs_mcp(CLAUDE_CODE)), region=REGION)
    return [
        _call(agent, at + 10 * number * SECOND, chance, each, refused=refused) for number, each in enumerate(_CALLS)
    ]


def _call(
    agent: Caller, at: int, chance: Chance, planned: tuple[str, Mapping[str, Any], str, str], *, refused: bool
) -> Item:
    api, request, answered, arn = planned
    refusal = refusals.explicit(api, arn, "service control policy", PROTECT_REGIONS_SCP, "AccessDeniedException")
    step = Step(api, dict(request), {answered: arn}, refusal=refusal if refused else None)
    return call(agent, step, at, chance)


def policy_change(at: int, name: str, document: Mapping[str, Any]) -> Item:
    """An administrator gives the guardrail another document, in the management account."""
    chance = Chance("drill", "policy", at)
    summary = {"id": POLICY, "arn": PROTECT_REGIONS_SCP, "name": name, "type": "SERVICE_CONTROL_POLICY",
               "awsManaged": False}  # fmt: skip
    content = json.dumps(document, separators=(",", ":"))
    # ``call`` fills in names in braces, which a policy's text is full of: the record is completed after it.
    made = call(
        laptop(SHARED, "Administrator", NOOR, at, chance, aws_cli), Step("organizations:UpdatePolicy"), at, chance
    )
    made.record["requestParameters"] = {"policyId": POLICY, "content": content}
    made.record["responseElements"] = {"policy": {"policySummary": summary, "content": content}}
    return made
