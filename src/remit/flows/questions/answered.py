"""What an engineer asks of one event, each answered by name with how that is known, or with what would settle it."""

from __future__ import annotations

import re
from typing import Any, Final

from remit.flows.questions.ports import Json
from remit.model.vocabulary import POLICY_WORDS, STRENGTHS, strength_of

_RUNNER_UP: Final = re.compile(r"(.+) \((stamped|joined|declared|named): (.+)\)", re.DOTALL)
_NOT_CONNECTED: Final = (
    "Whether a policy of the organization means to forbid it cannot be said: organization policies are not connected."
)
_ROADS: Final = {
    "gateway": "Yes: it came through the gateway, by a decision of ours.",
    "pipeline": "Yes: it came through a known pipeline.",
    "exempt": "Exempt: it is not expected to come by a governed road.",
    "none": "No: it came by neither the gateway nor a known pipeline.",
}

_APPROVING: Final = ("gateway", "pipeline")
"""Roads that are an approved workflow already."""
_APPROVAL: Final = ".approval"
"""How signals end that are a person's approval of one act."""


def answered(event: Json) -> Json:
    """``{objective, workflow, permissions, policy, runner_up}`` of an event's JSON.

    Each is ``{answer, how, settle}``: the answer in words (None for not known), how it is known, and what would settle
    it or the part of it that is open. ``runner_up`` is None when nothing else was read.
    """
    return {
        "objective": _objective(event),
        "workflow": _workflow(event),
        "permissions": _permissions(event),
        "policy": _policy(event),
        "runner_up": _runner_up(event),
    }


def _said(answer: str | None, how: str | None = None, settle: str | None = None) -> Json:
    return {"answer": answer, "how": how, "settle": settle}


def _objective(event: Json) -> Json:
    session, ticket = event["session"], event["session"]["ticket"] or event["change"]["ticket"]
    if session["objective"]:
        return _said(session["objective"], "The agent's session states it.")
    if ticket:
        where = "The agent's session" if session["ticket"] else "A branch, commit, title or session name"
        return _said(f"Ticket {ticket}", f"{where} names it.", "What the ticket asks for is in the tracker.")
    settle = "No record states an objective or a ticket: name the ticket in the branch, the commit or the session."
    hint = event["principal"]["role_session"]
    return _said(None, f"The caller named its role session {hint}, which is a hint only." if hint else None, settle)


def _workflow(event: Json) -> Json:
    governed = event["governed"]
    if governed not in _APPROVING and (approval := _approval(event)):
        return approval
    if governed in _ROADS:
        settle = (
            None if governed != "pipeline" or _code(event) else "No commit or run is named: ingest the CI's records."
        )
        return _said(_ROADS[governed], _road(event), settle)
    if event["actor"]["kind"] == "pipeline":
        settle = "It is a pipeline that identities.toml does not name: add it there if its changes are reviewed."
        return _said(None, _road(event), settle)
    return _said(None, _road(event), "Map the pipeline or principal in identities.toml.")


def _approval(event: Json) -> Json | None:
    """What evidence of a person's approval says, where the record carries it."""
    found = next((each for each in event["attribution"]["evidence"] if each["signal"].endswith(_APPROVAL)), None)
    if found is None:
        return None
    who = event["actor"]["on_behalf_of"] or "a person who is not named"
    return _said(
        f"Approved by {who}, but by neither the gateway nor a known pipeline.",
        f"{_road(event)} {found['signal']} ({found['strength']}): {found['field']} {found['value']}.",
        "What was approved is in the agent's own history: whoever assumed the role chose the value.",
    )


def _road(event: Json) -> str:
    """By whom, by which path and from which code, as far as the record says."""
    actor = event["actor"]
    who = actor["agent"] or actor["name"] or event["principal"]["arn"] or "somebody not identified"
    kind = "" if actor["kind"] in (None, "unknown") else f"the {actor['kind']} "
    return ", ".join([f"By {kind}{who}, path {event['path'] or 'unknown'}", *_code(event)]) + "."


def _code(event: Json) -> list[str]:
    change = event["change"]
    named = (("repository", "repository"), ("commit", "commit"), ("pull_request", "pull request"), ("run", "run"))
    return [f"{words} {change[part]}" for part, words in named if change[part]]


def _permissions(event: Json) -> Json:
    if not event["permissions"]:
        return _said(None, None, "The permissions of this call are neither in the record nor in the reference table.")
    how = "By the table of AWS operations; the record does not list them." if event["provider"] == "aws" else None
    return _said(", ".join(event["permissions"]), how or "As the record spells the operation.")


def _policy(event: Json) -> Json:
    if event["denied"]:
        deny: Any = event["deny"] or {}
        kind = POLICY_WORDS.get(deny.get("policy_type") or "unknown", deny.get("policy_type") or "")
        named = deny.get("policy_arn")
        how = "The provider refused the call, and its message says so." if event["error_message"] else None
        settle = None if named else "The message does not name the policy: who keeps the policies can look it up."
        return _said(f"Yes: {kind}{f' {named}' if named else ''}", how or "The provider refused the call.", settle)
    if event["outcome"] == "failure":
        return _said("None is known.", "The call failed for another reason than a policy.", _NOT_CONNECTED)
    if event["outcome"] == "success":
        how = "The provider allowed the call, so no policy that it enforces forbade it."
        return _said("None is known.", how, _NOT_CONNECTED)
    return _said(None, None, f"The record does not say how the call ended. {_NOT_CONNECTED}")


def _runner_up(event: Json) -> Json | None:
    """The best other reading, and why it lost."""
    text = event["attribution"]["runner_up"]
    if not text:
        return None
    found = _RUNNER_UP.fullmatch(text)
    if found is None:
        return _said(None, None, text)
    reading, strength, signal = found.groups()
    return _said(reading, f"{signal}, {strength}", _why_it_lost(event, reading, strength))


def _why_it_lost(event: Json, reading: str, strength: str) -> str:
    if strength == "named" and reading.startswith("agent"):
        return "It lost because a name alone never makes an agent."
    winner = strength_of(event["attribution"]["confidence"])
    order = {name: place for place, name in enumerate(STRENGTHS)}
    if order[strength] > order.get(winner, len(STRENGTHS)):
        return f"It lost because {strength} evidence never overrules what is {winner}."
    return "Its evidence is as strong; the more specific kind of actor is named, with less confidence."
