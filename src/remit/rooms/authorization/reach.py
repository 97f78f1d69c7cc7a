"""What an identity can do, topic by topic and Region by Region, with the statements that say so.

Actions of which the same statements speak, with the same resources and the same open keys, are judged once. A question
is whether the action is allowed on any resource: the patterns that grant are met with the ARN forms of the action's
resources, and the engine is asked about an example that fits them. An action that works on several resources at once
counts when it is allowed on one of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from remit.reference.aws import AwsReference
from remit.reference.aws_rcp import RCP_EXEMPT_ACTIONS, RCP_SERVICES
from remit.rooms.authorization.bearing import Bearing
from remit.rooms.authorization.circumstances import Circumstances
from remit.rooms.authorization.speaking import Speaking
from remit.rooms.authorization.topics import HOMES, Subject
from remit.rooms.authorization.witness import form, meeting
from remit.rooms.iam import (
    Determining,
    Document,
    Evaluation,
    Missing,
    Policies,
    Principals,
    Statement,
    evaluate,
)
from remit.rooms.iam.compiled import CompiledStatement
from remit.rooms.iam.evaluate import rcps_apply, scps_apply
from remit.rooms.iam.policies import Plan
from remit.rooms.iam.ranked import Ranked

ALLOWED: Final = "allowed"
UNKNOWN: Final = "unknown"
DENIED: Final = "explicitly_denied"
NOT_GRANTED: Final = "implicitly_denied"
ORDER: Final = (ALLOWED, UNKNOWN, DENIED, NOT_GRANTED)
_APART: Final = frozenset({"kms", "sts"})
"""Services whose resources' own policies have the last word."""
KEY_POLICY: Final = "the key's own policy"
"""What an unknown decision about a KMS key hangs on: exports of IAM do not have key policies."""
MISSING_POLICY: Final = "the document of "
_EVERY: Final = "*"
_ALLOWING: Final = frozenset({"identity", "boundary", "scp"})
MOST_EXAMPLES: Final = 2_000
ENOUGH: Final = 50
"""Examples after which an answer that is allowed already looks for no further patterns."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The decision about some actions. ``resources`` are the patterns on which it holds, ``except_on`` patterns on
    which a Deny speaks against it; ``wanting`` are kinds of policy that allowed nothing."""

    decision: str
    determining: tuple[Determining, ...] = ()
    keys: tuple[str, ...] = ()
    wanting: tuple[Missing, ...] = ()
    resources: tuple[str, ...] = ()
    except_on: tuple[str, ...] = ()
    examples: tuple[str | None, ...] = field(default=(), compare=False)
    """Resources that the engine was asked about; ``ANY`` is what is open, None one that a variable names."""


NOTHING: Final = Judged(NOT_GRANTED, wanting=(Missing("identity"),))


class Reach:
    """The answers for one identity in one Region."""

    def __init__(self, bearing: Bearing, reference: AwsReference, region: str, like: Reach | None = None) -> None:
        """``like`` answers for the same identity in another Region: what is the same in each is not found out again."""
        self._bearing = bearing
        self._region = region
        around = Circumstances(bearing.identity, bearing.place, region, reference)
        self._around: Circumstances = replace(like._around, region=region) if like else around
        self._speaking: Speaking = like._speaking if like else Speaking(bearing.statements)
        self._keys: frozenset[str] = like._keys if like else bearing.keys()
        self._forms: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._seen: dict[tuple[int, tuple[str, ...], frozenset[str], bool, str], Judged] = {}
        self._reference = reference

    def judge(self, by_service: Mapping[str, Sequence[Subject]]) -> Iterator[tuple[Subject, Judged]]:
        """Each action with its decision."""
        granting = (1 << self._bearing.grants) - 1
        for service, found in by_service.items():
            masks = self._speaking.masks(service, [each.name for each in found])
            for each in found:
                mask = masks[each.name]
                yield each, self._judged(each, mask) if mask & granting else self._ungranted()

    def _ungranted(self) -> Judged:
        wanting = self._bearing.identity.wanting
        return replace(NOTHING, decision=UNKNOWN, keys=_of_policies(wanting)) if wanting else NOTHING

    def _judged(self, subject: Subject, mask: int) -> Judged:
        works_on = (subject.service, tuple(subject.entry.resource_types))
        forms = self._forms.get(works_on)
        if forms is None:
            forms = self._forms[works_on] = self.forms(*works_on)
        open_keys = self._around.open_keys(subject.full, self._keys)
        apart = subject.service if subject.service in _APART else ""
        known = (mask, forms, open_keys, _limited_by_rcps(subject), apart)
        found = self._seen.get(known)
        if found is None:
            found = self._seen[known] = self._weighed(subject, mask, forms)
        return found

    def forms(self, service: str, types: Iterable[str]) -> tuple[str, ...]:
        """Patterns of the ARNs an action works on, in this account and Region; ``*`` for one without resources."""
        templates = self._reference.resource_types(service)
        partition = self._bearing.identity.arn.split(":", 2)[1]
        known = {"Partition": partition, "Account": self._bearing.identity.account, "Region": self._region}
        return tuple(dict.fromkeys(form(templates[each], known) for each in types if each in templates)) or (_EVERY,)

    def _weighed(self, subject: Subject, mask: int, forms: tuple[str, ...]) -> Judged:
        speaking = [one for at, one in enumerate(self._bearing.statements) if mask >> at & 1]
        outcomes: dict[str, list[tuple[str, str | None, Evaluation]]] = {}
        cut = False
        for at, (shown, resource) in enumerate(dict.fromkeys(examples(self._plan(subject), forms))):
            if at == MOST_EXAMPLES:
                cut = True
                break
            found = self._evaluated(subject.full, resource)
            outcomes.setdefault(decided(found), []).append((shown, resource, found))
            if found.decision == ALLOWED and at >= ENOUGH:
                break
        if cut and ALLOWED not in outcomes:
            return Judged(UNKNOWN, keys=(f"resources: only {MOST_EXAMPLES} combinations of patterns were asked about",))
        for decision in ORDER:
            if decision in outcomes:
                return self._told(subject, decision, outcomes[decision], speaking)
        return self._ungranted()

    def _plan(self, subject: Subject) -> Plan:
        request = self._around.request(subject.full, _EVERY, ())
        return self._policies(subject.full).plan(request.folded_action, scps_apply(request), rcps_apply(request))

    def _evaluated(self, action: str, resource: str | None) -> Evaluation:
        return evaluate(self._around.request(action, resource, self._keys), self._policies(action))

    def _policies(self, action: str) -> Policies:
        """A KMS key's own policy has the last word; asked is what holds when it leaves it to IAM, as by default."""
        if not action.startswith("kms:"):
            return self._bearing.policies
        return self._bearing.made(self._bearing.identity.documents, _left_to_iam(self._bearing.identity.account))

    def _told(
        self,
        subject: Subject,
        decision: str,
        found: list[tuple[str, str | None, Evaluation]],
        speaking: Sequence[CompiledStatement],
    ) -> Judged:
        told = Judged(
            decision,
            _distinct(one for _, _, each in found for one in each.determining if one.policy != KEY_POLICY),
            tuple(dict.fromkeys(key for _, _, each in found for key in each.unknown_keys if decision == UNKNOWN)),
            tuple(dict.fromkeys(one for _, _, each in found for one in each.missing)),
            tuple(dict.fromkeys(shown for shown, _, _ in found)),
            tuple(_excepted(speaking)) if decision in (ALLOWED, UNKNOWN) else (),
            tuple(resource for _, resource, _ in found),
        )
        if decision != DENIED and self._bearing.identity.wanting:
            return replace(told, decision=UNKNOWN, keys=(*told.keys, *_of_policies(self._bearing.identity.wanting)))
        if subject.service == "kms" and decision == ALLOWED and "key" in subject.entry.resource_types:
            return replace(told, decision=UNKNOWN, keys=(*told.keys, KEY_POLICY))
        return told


def decided(found: Evaluation) -> str:
    """The decision; what is unknown between two ways of being denied is denied."""
    return NOT_GRANTED if found.decision == UNKNOWN and ALLOWED not in found.possible else found.decision


def _limited_by_rcps(subject: Subject) -> bool:
    """Whether RCPs reach the action at all: an RCP's Deny of everything speaks of many actions that they do not."""
    return subject.service in RCP_SERVICES and subject.full.lower() not in RCP_EXEMPT_ACTIONS


def region_of(service: str, region: str) -> bool:
    """Whether a service's requests are made in this Region: those of global services are in one alone."""
    return HOMES.get(service, region) == region


def _of_policies(arns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(MISSING_POLICY + arn for arn in arns)


def examples(plan: Plan, forms: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """What is shown of resources that may be allowed, and one to ask about; None where a variable keeps it open.

    Such a resource has the form of one of the action's, fits a pattern of every kind of policy that must allow it, and
    may have to be one that a Deny with NotResource leaves alone.
    """
    choices = [tuple(_patterns(allows)) for layer, allows in plan.allows if layer.kind in _ALLOWING]
    leaving = [one.statement.statement for one in plan.denies]
    choices += [(_EVERY, *(each.resources or ())) for each in leaving if each.not_resources]
    for chosen in itertools.product(*(dict.fromkeys(each) for each in choices)):
        narrow = [each for each in dict.fromkeys(chosen) if each != _EVERY]
        shown = " and ".join(narrow) or _EVERY
        if any("${" in each for each in narrow):
            yield shown, None
            continue
        for each in forms:
            met = meeting(each, *narrow) if each != _EVERY else None if narrow else _EVERY
            if met is not None:
                yield shown, met


def _patterns(allows: Iterable[Ranked]) -> Iterator[str]:
    for one in allows:
        statement = one.statement.statement
        yield from (_EVERY,) if statement.not_resources else statement.resources or ()


def _excepted(speaking: Sequence[CompiledStatement]) -> Iterator[str]:
    """Resources of Deny statements that speak of the action and are about some resources only."""
    for one in speaking:
        if not one.allows and one.resource is not None and not one.statement.not_resources:
            yield from one.statement.resources or ()


def _distinct(found: Iterable[Determining]) -> tuple[Determining, ...]:
    return tuple(dict.fromkeys(found))


def _left_to_iam(account: str) -> Document:
    principals = Principals(aws=(account,))
    statement = Statement("Allow", ("kms:*",), resources=("*",), principals=principals)
    return Document(KEY_POLICY, (statement,))
