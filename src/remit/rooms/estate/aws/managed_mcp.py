"""An agent through the AWS-managed MCP server: the tool call and the API call it made, joined by the request id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from remit.rooms.estate.aws.calls import Caller, Step, call
from remit.rooms.estate.aws.clients import BROWSER, mcp_proxy
from remit.rooms.estate.aws.people import CLI_CHANGES, CLI_STEPS
from remit.rooms.estate.aws.resources import names
from remit.rooms.estate.aws.sessions import laptop
from remit.rooms.estate.cast import Account, Person
from remit.rooms.estate.chance import Chance
from remit.rooms.estate.feed import Item
from remit.rooms.estate.instants import SECOND
from remit.rooms.estate.rhythm import Moment

_HIDDEN: Final = "[HIDDEN_DUE_TO_SECURITY_REASONS]"
_SERVER: Final = "aws-mcp.amazonaws.com"
_ENDPOINT_REGION: Final = "us-east-1"


def managed(person: Person, account: Account, client: str) -> Callable[[Moment], Iterator[Item]]:
    """A person consents once in a browser; then the agent's tool calls go through AWS's server."""

    def scene(moment: Moment) -> Iterator[Item]:
        chance = moment.chance
        caller = laptop(account, "Developer", person, moment.at, chance, mcp_proxy(client))
        yield from _consent(caller, moment.at, chance)
        values = names(account, chance)
        steps = [chance.pick(CLI_STEPS) for _ in range(chance.between(2, 5))] + [chance.pick(CLI_CHANGES)]
        at = moment.at + 20 * SECOND
        for number, step in enumerate(steps, start=2):
            yield from tool_call(caller, step, at, chance, values, number)
            at += chance.between(4, 30) * SECOND

    return scene


def _consent(caller: Caller, at: int, chance: Chance) -> Iterator[Item]:
    request = {
        "resource": "https://aws-mcp.us-east-1.api.aws/mcp",
        "redirect_uri": "http://127.0.0.1:60432/oauth/callback",
        "code_challenge_method": "S256",
        "client_id": f"arn:aws:signin:us-east-1::external-client/dcr/{chance.uuid()}",
    }
    session = f"arn:aws:signin:us-east-1:{caller.account.id}:session/{chance.uuid()}"
    consent = Step("signin:AuthorizeOAuth2Access", request, None, extra=_additional({"success": "true"}))
    yield call(replace(caller, agent=BROWSER, region=_ENDPOINT_REGION), consent, at, chance)
    token = Step(
        "signin:CreateOAuth2Token",
        {key: request[key] for key in ("resource", "client_id")},
        None,
        extra=_additional({"signInSessionArn": session, "grant_type": "authorization_code", "success": "true"}),
    )
    context = {**caller.identity["sessionContext"], "signInSessionArn": session}
    yield call(
        replace(caller.with_identity(sessionContext=context), region=_ENDPOINT_REGION), token, at + 6 * SECOND, chance
    )


def _additional(data: dict[str, str]) -> dict[str, object]:
    return {"additionalEventData": data, "readOnly": True}


def tool_call(
    caller: Caller, step: Step, at: int, chance: Chance, values: dict[str, str], number: int
) -> Iterator[Item]:
    """Both halves. The effect can be stamped a second earlier than the tool call that caused it."""
    through = replace(caller.with_identity(invokedBy=_SERVER), address=_SERVER, agent=_SERVER)
    effect = call(through, step, at, chance, values)
    joined = {"apiName": step.api, "requestId": effect.record["requestID"], "awsRegion": effect.record["awsRegion"]}
    tool = Step(
        "aws-mcp:CallReadWriteTool",
        {
            "jsonrpc": "2.0",
            "method": "tools/call",
            "id": number,
            "params": {"name": "aws___call_aws", "_meta": _HIDDEN, "arguments": _HIDDEN},
        },
        {"jsonrpc": "2.0", "id": number, "result": _HIDDEN},
        extra={
            "eventType": "AwsMcpEvent",
            "readOnly": False,
            "additionalEventData": {"downstreamRequests": [joined]},
        },
    )
    yield effect
    yield call(replace(caller, region=_ENDPOINT_REGION), tool, at + chance.between(0, 1) * SECOND, chance)
