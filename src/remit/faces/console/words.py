"""The product's words on a page: what an event says in a sentence, and what each judgement means."""

from __future__ import annotations

from typing import Any, Final

from remit.model.vocabulary import STRENGTHS, call_name, strength_of

Json = dict[str, Any]

STRENGTH_MEANS: Final = {
    "stamped": "said by the provider",
    "joined": "joined to another record",
    "declared": "said by the caller's software",
    "named": "a name only: a hint, not evidence",
    "unknown": "nothing in the records says",
}
STRENGTH_BARS: Final = {"stamped": 4, "joined": 3, "declared": 2, "named": 1, "unknown": 0}
GOVERNED_MEANS: Final = {
    "gateway": "Yes: it came through the gateway, by a decision of ours.",
    "pipeline": "Yes: it came through a known pipeline.",
    "exempt": "Exempt: it is not expected to come by a governed road.",
    "none": "No: it came by neither the gateway nor a known pipeline.",
    "unknown": "Not known.",
}
PATH_MEANS: Final = {
    "console": "The provider's web console",
    "cli": "A command line tool",
    "sdk": "An SDK or a direct API call",
    "iac": "An infrastructure-as-code tool",
    "mcp": "An MCP server",
    "gateway": "The gateway",
    "vcs": "Version control",
    "workflow": "A CI workflow",
    "provider": "The provider itself",
    "unknown": "Not known",
}
POLICY_SHORT: Final = {
    "scp": "SCP",
    "rcp": "RCP",
    "identity": "identity policy",
    "resource": "resource policy",
    "boundary": "boundary",
    "session": "session policy",
    "vpc_endpoint": "VPC endpoint",
    "role_trust": "role trust",
    "azure_policy": "Azure Policy",
    "azure_rbac": "Azure RBAC",
    "gcp_iam": "GCP IAM",
    "gcp_org_policy": "org policy",
    "gcp_vpc_sc": "VPC-SC",
    "unknown": "type not stated",
}
"""The policy types where there is little room."""
_DID: Final = {
    "read": "read",
    "create": "created",
    "update": "changed",
    "delete": "deleted",
    "permission": "changed permissions on",
}
_TRIED: Final = {
    "read": "read",
    "create": "create",
    "update": "change",
    "delete": "delete",
    "permission": "change permissions on",
}


def source_class(source: str | None) -> str:
    """The style class of a source's colour: ``s-cli-sdk``."""
    known = ("AgentOps", "ClickOps", "IaC", "CLI/SDK", "Mutation", "VCS", "Workflow")
    return f"s-{source.lower().replace('/', '-')}" if source in known else "s-unknown"


def outcome_class(event: Json) -> str:
    """``denied``, ``failure`` or ``success``; empty where the record does not say."""
    if event["denied"]:
        return "denied"
    return event["outcome"] if event["outcome"] in ("success", "failure", "denied") else ""


def verdict_strength(attribution: Json) -> str:
    """The strength of evidence behind who did it, by its confidence."""
    return strength_of(attribution["confidence"])


def strongest_signal(attribution: Json) -> str | None:
    """The first signal of the verdict's strength; a mapped identity only when nothing else has it."""
    strength = verdict_strength(attribution)
    signals = [each["signal"] for each in attribution["evidence"] if each["strength"] == strength]
    return next((name for name in signals if name != "registry"), signals[0] if signals else None)


def by_strength(evidence: list[Json]) -> list[Json]:
    """Evidence, strongest first."""
    order = {name: place for place, name in enumerate(STRENGTHS)}
    return sorted(evidence, key=lambda each: order.get(each["strength"], len(order)))


def actor_words(actor: Json, principal: str | None) -> str:
    """Who acted, by the best name there is."""
    name = actor["agent"] or actor["name"] or principal
    if actor["kind"] in (None, "unknown"):
        return f"Somebody not identified ({name})" if name else "Somebody not identified"
    return name or f"An unnamed {actor['kind']}"


def headline(event: Json) -> Json:
    """``{actor, behalf, did, what, more, where}``: the parts of the sentence that says what happened."""
    actor = event["actor"]
    who = actor_words(actor, (event.get("principal") or {}).get("arn"))
    did, what = _deed(event)
    return {
        "actor": who,
        "behalf": actor["on_behalf_of"] if actor["on_behalf_of"] != who else None,
        "did": did,
        "what": what,
        "more": max(0, len(_names(event)) - 1),
        "where": _where(event),
    }


def _deed(event: Json) -> tuple[str, str]:
    kind, call = event["action"]["kind"], call_name(event["action"]["service"], event["action"]["operation"])
    names = _names(event)
    what = names[0] if names and kind in _DID else call
    if event["denied"]:
        return (f"tried to {_TRIED[kind]}" if what != call else "called", what)
    if event["outcome"] == "failure":
        return (f"tried and failed to {_TRIED[kind]}" if what != call else "called", what)
    return (_DID[kind] if what != call else "called"), what


def _names(event: Json) -> list[str]:
    """The resources the record names; of a denial that names none there, the one its message names."""
    named = [name for each in event["resources"] if (name := each["id"] or each["arn"])]
    refused = (event["deny"] or {}).get("resource")
    return named or ([refused] if refused else [])


def _where(event: Json) -> str:
    account = event["account"] or ""
    if event["environment"]:
        return f"{event['environment']} ({account})" if account else event["environment"]
    return account


def ending(event: Json) -> str:
    """How the sentence ends."""
    if event["denied"]:
        return "and was denied"
    if event["outcome"] == "failure" and not _names(event):
        return "and the call failed"
    return ""


def behalf_source(event: Json) -> str | None:
    """Which part of the record names on whose behalf, when it is there word for word."""
    principal, behalf = event["principal"], event["actor"]["on_behalf_of"]
    said = {
        "source_identity": "the role session's source identity",
        "delegator": "the record's own delegation",
        "name": "the principal's name",
        "role_session": "the role session's name",
        "arn": "the principal",
    }
    return next((words for key, words in said.items() if behalf and principal.get(key) == behalf), None)
