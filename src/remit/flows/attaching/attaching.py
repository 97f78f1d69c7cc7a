"""The steps of attaching: propose, agree, attach, withdraw; each recorded, each judged anew when its turn comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from remit.flows.attaching import conditions
from remit.flows.attaching.conditions import Lack, findings_digest, observe, subject_of
from remit.flows.attaching.executing import execute, settled
from remit.flows.attaching.persons import Person, person_of
from remit.flows.attaching.ports import Backtests, Clock, FindingsOf, Json, Organizations, ProposalStore, Row
from remit.flows.attaching.proposals import (
    APPROVED,
    EXECUTING,
    PROPOSED,
    WITHDRAWN,
    approval_ends,
    is_for,
    new_row,
    policy_of,
    shown,
    spelled,
    state_of,
)
from remit.model.errors import Conflict, NotFound, NotReady, UsageError
from remit.rooms.guardrails.exports.digest import digest
from remit.rooms.guardrails.exports.policy import OrganizationPolicy
from remit.rooms.guardrails.limits import minified

IN_PLACE: Final = "in place"
LACKING: Final = "lacking"


class Attaching:
    """Proposals of one store. ``signed_in_only`` where people sign in through a provider: only they can agree."""

    def __init__(
        self,
        store: ProposalStore,
        findings_of: FindingsOf,
        backtests: Backtests,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        signed_in_only: bool = False,
    ) -> None:
        self._store = store
        self._findings_of = findings_of
        self._backtests = backtests
        self._clock = clock
        self._new_id = new_id
        self._signed_in_only = signed_in_only
        self._under_way: list[str] = []
        """Ids of proposals that this process, the only one that keeps the store, is attaching; one for each try."""

    # --- questions

    def proposals(self) -> Json:
        """``{"proposals": [...]}``, the newest first."""
        now = self._clock()
        return {"proposals": [shown(row, now) for row in self._store.rows()]}

    def show(self, proposal: str) -> Json:
        """One proposal. Raises NotFound if there is none of that id."""
        return shown(self._row(proposal), self._clock())

    def lacking(self, proposal: str, person: Person) -> list[Json]:
        """What forbids this person's yes, or the attaching of what was agreed to; nothing for one that is over."""
        row, now = self._row(proposal), self._clock()
        if state_of(row, now) == PROPOSED:
            return [lack.row() for lack in self._unapprovable(row, person, now)]
        return [lack.row() for lack in self._stale(row, now)] if state_of(row, now) == APPROVED else []

    # --- steps

    def attach(
        self,
        policy: OrganizationPolicy,
        origin: Mapping[str, Any],
        acknowledged: str,
        person: Person,
        organization: Organizations,
    ) -> Json:
        """Attach a policy that two persons want, or propose it. The answer's ``state`` says how far it came:
        ``lacking`` (nothing was proposed; ``lacking`` lists what must be done first), ``proposed`` (a second person is
        asked), ``in place`` (it is attached already), or as ``execute`` leaves it."""
        if not policy.targets:
            raise UsageError("A policy is attached to something", remedy="Give --target: a root, unit or account.")
        now = self._clock()
        waiting = [row for row in self._store.rows() if is_for(row, policy, now)]
        approved = next((row for row in waiting if row["state"] == APPROVED), None)
        if approved is not None:
            return self.execute(approved["id"], person, organization)
        if waiting:
            return shown(waiting[0], now)
        return self._propose(policy, origin, acknowledged, person, organization)

    def _propose(
        self,
        policy: OrganizationPolicy,
        origin: Mapping[str, Any],
        acknowledged: str,
        person: Person,
        organization: Organizations,
    ) -> Json:
        now, subject = self._clock(), subject_of(origin)
        findings = list(self._findings_of(policy))
        backtest = self._backtests.newest(digest(policy.document), policy.kind, policy.targets)
        observed = observe(organization, policy)
        if _in_place(observed, policy):
            return {"state": IN_PLACE, "name": policy.name, "policy_id": observed["policy"]["id"]}
        lacks = [
            *conditions.unread(findings, acknowledged, subject),
            *conditions.untested(backtest, policy, subject, now),
            *conditions.out_of_place(observed, policy),
        ]
        if lacks:
            return self._lacking(policy, findings, lacks)
        facts = {"origin": dict(origin), "findings": findings, "backtest": backtest, "observed": observed}
        row = new_row(self._new_id(), policy, person, now, facts)
        self._store.add(row, person.name)
        return shown(row, now)

    def approve(self, proposal: str, person: Person) -> Json:
        """A second person's yes. Raises NotReady, and records it, when it does not count or comes too late."""
        row = self._in_state(proposal, PROPOSED)
        now = self._clock()
        self._refuse(row, self._unapprovable(row, person, now), person, "be approved")
        changes = {
            "state": APPROVED,
            "approved": spelled(now),
            "approved_by": person.row(),
            "expires": approval_ends(now),
        }
        self._move(row, changes, person, "attach.approved", {"proves": person.proves})
        return self.show(proposal)

    def execute(self, proposal: str, person: Person, organization: Organizations) -> Json:
        """Attach what was agreed to, once. One whose outcome is unknown, because the process ended in the midst of it,
        is not repeated: what the organization says of it settles it.

        :raises NotReady: if a condition does not hold any more. :raises Conflict: if the organization changed since, or
            while it is being attached.
        """
        row = self._row(proposal)
        if row["state"] == EXECUTING:
            if proposal in self._under_way:
                raise Conflict(f"Proposal {proposal} is being attached", remedy="Look at it again in a moment.")
            return self._end(row, settled(organization, policy_of(row)), person)
        self._under_way.append(proposal)
        try:
            return self._executed(proposal, person, organization)
        finally:
            self._under_way.remove(proposal)

    def _executed(self, proposal: str, person: Person, organization: Organizations) -> Json:
        """``execute``, for one that nobody began to attach."""
        row = self._in_state(proposal, APPROVED)
        now, policy = self._clock(), policy_of(row)
        self._refuse(row, self._stale(row, now), person, "be attached")
        if observe(organization, policy) != row["facts"]["observed"]:
            self._note(row, person, "the organization is not as it was when this was proposed")
            raise Conflict(
                f"The organization is not as it was when {proposal} was proposed: nothing was attached",
                remedy=f"Withdraw it (remit guardrails withdraw {proposal}) and propose it again.",
            )
        self._move(row, {"state": EXECUTING}, person, "attach.begun", {})
        return self._end(row, execute(organization, policy, row["facts"]["observed"]["policy"]), person)

    def withdraw(self, proposal: str, person: Person) -> Json:
        """Take an open proposal, or a yes that was not used, back."""
        row = self._row(proposal)
        if row["state"] not in (PROPOSED, APPROVED):
            raise Conflict(f"Proposal {proposal} is {row['state']}: it cannot be withdrawn")
        self._move(row, {"state": WITHDRAWN}, person, "attach.withdrawn", {})
        return self.show(proposal)

    # --- parts

    def _unapprovable(self, row: Row, person: Person, now: datetime) -> list[Lack]:
        proposer, only = person_of(row["proposed_by"]), self._signed_in_only
        second = conditions.no_second_person(proposer, person, row["proposed"], signed_in_only=only)
        return [*second, *self._stale(row, now)]

    def _stale(self, row: Row, now: datetime) -> list[Lack]:
        """What has changed of the findings and backtests since it was proposed."""
        policy, subject = policy_of(row), subject_of(row["facts"]["origin"])
        findings = list(self._findings_of(policy))
        backtest = self._backtests.newest(row["digest"], policy.kind, policy.targets)
        read = findings_digest(row["facts"]["findings"])
        return [
            *conditions.unread(findings, read, subject),
            *conditions.untested(backtest, policy, subject, now),
        ]

    def _lacking(self, policy: OrganizationPolicy, findings: Sequence[Json], lacks: Sequence[Lack]) -> Json:
        return {
            "state": LACKING,
            "name": policy.name,
            "digest": digest(policy.document),
            "targets": list(policy.targets),
            "findings": list(findings),
            "findings_digest": findings_digest(findings),
            "lacking": [lack.row() for lack in lacks],
        }

    def _refuse(self, row: Row, lacks: Sequence[Lack], person: Person, what: str) -> None:
        if not lacks:
            return
        self._note(row, person, "; ".join(lack.why for lack in lacks))
        raise NotReady(
            f"Proposal {row['id']} cannot {what}: {'; '.join(lack.why for lack in lacks)}",
            remedy=f"Do this first: {'; '.join(lack.command for lack in lacks)}.",
        )

    def _note(self, row: Row, person: Person, why: str) -> None:
        self._store.note(person.name, "attach.refused", {"id": row["id"], "name": row["name"], "why": why})

    def _move(self, row: Row, changes: Row, person: Person, what: str, facts: Row) -> None:
        told = {**{key: row[key] for key in ("id", "name", "kind", "digest", "targets")}, **facts}
        if not self._store.move(row["id"], row["state"], changes, person.name, what, told):
            raise Conflict(f"Proposal {row['id']} was changed by somebody else just now", remedy="Look at it again.")

    def _end(self, row: Row, outcome: Json, person: Person) -> Json:
        state, what = outcome["state"], f"attach.{outcome['state']}"
        begun = {**row, "state": EXECUTING}
        self._move(begun, {"state": state, "outcome": outcome}, person, what, {"outcome": outcome})
        return self.show(row["id"])

    def _row(self, proposal: str) -> Row:
        row = self._store.of(proposal)
        if row is None:
            raise NotFound(f"There is no proposal {proposal!r}", remedy="`remit guardrails proposals` lists them.")
        return row

    def _in_state(self, proposal: str, wanted: str) -> Row:
        row = self._row(proposal)
        state = state_of(row, self._clock())
        if state != wanted:
            remedy = {
                PROPOSED: f"A second person agrees with: remit guardrails approve {proposal}",
                APPROVED: f"Attach it with: remit guardrails attach --proposal {proposal}",
            }.get(state, "Propose it again.")
            raise NotReady(f"Proposal {proposal} is {state}, not {wanted}", remedy=remedy)
        return row


def _in_place(observed: Json, policy: OrganizationPolicy) -> bool:
    """Whether there is nothing to do: this very text is attached to all its targets."""
    standing = observed["policy"]
    return (
        standing is not None
        and standing["content"] == minified(policy.document)
        and set(policy.targets) <= set(standing["targets"])
    )
