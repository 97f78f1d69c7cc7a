"""Denials explained by the organization's policies: which statement stopped them, why, and what to do.

Each distinct combination of what the policies look at is judged once, under the versions in force at its time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from remit.flows.counted_calls import CountedCalls
from remit.flows.questions.causes_gathered import GROUPED, Gathered
from remit.flows.questions.causes_told import is_explained, told_row
from remit.flows.questions.guarding import Guarding
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.model.columns import COLUMNS
from remit.model.errors import OrganizationError
from remit.reference.aws import AwsReference
from remit.rooms.guardrails.callers import CALLER, caller_of
from remit.rooms.guardrails.causes import RECORDED, Causes, asked_of, fields_for, name_causes
from remit.rooms.guardrails.owners import owner_of
from remit.rooms.guardrails.record import OWNERS, fields_of
from remit.rooms.guardrails.requests import OPERATION, Translation
from remit.rooms.organization import Organization
from remit.rooms.organization.structure import RCP, SCP
from remit.rooms.query.predicate import Equals, Predicate, Range, both

AWS: Final = "aws"
MOST_CONTEXTS: Final = 5_000
"""Distinct combinations that are judged at most, the commonest of each stretch of time first."""
MOST_STRETCHES: Final = 24
"""Stretches of time between two changes of the organization that are looked at, the newest."""
MOST_ROWS: Final = 100
HOW: Final = "Give the organization with `remit organization import`, and each denial names the statement behind it."
_COLUMNS: Final = tuple(column.name for column in COLUMNS if column.name not in ("raw", "link_offers", "link_asks"))


class DenialCauses:
    """The questions, over one store and one organization, which may not be there."""

    def __init__(
        self,
        calls: CountedCalls,
        index: EventIndex,
        organization: Callable[[], Organization | None],
        reference: AwsReference,
    ) -> None:
        self._calls = calls
        self._index = index
        self._organization = organization
        self._reference = reference
        self._made: tuple[Guarding, Translation] | None = None

    def of_denials(self, denied: Predicate, groups: Sequence[Json] = ()) -> Json:
        """``{organization, rows, more, judged, contexts, total, left_out, unreadable, note}`` of the denied acts of a
        predicate: a row for each set of statements that could be the cause, the commonest first.

        Each of ``groups``, by what the records say, is told how many of its denials a listed row explains
        (``explained``) and what its policy is called (``policy_name``)."""
        try:
            ready = self._ready()
        except OrganizationError as error:
            return _unexplained(f"The organization file cannot be used: {error.what} ({error.where}).")
        if ready is None:
            return _unexplained(f"No organization is known. {HOW}")
        return _Judging(self._calls, self._index, *ready).answer(denied, groups)

    def of_event(self, event_id: str) -> Json | None:
        """The row of one denied event of AWS; None for any other."""
        found = self._index.search(Equals("event_id", event_id), _COLUMNS, 1)
        if not found or not found[0]["denied"] or found[0]["provider"] != AWS:
            return None
        try:
            ready = self._ready()
        except OrganizationError as error:
            return {"note": f"The organization file cannot be used: {error.what} ({error.where})."}
        if ready is None:
            return {"note": f"No organization is known. {HOW}"}
        return _one(found[0], *ready)

    def _ready(self) -> tuple[Guarding, Translation] | None:
        known = self._organization()
        if known is None:
            return None
        if self._made is None or self._made[0].organization is not known:
            guarding = Guarding(known, self._made[0] if self._made else None)
            self._made = guarding, Translation(self._reference, guarding.membership)
        return self._made


def _unexplained(note: str) -> Json:
    return {"organization": None, "rows": [], "more": 0, "judged": 0, "contexts": 0, "total": 0, "left_out": [],
            "unreadable": [], "note": note}  # fmt: skip


NOT_LOOKED: Final = _unexplained("The statements behind denials are named by the index, not by this engine.")
"""The answer of an engine that names no causes."""


def _one(event: Row, guarding: Guarding, translation: Translation) -> Json:
    fields = fields_of(event)
    causes = _judge(fields, event["time"], guarding, translation)
    gathered = Gathered(causes, {name: event.get(name) for name in RECORDED})
    gathered.add({"count": 1, "first": event["time"], "last": event["time"]}, fields, causes)
    return {**told_row(gathered, event["event_id"]), "note": None}


def _judge(fields: Row, moment: int, guarding: Guarding, translation: Translation) -> Causes:
    caller = caller_of(fields)
    account = caller.account or (None if caller.kind in ("service", "outside") else fields.get("account"))
    scps = guarding.in_force(str(account) if account else None, SCP, moment)
    rcps = guarding.in_force(owner_of(fields).account, RCP, moment)
    return name_causes(fields, translation, scps, rcps)


class _Judging:
    """One answer about many denials."""

    def __init__(self, calls: CountedCalls, index: EventIndex, guarding: Guarding, translation: Translation) -> None:
        self._calls = calls
        self._index = index
        self._guarding = guarding
        self._translation = translation
        self._found: dict[Any, Gathered] = {}
        self._contexts = 0
        self._judged = 0

    def answer(self, denied: Predicate, groups: Sequence[Json]) -> Json:
        tally = self._index.tally(denied)
        ours = both(denied, Equals("provider", AWS))
        of_aws = self._index.tally(ours)
        looked = 0
        if of_aws["records"]:
            for low, high in self._stretches(of_aws["first"], of_aws["last"]):
                looked += self._stretch(both(ours, Range("time", low=low, high=high)), low)
        rows = sorted(self._found.values(), key=lambda each: (-each.count, each.first))
        _tell(groups, rows[:MOST_ROWS], self._guarding.organization)
        return {
            "organization": self._guarding.organization.id,
            "rows": [told_row(each, self._sample(ours, each)) for each in rows[:MOST_ROWS]],
            "more": max(0, len(rows) - MOST_ROWS),
            "judged": self._judged,
            "contexts": self._contexts,
            "total": tally["records"],
            "left_out": _left_out(tally["records"], of_aws["records"], looked, self._judged),
            "unreadable": self._guarding.unreadable(),
            "note": None,
        }

    def _stretches(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The stretches in which nothing of the organization changed, the newest first."""
        inside = [each for each in self._guarding.changes if first < each <= last]
        edges = [first, *inside, last + 1]
        yield from [*pairwise(edges)][::-1][:MOST_STRETCHES]

    def _stretch(self, denied: Predicate, moment: int) -> int:
        """Judge the denials of one stretch; how many acts with a known permission it has."""
        named = self._calls.distinct(denied, (*OPERATION, *CALLER, OWNERS, "deny_action"))
        names = (*OPERATION, *CALLER, OWNERS, "deny_action")
        keys: set[str] = set()
        for row in named:
            keys |= self._keys(dict(zip(names, row["values"], strict=True)), moment)
        fields = tuple(sorted(fields_for(self._translation, keys) | set(GROUPED)))
        left = MOST_CONTEXTS - self._contexts
        rows = self._calls.distinct(denied, fields, None, left) if left > 0 else []
        for row in rows:
            self._take(row, dict(zip(fields, row["values"], strict=True)), moment)
        return sum(row["count"] for row in named)

    def _keys(self, fields: Row, moment: int) -> frozenset[str]:
        """The condition keys that bear on the permissions of a call."""
        owner, caller = owner_of(fields).account, caller_of(fields)
        scps = self._guarding.in_force(caller.account or str(fields.get("account") or ""), SCP, moment)
        rcps = self._guarding.in_force(owner, RCP, moment)
        actions = {each.action for each in asked_of(fields, self._translation)}
        every = (in_force.keys(action) for in_force in (scps, rcps) for action in actions)
        return frozenset().union(*every)

    def _take(self, row: Row, fields: Row, moment: int) -> None:
        causes = _judge(fields, moment, self._guarding, self._translation)
        recorded = {name: fields[name] for name in RECORDED}
        key = (_identity(causes), recorded["deny_policy_type"], recorded["deny_policy_arn"])
        self._found.setdefault(key, Gathered(causes, recorded)).add(row, fields, causes)
        self._contexts += 1
        self._judged += row["count"]

    def _sample(self, denied: Predicate, gathered: Gathered) -> str | None:
        """The newest event of a row."""
        kinds = {name: gathered.recorded[name] for name in ("deny_policy_type", "deny_policy_arn")}
        within = [Equals(name, value) for name, value in kinds.items() if value is not None]
        at = both(denied, Range("time", low=gathered.last, high=gathered.last + 1), *within)
        rows = self._index.search(at, ("event_id", "issuer", "principal"), 20)
        named = [row["event_id"] for row in rows if (row["issuer"] or row["principal"]) in gathered.callers]
        found: str | None = (named or [row["event_id"] for row in rows] or [None])[0]
        return found


def _tell(groups: Sequence[Json], rows: Sequence[Gathered], organization: Organization) -> None:
    explained: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        if is_explained(row):
            explained.update(row.groups)
    names = {policy.arn: policy.name for policy in organization.policies.values() if policy.arn}
    for group in groups:
        group["explained"] = explained[tuple(group[name.removeprefix("deny_")] for name in GROUPED)]
        group["policy_name"] = names.get(group["policy_arn"] or "")


def _identity(causes: Causes) -> tuple[Any, ...]:
    """What makes two denials of one cause."""
    each = ((one.standing, one.name, one.level, one.keys) for one in causes.causes)
    return causes.word, causes.keys, causes.why, tuple(dict.fromkeys(each))


def _left_out(total: int, of_aws: int, looked: int, judged: int) -> list[Json]:
    """``{count, why}`` of what no cause was looked for."""
    rest = (
        (total - of_aws, "of other clouds: they have no organization policies of AWS"),
        (of_aws - looked, "without a known permission, or from before the newest changes of the organization"),
        (looked - judged, f"beyond the {MOST_CONTEXTS:,} commonest combinations that are judged; ask for less time"),
    )
    return [{"count": count, "why": why} for count, why in rest if count > 0]
