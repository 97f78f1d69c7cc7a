"""A statement with where its policy stands, and how an answer tells it."""

from __future__ import annotations

from dataclasses import dataclass, field

from remit.rooms.iam.compiled import CompiledStatement


@dataclass(frozen=True, slots=True)
class Determining:
    """A statement that made the decision, or on which an unknown one hangs. ``level`` is the level of an SCP or RCP,
    0 for the organization's root; ``statement`` counts from 0 in its document."""

    kind: str
    policy: str
    sid: str
    effect: str
    level: int | None = None
    statement: int = 0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A statement with where its policy stands: ``kind`` as in ``vocabulary.KINDS``, ``level`` for SCPs and RCPs
    (0 is the organization's root)."""

    statement: CompiledStatement
    kind: str
    level: int | None
    told: Determining = field(init=False)

    def __post_init__(self) -> None:
        statement = self.statement.statement
        told = Determining(
            self.kind, self.statement.document, statement.sid, statement.effect, self.level, statement.index
        )
        object.__setattr__(self, "told", told)
