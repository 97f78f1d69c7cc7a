"""All policies that bear on a request, by kind, and what they say together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from remit.rooms.iam.compiled import CompiledDocument, CompiledStatement, StatementTruth
from remit.rooms.iam.document import Document
from remit.rooms.iam.ranked import Determining, Ranked
from remit.rooms.iam.ways import Ways

_MOST_PLANS: Final = 4096


@dataclass(frozen=True, slots=True)
class Layer:
    """Policies of one kind, of one level where the kind has levels: an Allow in any of them is the layer's Allow."""

    kind: str
    level: int | None
    compiled: CompiledDocument


@dataclass(frozen=True, slots=True)
class Plan:
    """What the policies have to say of one action: Deny statements of every layer, and for each layer its Allows."""

    denies: tuple[Ranked, ...]
    allows: tuple[tuple[Layer, tuple[Ranked, ...]], ...]
    ways: dict[tuple[str, bool | None, bool | None], Ways] = field(default_factory=dict)
    """How such requests come to be allowed, by form of principal, across accounts or not, resource's last word."""
    deny_tests: tuple[tuple[StatementTruth, Determining], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "deny_tests", tuple((one.statement.truth, one.told) for one in self.denies))


@dataclass(frozen=True)
class Policies:
    """The policies of a request. What is empty or None does not apply: there is no boundary, no session policy, no
    organization. A level of ``scps`` without documents is a level that allows nothing."""

    identity: tuple[Document, ...] = ()
    resource: Document | None = None
    boundary: tuple[Document, ...] = ()
    session: tuple[Document, ...] = ()
    endpoint: tuple[Document, ...] = ()
    scps: tuple[tuple[Document, ...], ...] = ()
    rcps: tuple[tuple[Document, ...], ...] = ()
    layers: tuple[Layer, ...] = field(init=False, compare=False, repr=False)
    _plans: dict[tuple[str, bool, bool], Plan] = field(init=False, compare=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self._layers()))

    def _layers(self) -> Iterator[Layer]:
        for level, documents in enumerate(self.scps):
            yield Layer("scp", level, CompiledDocument(*documents))
        for level, documents in enumerate(self.rcps):
            yield Layer("rcp", level, CompiledDocument(*documents))
        resource = () if self.resource is None else (self.resource,)
        for kind, documents in (
            ("endpoint", self.endpoint),
            ("resource", resource),
            ("identity", self.identity),
            ("boundary", self.boundary),
            ("session", self.session),
        ):
            if documents:
                yield Layer(kind, None, CompiledDocument(*documents))

    def plan(self, folded_action: str, with_scps: bool, with_rcps: bool) -> Plan:
        """What bears on an action given in lower case; remembered for the next request."""
        key = (folded_action, with_scps, with_rcps)
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            found = self._plans[key] = self._planned(*key)
        return found

    def _planned(self, folded_action: str, with_scps: bool, with_rcps: bool) -> Plan:
        denies: list[Ranked] = []
        allows = []
        for layer in self.layers:
            if (layer.kind == "scp" and not with_scps) or (layer.kind == "rcp" and not with_rcps):
                continue
            about = layer.compiled.speaking_of(folded_action)
            denies += (Ranked(self._unsparing(one), layer.kind, layer.level) for one in about.denies)
            allows.append((layer, tuple(Ranked(one, layer.kind, layer.level) for one in about.allows)))
        return Plan(tuple(denies), tuple(allows))

    def _unsparing(self, one: CompiledStatement) -> CompiledStatement:
        """Where the principal has a boundary, a Deny with NotPrincipal spares nobody."""
        principals = one.statement.principals
        return one.for_everyone() if self.boundary and principals is not None and principals.negated else one
