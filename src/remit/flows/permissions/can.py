"""What an agent can do with the credentials it used: topic by topic, with the statements that say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from remit.flows.permissions import regions
from remit.flows.permissions.findings import SHOWN, Topic, told
from remit.flows.permissions.principals import Used, described, used
from remit.flows.permissions.sources import COMMAND, Json, Sources, window_json
from remit.flows.questions.window import Window
from remit.rooms.authorization import Bearing, Guarding
from remit.rooms.authorization.asking import Asking
from remit.rooms.authorization.escape import Guarded, Step, changing, guarded, widening
from remit.rooms.authorization.reach import Reach, region_of
from remit.rooms.authorization.roles import Assumable, Passable, assumable, elsewhere, passable
from remit.rooms.authorization.topics import TITLES, Subject, subjects

MOST_ROLES: Final = 50
_NOTES: Final = (
    "Asked is what the identity can do by a direct call about resources of its own account. Policies of resources "
    "(buckets, queues, KMS keys), of sessions and of VPC endpoints are in no export of IAM and are not counted: a "
    "resource's policy may allow more or deny, a session's policy allows less.",
    "An action counts as allowed when there is a resource on which it is; `resources` says on which patterns.",
)


def can(sources: Sources, agent: str, window: Window) -> Json:
    """``{agent, window, exports, principals, regions, answers, how_to, notes}``; an answer for each principal that the
    exports have. Decisions are those of the policy engine: allowed, explicitly_denied, implicitly_denied, unknown.

    :raises NotFound: if no AWS call of the agent is stored in the window.
    """
    found = used(sources, agent, window)
    known = [each.identity for each in found if each.identity is not None]
    guardings = {each: sources.guarding(each) for each in {*sources.details.accounts, *(i.account for i in known)}}
    bearings = [Bearing(each, sources.place(each.account), guardings[each.account]) for each in known]
    where = regions.asked(sources, sorted({each.account for each in known}), window.within, bearings)
    return {
        "agent": agent,
        "window": window_json(window),
        "exports": sources.json(),
        "principals": [described(sources, each) for each in found],
        "regions": where,
        "answers": [_remembered(sources, each, guardings, where) for each in bearings],
        "how_to": None if bearings else how_to(sources, found),
        "notes": _notes(sources, found, where) if bearings else [],
    }


def credentials(sources: Sources, agent: str, window: Window) -> Json:
    """``{principals, exports, how_to}``: whose credentials it used, without asking what they allow."""
    found = used(sources, agent, window)
    known = any(each.identity for each in found)
    return {
        "principals": [described(sources, each) for each in found],
        "exports": sources.json(),
        "how_to": None if known else how_to(sources, found),
    }


def how_to(sources: Sources, found: Sequence[Used]) -> Json:
    """What to run, and where to put it, when nothing can be said."""
    accounts = sorted({each.caller.account for each in found if each.caller.account} - set(sources.details.accounts))
    return {
        "sentence": "What it can do is in the policies of its roles and users, which no export brought here yet.",
        "accounts": accounts,
        "commands": [COMMAND.replace("ACCOUNT", each) for each in accounts] or [COMMAND],
        "then": 'Put the files into the folder "authorization" of the data folder, or name their folder in remit.toml '
        "([authorization] folder = ...) or with --authorization.",
    }


def _remembered(sources: Sources, bearing: Bearing, guardings: dict[str, Guarding], where: Json) -> Json:
    """The answer for one identity. It hangs on no event but for the Regions, so it is kept for as long as the files
    and the organization stand; with it they are kept themselves, so that no others have their numbers."""
    home = next(iter((*where["seen"], *where["asked"])))
    question = ("can", *sources.stands(), bearing.identity.arn, home, tuple(where["asked"]))

    def ask() -> list[Json]:
        held = (sources.details, sources.organization, sources.reference)
        return [{"answer": _answer(sources, bearing, guardings, where["asked"], home), "held": held}]

    answer: Json = sources.remember(question, ask)[0]["answer"]
    return answer


def _answer(
    sources: Sources, bearing: Bearing, guardings: dict[str, Guarding], where: Sequence[str], home: str
) -> Json:
    asking = Asking(bearing, sources.reference, home, guardings)
    assumed = list(assumable(asking, sources.details))
    passed = list(passable(asking, sources.details))
    return {
        "principal": bearing.identity.arn,
        "topics": _topics(sources, bearing, where, subjects(sources.reference)),
        "assume": {
            "roles": [_assumable(bearing, each) for each in assumed[:MOST_ROLES]],
            "roles_in_all": len(assumed),
            "elsewhere": list(elsewhere(asking, sources.details)),
        },
        "pass": {"roles": [_passable(bearing, each) for each in passed[:MOST_ROLES]], "roles_in_all": len(passed)},
        "escape": _escape(bearing, asking, assumed),
    }


def _topics(
    sources: Sources, bearing: Bearing, where: Sequence[str], asked: dict[str, tuple[Subject, ...]]
) -> list[Json]:
    topics = {name: Topic(name) for name in TITLES}
    reach: Reach | None = None
    for region in where:
        reach = Reach(bearing, sources.reference, region, reach)
        here = {service: found for service, found in asked.items() if region_of(service, region)}
        for subject, judged in reach.judge(here):
            for name in subject.topics:
                topics[name].add(subject, region, judged)
    return [topics[name].json(bearing) for name in TITLES]


def _assumable(bearing: Bearing, each: Assumable) -> Json:
    return {"role": each.role.arn, "account": each.role.account, **told(bearing, each.judged)}


def _passable(bearing: Bearing, each: Passable) -> Json:
    return {"role": each.role.arn, "service": each.service, **told(bearing, each.judged)}


def _escape(bearing: Bearing, asking: Asking, assumed: Sequence[Assumable]) -> Json:
    found = list(guarded(asking, assumed))
    return {
        "known": bearing.guarding.known,
        "sentence": _sentence(bearing, found),
        "guardrails": [_guardrail(bearing, each) for each in found],
        "boundary": bearing.identity.boundary.name if bearing.identity.boundary else None,
        "widen": [_step(bearing, each) for each in widening(asking)],
        "change": [_step(bearing, each) for each in changing(asking)],
        "change_note": "This is the management account: what it may do to the organization's policies, it can."
        if bearing.place.management
        else "Policies of the organization are changed from the management account, or from one it delegated that to; "
        "whether this account is one is in no export.",
    }


def _sentence(bearing: Bearing, found: Sequence[Guarded]) -> str:
    if not bearing.guarding.known:
        return "No organization is known that this account is in: bring it in with `remit organization import`."
    if bearing.place.management:
        return "No guardrail limits it: SCPs and RCPs do not apply in the management account."
    spared = sum(1 for each in found if each.spared)
    ways = sum(1 for each in found if each.steps)
    unknown = sum(1 for each in found if each.spared is None)
    return (
        f"Of {len(found)} Deny statements in force on its account {spared} spare it, {unknown} may, and there is a "
        f"way around {ways}."
    )


def _guardrail(bearing: Bearing, each: Guarded) -> Json:
    levels = bearing.guarding.levels
    statement = each.statement.statement
    return {
        "type": each.kind.upper(),
        "policy": each.document.name,
        "level": levels[each.level] if each.level < len(levels) else str(each.level),
        "sid": statement.sid,
        "statement": statement.index,
        "spared": each.spared,
        "by": list(each.by),
        "settled_by": list(each.keys),
        "further_conditions": list(each.further),
        "ways": [_step(bearing, step) for step in each.steps],
    }


def _step(bearing: Bearing, step: Step) -> Json:
    return {"way": step.way, "action": step.action, "on": step.on, **told(bearing, step.judged)}


def _notes(sources: Sources, found: Sequence[Used], where: Json) -> list[str]:
    notes = list(_NOTES)
    missing = sum(each.calls for each in found if each.identity is None)
    if missing:
        total = sum(each.calls for each in found)
        notes.append(f"Of its {total:,} calls {missing:,} were made with credentials that the exports do not have.")
    if sources.organization is None:
        notes.append("No organization is known, so no SCP and no RCP is counted: what is allowed here may be denied.")
    if where["left_out"]:
        notes.append(f"Not asked about: {', '.join(where['left_out'][:SHOWN])}; at most {regions.MOST} Regions are.")
    return notes
