"""Proposals to attach a policy, and backtests that were run, in the state.

A change of a proposal and its record in the journal are one transaction; it is made from one state to another, and of
two who try at the same moment only one does.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import RowMapping, insert, select, update

from remit.adapters.store.state.state import State
from remit.adapters.store.state.tables import BACKTESTS, PROPOSALS

Row = dict[str, Any]
Held = Callable[[], None]
"""Raises when this process no longer keeps the folder."""
_JSON: Final = ("targets", "proposed_by", "approved_by", "facts", "outcome")
_TOLD: Final = ("id", "name", "kind", "digest", "targets")


class ProposalTable:
    """``flows.attaching.ports.ProposalStore`` over the state."""

    def __init__(self, state: State, held: Held = lambda: None) -> None:
        self._state = state
        self._held = held

    def add(self, row: Mapping[str, Any], who: str) -> None:
        """Keep a new proposal."""
        self._held()
        with self._state.transaction() as connection:
            connection.execute(insert(PROPOSALS).values(_kept(row)))
            facts = {**{key: row[key] for key in _TOLD}, "findings": len(row["facts"]["findings"])}
            facts["backtest"] = (row["facts"]["backtest"] or {}).get("id")
            self._state.journal(who, "attach.proposed", facts, connection=connection)

    def of(self, proposal: str) -> Row | None:
        """The proposal of an id."""
        with self._state.transaction() as connection:
            query = select(PROPOSALS).where(PROPOSALS.c.id == proposal)
            found = connection.execute(query).mappings().first()
        return None if found is None else _read(found)

    def rows(self) -> list[Row]:
        """Every proposal, the newest first."""
        with self._state.transaction() as connection:
            query = select(PROPOSALS).order_by(PROPOSALS.c.proposed.desc(), PROPOSALS.c.id)
            return [_read(row) for row in connection.execute(query).mappings()]

    def move(
        self, proposal: str, before: str, changes: Mapping[str, Any], who: str, what: str, facts: Mapping[str, Any]
    ) -> bool:
        """Change a proposal that is in the state ``before`` and record it; False when it is in another."""
        self._held()
        place = update(PROPOSALS).where(PROPOSALS.c.id == proposal, PROPOSALS.c.state == before)
        with self._state.transaction(alone="attach_proposals") as connection:
            moved = bool(connection.execute(place.values(_kept(changes))).rowcount)
            if moved:
                self._state.journal(who, what, facts, connection=connection)
        return moved

    def note(self, who: str, what: str, facts: Mapping[str, Any]) -> None:
        """Record what was refused."""
        self._held()
        self._state.journal(who, what, facts)


class BacktestTable:
    """Backtests by the policy they were of: its digest, type and targets."""

    def __init__(self, state: State, held: Held = lambda: None) -> None:
        self._state = state
        self._held = held

    def record(
        self, digest: str, kind: str, targets: Sequence[str], at: str, who: str, facts: Mapping[str, Any]
    ) -> str:
        """Remember a backtest that was run ``at`` a time (ISO 8601, UTC), with what it counted; its id."""
        self._held()
        row = {"id": uuid.uuid4().hex[:12], "at": at, "who": who, "kind": kind, "digest": digest}
        row |= {"targets": json.dumps(sorted(set(targets))), "facts": json.dumps(dict(facts))}
        with self._state.transaction() as connection:
            connection.execute(insert(BACKTESTS).values(row))
        return row["id"]

    def newest(self, digest: str, kind: str, targets: Sequence[str]) -> Row | None:
        """The newest backtest of this document, type and set of targets."""
        query = (
            select(BACKTESTS)
            .where(
                BACKTESTS.c.digest == digest,
                BACKTESTS.c.kind == kind,
                BACKTESTS.c.targets == json.dumps(sorted(set(targets))),
            )
            .order_by(BACKTESTS.c.at.desc(), BACKTESTS.c.id)
            .limit(1)
        )
        with self._state.transaction() as connection:
            found = connection.execute(query).mappings().first()
        if found is None:
            return None
        return {**found, "targets": json.loads(found["targets"]), "facts": json.loads(found["facts"])}


def _kept(row: Mapping[str, Any]) -> Row:
    """A row as its table has it: what is nested, as JSON."""
    return {name: json.dumps(value) if name in _JSON and value is not None else value for name, value in row.items()}


def _read(row: RowMapping) -> Row:
    return {name: json.loads(value) if name in _JSON and value is not None else value for name, value in row.items()}
