"""CloudTrail records: one caller, one call, one record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from remit.rooms.estate.aws.refusals import Refusal
from remit.rooms.estate.cast import REGION, Account
from remit.rooms.estate.chance import Chance
from remit.rooms.estate.feed import Item, Json
from remit.rooms.estate.instants import to_seconds

_SOURCES: Final = {"cloudwatch": "monitoring", "aws-mcp": "aws-mcp"}
_GLOBAL: Final = {"iam", "organizations", "cloudfront", "route53"}
_READS: Final = ("Describe", "List", "Get", "Head", "Lookup", "Query", "Select", "BatchGet", "Filter")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls and from where. ``agent`` is a user agent, or makes one from the call's name."""

    account: Account
    identity: Json
    address: str
    agent: str | Callable[[str], str]
    region: str = REGION
    console: bool = False

    def with_identity(self, **more: object) -> Caller:
        return replace(self, identity={**self.identity, **more})

    def user_agent(self, api: str) -> str:
        return self.agent if isinstance(self.agent, str) else self.agent(api)


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a scene as a template: ``{name}`` in any text is filled from the scene's values."""

    api: str
    request: Any = None
    response: Any = None
    resources: Sequence[tuple[str, str]] = ()
    """Pairs of CloudFormation type and ARN, where CloudTrail names them."""
    extra: Json = field(default_factory=dict)
    refusal: Refusal | None = None


def fill(template: Any, values: dict[str, str]) -> Any:
    """The template with every ``{name}`` replaced, in nested objects and lists alike."""
    if isinstance(template, str):
        return template.format_map(values) if "{" in template else template
    if isinstance(template, dict):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    return template


def call(caller: Caller, step: Step, at: int, chance: Chance, values: dict[str, str] | None = None) -> Item:
    """The record of one call. A refused call has an error and no answer."""
    service, _, operation = step.api.partition(":")
    filled = fill([step.request, step.response, step.extra], values or {})
    record: Json = {
        "eventVersion": "1.11",
        "userIdentity": caller.identity,
        "eventTime": to_seconds(at),
        "eventSource": f"{_SOURCES.get(service, service)}.amazonaws.com",
        "eventName": operation,
        "awsRegion": "us-east-1" if service in _GLOBAL else caller.region,
        "sourceIPAddress": caller.address,
        "userAgent": caller.user_agent(step.api),
    }
    if step.refusal:
        record |= step.refusal.fields(caller.identity, fill(step.refusal.resource, values or {}))
    record |= {
        "requestParameters": filled[0],
        "responseElements": None if step.refusal else filled[1],
        "requestID": chance.uuid(),
        "eventID": chance.uuid(),
        "readOnly": operation.startswith(_READS),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": caller.account.id,
        "eventCategory": "Management",
    }
    return Item("cloudtrail", caller.account.id, at, record | _details(caller, step, values or {}) | filled[2])


def _details(caller: Caller, step: Step, values: dict[str, str]) -> Json:
    details: Json = {}
    if step.resources:
        details["resources"] = [
            {"accountId": caller.account.id, "type": kind, "ARN": fill(arn, values)} for kind, arn in step.resources
        ]
    if not caller.address.endswith(".amazonaws.com"):
        host = f"{step.api.partition(':')[0]}.{caller.region}.amazonaws.com"
        tls = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": host}
        details["tlsDetails"] = tls
    if caller.console:
        details["sessionCredentialFromConsole"] = "true"
    return details


def play(
    caller: Caller,
    steps: Iterable[Step],
    at: int,
    chance: Chance,
    values: dict[str, str],
    pause: tuple[int, int],
) -> Iterator[Item]:
    """The steps one after another, with a pause of so many microseconds (low, high) after each."""
    for step in steps:
        yield call(caller, step, at, chance, values)
        at += chance.between(*pause)
