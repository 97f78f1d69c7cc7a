"""A proposal to attach a policy: its states, how long they hold, and how it is shown.

``proposed`` -> ``approved`` -> ``executing`` -> ``attached`` or ``failed``; until it is executed also ``withdrawn``.
One that nobody agreed to, or whose yes nobody used in time, reads as ``expired``. One that failed half-way can be
finished as long as its yes holds. The policy, its type, its name and its targets never change: a yes is to these.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from remit.flows.attaching.persons import Person, person_of
from remit.flows.attaching.ports import Json, Row
from remit.model.errors import IntegrityError
from remit.rooms.guardrails.exports.digest import digest
from remit.rooms.guardrails.exports.policy import OrganizationPolicy
from remit.rooms.guardrails.limits import minified

PROPOSED: Final = "proposed"
APPROVED: Final = "approved"
EXECUTING: Final = "executing"
ATTACHED: Final = "attached"
FAILED: Final = "failed"
WITHDRAWN: Final = "withdrawn"
EXPIRED: Final = "expired"
UNKNOWN: Final = "unknown"
"""Of an outcome, not of a proposal, which stays ``executing``: what was done could not be read back."""
PROPOSAL_DAYS: Final = 7
APPROVAL_HOURS: Final = 24
_OPEN: Final = (PROPOSED, APPROVED)


def new_row(
    proposal: str, policy: OrganizationPolicy, person: Person, now: datetime, facts: Mapping[str, object]
) -> dict[str, Any]:
    """A proposal as it is kept; ``facts`` are its origin, findings, backtest and what was observed."""
    return {
        "id": proposal,
        "kind": policy.kind,
        "name": policy.name,
        "digest": digest(policy.document),
        "content": minified(policy.document),
        "description": policy.description,
        "targets": list(policy.targets),
        "state": PROPOSED,
        "proposed": spelled(now),
        "proposed_by": person.row(),
        "approved": None,
        "approved_by": None,
        "expires": spelled(now + timedelta(days=PROPOSAL_DAYS)),
        "facts": dict(facts),
        "outcome": None,
    }


def approval_ends(now: datetime) -> str:
    """Until when a yes given now may be used."""
    return spelled(now + timedelta(hours=APPROVAL_HOURS))


def policy_of(row: Row) -> OrganizationPolicy:
    """The policy of a proposal.

    :raises IntegrityError: if its text is no longer what was proposed.
    """
    policy = OrganizationPolicy(
        row["name"], row["kind"], json.loads(row["content"]), row["description"], tuple(row["targets"])
    )
    if digest(policy.document) != row["digest"]:
        raise IntegrityError(f"The policy of proposal {row['id']} is not the one that was proposed")
    return policy


def state_of(row: Row, now: datetime) -> str:
    """The state at a moment."""
    over = row["state"] in _OPEN and datetime.fromisoformat(row["expires"]) <= now
    return EXPIRED if over else str(row["state"])


def can_be_finished(row: Row, now: datetime) -> bool:
    """Whether it failed and the yes to it still holds, so that what was not done may be done."""
    return row["state"] == FAILED and bool(row["approved"]) and datetime.fromisoformat(row["expires"]) > now


def is_for(row: Row, policy: OrganizationPolicy, now: datetime) -> bool:
    """Whether a proposal is not over, and of exactly this policy: document, type, name and targets."""
    same = (row["digest"], row["kind"], row["name"]) == (digest(policy.document), policy.kind, policy.name)
    unfinished = state_of(row, now) in (*_OPEN, EXECUTING) or can_be_finished(row, now)
    return same and set(row["targets"]) == set(policy.targets) and unfinished


def shown(row: Row, now: datetime) -> Json:
    """A proposal as an answer: who, what and where, with what each of the two persons read."""
    facts = row["facts"]
    return {
        "id": row["id"],
        "state": state_of(row, now),
        "kind": row["kind"],
        "name": row["name"],
        "digest": row["digest"],
        "document": json.loads(row["content"]),
        "targets": [{"id": target, "name": facts["observed"]["targets"].get(target, "")} for target in row["targets"]],
        "origin": facts["origin"],
        "organization": facts["observed"]["organization"],
        "replaces": facts["observed"]["policy"],
        "findings": facts["findings"],
        "backtest": facts["backtest"],
        "proposed": {"at": row["proposed"], **_by(row["proposed_by"])},
        "approved": None if row["approved"] is None else {"at": row["approved"], **_by(row["approved_by"])},
        "expires": row["expires"],
        "outcome": row["outcome"],
        "can_be_finished": can_be_finished(row, now),
    }


def spelled(at: datetime) -> str:
    """A time as it is kept."""
    return at.isoformat(timespec="seconds")


def _by(row: Mapping[str, Any]) -> Json:
    person = person_of(row)
    return {"by": person.name, "proves": person.proves}
