"""All policies that bear on one identity, made ready for many questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from remit.rooms.authorization.circumstances import Place
from remit.rooms.authorization.details import Identity
from remit.rooms.iam import Determining, Document, Policies
from remit.rooms.iam.compiled import CompiledDocument, CompiledStatement

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Guarding:
    """The organization's policies in force on an account: SCPs and RCPs by level, root first, each a document named by
    its policy's name, with the names of the levels. Empty where none apply."""

    scps: tuple[tuple[Document, ...], ...] = ()
    rcps: tuple[tuple[Document, ...], ...] = ()
    levels: tuple[str, ...] = ()
    known: bool = False


@dataclass(frozen=True)
class Bearing:
    """An identity with its policies, boundary, place and guardrails."""

    identity: Identity
    place: Place
    guarding: Guarding = field(default_factory=Guarding)
    policies: Policies = field(init=False, compare=False)
    statements: tuple[CompiledStatement, ...] = field(init=False, compare=False)
    grants: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        keep = object.__setattr__
        keep(self, "policies", self.made(self.identity.documents))
        own = [one for each in self.identity.documents for one in CompiledDocument(each).statements]
        allows = [one for one in own if one.allows]
        rest = [one for one in own if not one.allows]
        keep(self, "grants", len(allows))
        keep(self, "statements", (*allows, *rest, *self._others()))

    def made(self, identity: Sequence[Document], resource: Document | None = None) -> Policies:
        """The policies of a request, with these identity policies and this resource policy."""
        boundary = (self.identity.boundary.document,) if self.identity.boundary else ()
        return Policies(
            identity=tuple(identity) or (Document("no policy", ()),),
            resource=resource,
            boundary=boundary,
            scps=self.guarding.scps,
            rcps=self.guarding.rcps,
        )

    def _others(self) -> Iterator[CompiledStatement]:
        boundary = (self.identity.boundary.document,) if self.identity.boundary else ()
        for documents in (boundary, *self.guarding.scps, *self.guarding.rcps):
            yield from CompiledDocument(*documents).statements

    def keys(self) -> frozenset[str]:
        """Every condition key, folded, that any of the policies tests."""
        return tested(self.statements)

    def told(self, found: Determining) -> Json:
        """A statement for people: which policy, which statement, and where that is attached."""
        attached: Mapping[str, str] = {each.document.name: each.place for each in self.identity.attached}
        boundary = self.identity.boundary
        if found.kind == "identity":
            place = attached.get(found.policy, found.policy)
        elif found.kind == "boundary":
            place = f"permissions boundary «{boundary.name if boundary else found.policy}»"
        elif found.kind in ("scp", "rcp") and found.level is not None:
            name = self.guarding.levels[found.level] if found.level < len(self.guarding.levels) else str(found.level)
            place = f"{found.kind.upper()} «{found.policy}» on {name}"
        else:
            place = f"trust policy of {found.policy}"
        said = found.sid or f"statement {found.statement + 1}"
        return {"kind": found.kind, "policy": found.policy, "sid": found.sid, "statement": found.statement,
                "effect": found.effect, "attached": place, "text": f"{said} of {place}"}  # fmt: skip


def tested(statements: Sequence[CompiledStatement]) -> frozenset[str]:
    """Every condition key, folded, that these statements test, variables' keys among them."""
    found: set[str] = set()
    for one in statements:
        found |= one.variable_keys()
        for test in one.tests:
            found.update((test.key, *test.variables))
    return frozenset(found)
