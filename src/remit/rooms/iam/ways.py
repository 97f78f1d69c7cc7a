"""How a request can come to be allowed: gates that all must open, and ways of which one must (see ``allowing``)."""

from __future__ import annotations

from dataclasses import dataclass, field

from remit.rooms.iam.principals import ACCOUNT, DIRECT
from remit.rooms.iam.ranked import Determining, Ranked
from remit.rooms.iam.request import Request


@dataclass(frozen=True, slots=True)
class Group:
    """Allow statements of which one must apply; ``form`` narrows a resource policy's to those that name the principal
    so (see ``principals``). ``always`` for what needs no statement: an account's root user."""

    kind: str
    level: int | None
    statements: tuple[Ranked, ...]
    form: int | None = None
    always: bool = False
    doubted: str = ""
    """For what hangs on the resource alone, the unknown key that would tell: ``resource``, whether its own policy has
    the last word; ``aws:resourceaccount``, whether it is the principal's account's."""
    fixed: tuple[Determining, ...] | None = field(init=False)
    """What determines it whatever the request, where none of its statements asks anything of one; else None."""

    def __post_init__(self) -> None:
        plain = not self.doubted and self.form is None and all(one.statement.always for one in self.statements)
        fixed = tuple(one.told for one in self.statements) if plain else None
        object.__setattr__(self, "fixed", fixed)

    def truth(self, request: Request) -> bool | None:
        """Whether one of them applies; None when that is unknown."""
        if self.fixed is not None:
            return self.always or bool(self.fixed)
        unknown = bool(self.doubted)
        for one in self.statements:
            if self.form is not None and not self.takes(one, request):
                continue
            found = one.statement.truth(request)
            if found:
                return True
            unknown = unknown or found is None
        return None if unknown else False

    def takes(self, one: Ranked, request: Request) -> bool:
        """Whether the statement names the principal in the group's form; a canonical user id, known or not, stands
        for an account."""
        if self.form is None:
            return True
        named = one.statement.named(request)
        if named is None:
            listed = one.statement.statement.principals
            named = DIRECT if listed is not None and listed.negated else ACCOUNT
        return named == self.form

    def applying(self, request: Request) -> tuple[Determining, ...]:
        """The statements that apply."""
        if self.fixed is not None:
            return self.fixed
        return tuple(one.told for one in self.statements if self.takes(one, request) and one.statement.truth(request))


@dataclass(frozen=True, slots=True)
class Ways:
    """Every gate, and all groups of one way, must have an Allow."""

    gates: tuple[Group, ...]
    ways: tuple[tuple[Group, ...], ...]
    doubtful: tuple[Group, ...] = field(init=False)
    """The gates that are not open for every request."""
    live: tuple[tuple[Group, ...], ...] = field(init=False)
    """The ways in which every group has a statement at all."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "doubtful", tuple(gate for gate in self.gates if not gate.fixed))
        live = tuple(way for way in self.ways if all(map(_may_open, way)))
        object.__setattr__(self, "live", live)

    def truth(self, request: Request) -> bool | None:
        """Whether the request is allowed, denials aside; None when that is unknown."""
        found: bool | None = True
        for gate in self.doubtful:
            opened = gate.truth(request)
            if opened is False:
                return False
            if opened is None:
                found = None
        granted: bool | None = False
        for way in self.live:
            truth = _all(way, request)
            if truth:
                return found
            if truth is None:
                granted = None
        return granted

    def granting(self, request: Request) -> tuple[Determining, ...]:
        """The Allow statements that apply in the gates and in every way that is open."""
        found: list[Determining] = []
        for gate in self.gates:
            found += gate.applying(request)
        opened = [way for way in self.live if _all(way, request)]
        for group in opened[0] if len(opened) == 1 else dict.fromkeys(group for way in opened for group in way):
            found += group.applying(request)
        return tuple(found) if len(opened) == 1 else tuple(dict.fromkeys(found))

    def wanting(self, request: Request) -> tuple[Group, ...]:
        """The gates that are shut, and of the ways that lack least what they lack."""
        shut = tuple(gate for gate in self.gates if gate.truth(request) is False)
        lacking = [[group for group in way if group.truth(request) is False] for way in self.ways]
        least = min(map(len, lacking), default=0)
        return shut + tuple(group for groups in lacking if len(groups) == least for group in groups)


def _may_open(group: Group) -> bool:
    return bool(group.always or group.doubted or group.statements)


def _all(groups: tuple[Group, ...], request: Request) -> bool | None:
    found: bool | None = True
    for group in groups:
        truth = group.truth(request)
        if truth is False:
            return False
        if truth is None:
            found = None
    return found
