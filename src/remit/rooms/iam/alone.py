"""One policy judged by itself: does this SCP or RCP deny that request, does it not, or which keys would tell.

The lower seam under ``evaluate``, for backtests and for naming the cause of a denial: compile once, ask many times.
"""

from __future__ import annotations

from dataclasses import dataclass

from remit.rooms.iam.compiled import CompiledDocument, CompiledStatement
from remit.rooms.iam.document import Document, Statement
from remit.rooms.iam.evaluate import rcps_apply, scps_apply
from remit.rooms.iam.kinds import check_kind
from remit.rooms.iam.request import Request
from remit.rooms.iam.settling import settle_statements
from remit.rooms.iam.vocabulary import fold


@dataclass(frozen=True, slots=True)
class Verdict:
    """``truth`` is None when unknown, and then ``unknown_keys`` is the smallest set that settles it; ``statements``
    are those that apply or, when unknown, those that hang on the keys."""

    truth: bool | None
    statements: tuple[Statement, ...] = ()
    unknown_keys: tuple[str, ...] = ()


_NO = Verdict(False)


class CompiledPolicy:
    """A policy of one kind, ready for many requests. Raises ``PolicyError`` when it is no policy of that kind."""

    def __init__(self, document: Document, kind: str) -> None:
        check_kind(document, kind)
        self.document = document
        self.kind = kind
        self._compiled = CompiledDocument(document)

    def reaches(self, request: Request) -> bool:
        """Whether policies of this kind limit such a request at all: no SCP limits a service-linked role."""
        if self.kind == "scp":
            return scps_apply(request)
        return self.kind != "rcp" or rcps_apply(request)

    def decide(self, request: Request) -> Verdict:
        """Whether a Deny statement of it denies the request."""
        denies = self._compiled.speaking_of(request.folded_action).denies
        if not denies or not self.reaches(request):
            return _NO
        truth, keys, found = settle_statements(request, denies)
        return Verdict(truth, tuple(one.statement for one in found), keys)

    def denying(self, request: Request) -> tuple[Statement, ...]:
        """The Deny statements that are known to apply; quicker than ``decide``, which also settles the others."""
        denies = self._compiled.speaking_of(request.folded_action).denies
        if not denies or not self.reaches(request):
            return ()
        return tuple(one.statement for one in denies if one.truth(request))

    def allows(self, request: Request) -> Verdict:
        """Whether an Allow statement of it applies: an SCP's level without one denies implicitly."""
        truth, keys, found = settle_statements(request, self._compiled.speaking_of(request.folded_action).allows)
        return Verdict(truth, tuple(one.statement for one in found), keys)

    def concerns(self, action: str) -> bool:
        """Whether any Deny statement speaks of the action; when none does, ``decide`` is false whatever else."""
        return bool(self._denies(action))

    def condition_keys(self, action: str) -> frozenset[str]:
        """The keys, in lower case, that can bear on ``decide`` for the action, variables' keys among them."""
        found: set[str] = set()
        for one in self._denies(action):
            found |= one.variable_keys()
            for test in one.tests:
                found.update((test.key, *test.variables))
        return frozenset(found)

    def tests_resource(self, action: str) -> bool:
        """Whether the resource can bear on ``decide`` for the action."""
        return any(one.resource is not None for one in self._denies(action))

    def _denies(self, action: str) -> tuple[CompiledStatement, ...]:
        return self._compiled.speaking_of(fold(action)).denies
