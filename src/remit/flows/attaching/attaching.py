"""The steps of attaching: propose, agree, attach, withdraw; each recorded, each judged anew when its turn comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from remit.flows.attaching import conditions
from remit.flows.attaching.conditions import Lack, findings_digest, subject_of, surveyed
from remit.flows.attaching.executing import execute, fits, settled
from remit.flows.attaching.persons import Person, person_of
from remit.flows.attaching.ports import Backtests, Clock, FindingsOf, Json, Organizations, ProposalStore, Row
from remit.flows.attaching.proposals import (
    APPROVED,
    EXECUTING,
    FAILED,
    PROPOSED,
    UNKNOWN,
    WITHDRAWN,
    approval_ends,
    can_be_finished,
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
        """Attach a policy that two persons want, or propose it: ``execute`` for one that was agreed to or begun, and
        ``propose`` otherwise."""
        now = self._clock()
        begun = (APPROVED, EXECUTING, FAILED)
        agreed = [row for row in self._open(policy, now) if row["state"] in begun]
        if agreed:
            return self.execute(agreed[0]["id"], person, organization)
        return self.propose(policy, origin, acknowledged, person, organization)

    def propose(
        self,
        policy: OrganizationPolicy,
        origin: Mapping[str, Any],
        acknowledged: str,
        person: Person,
        organization: Organizations,
    ) -> Json:
        """Propose a policy. The answer's ``state`` says how far it came: ``lacking`` (nothing was proposed; ``lacking``
        lists all that must be done first), ``in place`` (it is attached already), or that of its proposal, which is
        one made before if that is not over."""
        now, draft = self._clock(), self.draft(policy, origin, acknowledged)
        if draft["open"] is not None:
            return draft["open"]  # type: ignore[no-any-return]
        observed, amiss = surveyed(organization, policy)
        if observed is not None and _in_place(observed, policy):
            return {"state": IN_PLACE, "name": policy.name, "policy_id": observed["policy"]["id"]}
        lacking = [*draft["lacking"], *(lack.row() for lack in amiss)]
        if lacking or observed is None:
            return {**draft, "lacking": lacking}
        read = {name: draft[name] for name in ("findings", "backtest")}
        facts = {"origin": dict(origin), "observed": observed, **read}
        row = new_row(self._new_id(), policy, person, now, facts)
        self._store.add(row, person.name)
        return shown(row, now)

    def draft(self, policy: OrganizationPolicy, origin: Mapping[str, Any], acknowledged: str) -> Json:
        """What is known of a policy before it is proposed, without asking the organization: its findings with the
        digest that acknowledges them, its newest backtest, what lacks of these, what comes ``afterwards``, and the
        ``open`` proposal of this very policy, if there is one."""
        if not policy.targets:
            raise UsageError("A policy is attached to something", remedy="Give --target: a root, unit or account.")
        now, subject = self._clock(), subject_of(origin)
        findings = list(self._findings_of(policy))
        backtest = self._backtests.newest(digest(policy.document), policy.kind, policy.targets)
        lacks = [
            *conditions.unread(findings, acknowledged, policy, subject),
            *conditions.untested(backtest, policy, subject, now),
        ]
        waiting = self._open(policy, now)
        return {
            "state": LACKING,
            "name": policy.name,
            "digest": digest(policy.document),
            "targets": list(policy.targets),
            "findings": findings,
            "findings_digest": findings_digest(findings),
            "backtest": backtest,
            "lacking": [lack.row() for lack in lacks],
            "afterwards": [conditions.afterwards(signed_in_only=self._signed_in_only).row()],
            "open": self._shown(waiting[0], now) if waiting else None,
        }

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
        """Attach what was agreed to, once. One whose outcome is unknown, because the process ended in the midst of it
        or the organization could not be read, is not repeated: what the organization says of it settles it. One that
        failed is finished: what was done is found and not done again.

        :raises NotReady: if a condition does not hold, or the organization does not answer. :raises Conflict: if the
            organization changed since, or while it is being attached. :raises Unavailable: if it stays unknown.
        """
        row = self._row(proposal)
        if row["state"] == EXECUTING:
            if proposal in self._under_way:
                raise Conflict(f"Proposal {proposal} is being attached", remedy="Look at it again in a moment.")
            return self._end(row, settled(organization, policy_of(row), _steps(row)), person)
        self._under_way.append(proposal)
        try:
            return self._executed(proposal, person, organization)
        finally:
            self._under_way.remove(proposal)

    def _executed(self, proposal: str, person: Person, organization: Organizations) -> Json:
        """``execute``, for one that nobody is attaching. All that lacks is said at once."""
        row, now = self._row(proposal), self._clock()
        again = can_be_finished(row, now)
        if not again and state_of(row, now) != PROPOSED:
            self._in_state(proposal, APPROVED)
        lacks = [conditions.nobody_agreed(proposal)] if row["state"] == PROPOSED else []
        lacks += self._stale(row, now)
        policy = policy_of(row)
        observed, amiss = surveyed(organization, policy)
        self._refuse(row, [*lacks, *(amiss if observed is None else ())], person, "be attached")
        agreed = row["facts"]["observed"]
        if observed is None or not (fits(observed, agreed, policy) if again else observed == agreed):
            self._note(row, person, "the organization is not as it was when this was proposed")
            raise Conflict(
                f"The organization is not as it was when {proposal} was proposed: nothing was attached",
                remedy=f"Withdraw it (remit guardrails withdraw {proposal}) and propose it again.",
            )
        done = _steps(row) if again else []
        self._move(row, {"state": EXECUTING}, person, "attach.begun", {"again": True} if again else {})
        return self._end(row, execute(organization, policy, observed["policy"], done), person)

    def withdraw(self, proposal: str, person: Person) -> Json:
        """Take an open proposal, or a yes that was not used or not used up, back. What was done stays done."""
        row = self._row(proposal)
        if row["state"] not in (PROPOSED, APPROVED) and not can_be_finished(row, self._clock()):
            raise Conflict(f"Proposal {proposal} is {row['state']}: it cannot be withdrawn")
        self._move(row, {"state": WITHDRAWN}, person, "attach.withdrawn", {})
        return self.show(proposal)

    # --- parts

    def _unapprovable(self, row: Row, person: Person, now: datetime) -> list[Lack]:
        proposer, only = person_of(row["proposed_by"]), self._signed_in_only
        second = conditions.no_second_person(proposer, person, row["proposed"], row["id"], signed_in_only=only)
        return [*second, *self._stale(row, now)]

    def _stale(self, row: Row, now: datetime) -> list[Lack]:
        """What has changed of the findings and backtests since it was proposed."""
        policy, subject = policy_of(row), subject_of(row["facts"]["origin"])
        findings = list(self._findings_of(policy))
        backtest = self._backtests.newest(row["digest"], policy.kind, policy.targets)
        read = findings_digest(row["facts"]["findings"])
        return [
            *conditions.unread(findings, read, policy, subject, row["id"]),
            *conditions.untested(backtest, policy, subject, now),
        ]

    def _open(self, policy: OrganizationPolicy, now: datetime) -> list[Row]:
        """Proposals of this very policy that are not over, the newest first."""
        return [row for row in self._store.rows() if is_for(row, policy, now)]

    def _shown(self, row: Row, now: datetime) -> Json:
        """A proposal with what it lacks by now, beside a person's yes."""
        waiting = state_of(row, now) in (PROPOSED, APPROVED)
        return {**shown(row, now), "lacking": [lack.row() for lack in self._stale(row, now)] if waiting else []}

    def _refuse(self, row: Row, lacks: Sequence[Lack], person: Person, what: str) -> None:
        if not lacks:
            return
        self._note(row, person, "; ".join(lack.why for lack in lacks))
        raise NotReady(
            f"Proposal {row['id']} cannot {what}: {'; '.join(lack.why for lack in lacks)}",
            remedy=f"Do this first: {'; '.join(lack.command.rstrip('.') for lack in lacks)}.",
        )

    def _note(self, row: Row, person: Person, why: str) -> None:
        self._store.note(person.name, "attach.refused", {"id": row["id"], "name": row["name"], "why": why})

    def _move(self, row: Row, changes: Row, person: Person, what: str, facts: Row) -> None:
        told = {**{key: row[key] for key in ("id", "name", "kind", "digest", "targets")}, **facts}
        if not self._store.move(row["id"], row["state"], changes, person.name, what, told):
            raise Conflict(f"Proposal {row['id']} was changed by somebody else just now", remedy="Look at it again.")

    def _end(self, row: Row, outcome: Json, person: Person) -> Json:
        what, begun = f"attach.{outcome['state']}", {**row, "state": EXECUTING}
        state = EXECUTING if outcome["state"] == UNKNOWN else outcome["state"]
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


def _steps(row: Row) -> list[str]:
    """What earlier attempts at a proposal are known to have done."""
    return list((row["outcome"] or {}).get("steps", ()))


def _in_place(observed: Json, policy: OrganizationPolicy) -> bool:
    """Whether there is nothing to do: this very text is attached to all its targets."""
    standing = observed["policy"]
    return (
        standing is not None
        and standing["content"] == minified(policy.document)
        and set(policy.targets) <= set(standing["targets"])
    )
