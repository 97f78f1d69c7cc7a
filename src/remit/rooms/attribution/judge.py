"""The judge: columns of facts and links in, columns of attribution out.

Every distinct value is tested once (``atoms``), every distinct combination of conditions, registry entry and links is
weighed once (``claims``); an event then costs a few look-ups. The judgement is a function of the facts, the links, the
rules and the registry alone, so any order of arrival ends in the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from remit.model.columns import JUDGED
from remit.model.vocabulary import derive_source
from remit.rooms.attribution import governance
from remit.rooms.attribution.acts import ACT_RELATIONS, settle_act
from remit.rooms.attribution.atoms import AtomTable
from remit.rooms.attribution.behalf import shown_behalf
from remit.rooms.attribution.claims import Claim, Verdict, resolve
from remit.rooms.attribution.links import JOIN_FIELDS, Link, inherited
from remit.rooms.attribution.registry import Entry, Registry
from remit.rooms.attribution.signals import Rules, Signal

_MEMO_LIMIT: Final = 100_000
_AGENT_NAME_FALLBACK: Final = "AI agent (unnamed)"
Columns = Mapping[str, Sequence[Any]]
Links = Mapping[int, Sequence[Link]]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What every event with one combination of evidence has in common. ``name`` is empty where the event has its own.

    ``environment`` and ``owner`` are the identity's; an account's may come before or after them.
    """

    verdict: Verdict
    entry: Entry | None
    source: str
    governed: str
    evidence: list[str]
    agent: str | None
    name: str
    environment: str | None
    owner: str | None


class Judge:
    """Rules and registry, compiled. One instance serves one process; it remembers, and forgets within bounds."""

    def __init__(self, rules: Rules, registry: Registry) -> None:
        self.rules = rules
        self.registry = registry
        self.version = rules.version
        self._atoms = AtomTable(rules.signals)
        self._wanted = [
            (self._atoms.mask_of(s.when), self._atoms.mask_of(s.unless), s, _claim_of(s)) for s in rules.signals
        ]
        self._fired: dict[int, tuple[tuple[Signal, ...], tuple[Claim, ...]]] = {}
        self._shared: dict[tuple[int, int | None], _Shared] = {}
        self._inheritances: dict[tuple[str, str], list[Claim]] = {}

    def judge(self, columns: Columns, links: Links | None = None) -> dict[str, list[Any]]:
        """Judged columns for a batch; ``links[row]`` are the other records row joins to, nearest first."""
        size = len(columns["event_id"])
        masks = self._atoms.masks(columns, size)
        entries = self.registry.find_rows(columns, size)
        known = self._shared
        shared = [known.get(key) or self._share(*key) for key in zip(masks, entries, strict=True)]
        weighed: dict[object, _Shared] = {}
        for row, others in (links or {}).items():
            key = masks[row], entries[row], tuple((link.relation, link.facts["event_id"]) for link in others)
            found = weighed.get(key)
            if found is None:
                found = weighed[key] = self._weigh(masks[row], entries[row], self._inherited_claims(others))
            shared[row] = found
        return self._columns(columns, shared, links or {})

    def describe(self, evidence: str) -> tuple[str, str]:
        """Strength and column of one piece of evidence; an id the rules no longer know is ``("unknown", "")``."""
        signal = self.rules.by_id.get(evidence)
        if signal is not None:
            return signal.strength, signal.evidence_field()
        column = JOIN_FIELDS.get(evidence)
        return ("joined", column) if column else ("unknown", "")

    def _signals(self, mask: int) -> tuple[tuple[Signal, ...], tuple[Claim, ...]]:
        found = self._fired.get(mask)
        if found is None:
            if len(self._fired) >= _MEMO_LIMIT:
                self._fired.clear()
            hits = [(s, c) for when, unless, s, c in self._wanted if mask & when == when and not mask & unless]
            found = tuple(s for s, _ in hits), tuple(c for _, c in hits)
            self._fired[mask] = found
        return found

    def _share(self, mask: int, entry: int | None) -> _Shared:
        key = (mask, entry)
        found = self._shared.get(key)
        if found is None:
            if len(self._shared) >= _MEMO_LIMIT:
                self._shared.clear()
            found = self._shared[key] = self._weigh(mask, entry, ())
        return found

    def _weigh(self, mask: int, position: int | None, inherited_claims: Iterable[Claim]) -> _Shared:
        _, own = self._signals(mask)
        entry = None if position is None else self.registry.entries[position]
        mapped = () if entry is None else (_claim_of_entry(entry),)
        verdict = resolve([*mapped, *inherited_claims, *own])
        return _Shared(
            verdict,
            entry,
            derive_source(verdict.path, verdict.kind),
            governance.governed(verdict.kind, verdict.path, entry),
            list(verdict.evidence),
            _agent(verdict),
            _name(verdict, entry),
            governance.environment(None, entry, self.registry),
            governance.owner(None, entry, self.registry),
        )

    def _inherited_claims(self, others: Sequence[Link]) -> list[Claim]:
        return [claim for link in others for claim in self._inherited(link)]

    def _inherited(self, link: Link) -> list[Claim]:
        """Facts never change, so what a record means for those that join to it is worked out once."""
        key = (link.relation, str(link.facts["event_id"]))
        found = self._inheritances.get(key)
        if found is None:
            if len(self._inheritances) >= _MEMO_LIMIT:
                self._inheritances.clear()
            columns = {name: [value] for name, value in link.facts.items()}
            mask = self._atoms.masks(columns, 1)[0]
            shared = self._share(mask, self.registry.find_rows(columns, 1)[0])
            found = self._inheritances[key] = inherited(link, shared.verdict, self._signals(mask)[0])
        return found

    def _columns(self, columns: Columns, shared: Sequence[_Shared], links: Links) -> dict[str, list[Any]]:
        facts = _FactRows(columns)
        out: dict[str, list[Any]] = {column.name: [None] * len(shared) for column in JUDGED}
        out["actor_kind"] = [s.verdict.kind for s in shared]
        out["path"] = [s.verdict.path for s in shared]
        out["source"] = [s.source for s in shared]
        out["governed"] = [s.governed for s in shared]
        out["confidence"] = [s.verdict.confidence for s in shared]
        out["evidence"] = [s.evidence for s in shared]
        out["runner_up"] = [s.verdict.runner_up for s in shared]
        out["rules_version"] = [self.version] * len(shared)
        out["environment"] = [s.environment for s in shared]
        out["owner"] = [s.owner for s in shared]
        out["agent"] = [s.agent for s in shared]
        out["actor_name"] = facts.names(shared)
        out["actor_id"] = facts.first_of(("issuer", "principal", "principal_id"))
        out["on_behalf_of"] = [
            shown_behalf(behalf, actor, self.registry) if behalf else None
            for behalf, actor in zip(facts.behalves(shared), out["actor_name"], strict=True)
        ]
        if self.registry.accounts:
            self._say_accounts(out, columns, shared)
        _settle_acts(out, columns, links)
        return out

    def _say_accounts(self, out: dict[str, list[Any]], columns: Columns, shared: Sequence[_Shared]) -> None:
        for row, account in enumerate(columns.get("account") or ()):
            if account in self.registry.accounts:
                entry = shared[row].entry
                out["environment"][row] = governance.environment(account, entry, self.registry)
                out["owner"][row] = governance.owner(account, entry, self.registry)


def _settle_acts(out: dict[str, list[Any]], columns: Columns, links: Links) -> None:
    size = len(out["path"])
    nobody: list[str] = []  # one list for all: columns are read, never changed in place
    out["counted"] = [True] * size
    out["same_as"] = [nobody] * size
    for row, others in links.items():
        if all(link.relation not in ACT_RELATIONS for link in others):
            continue
        facts = {name: columns[name][row] for name in ("event_id", "data_source", "markers") if name in columns}
        out["counted"][row], out["same_as"][row] = settle_act(facts, others)


def _claim_of(signal: Signal) -> Claim:
    says = signal.says
    return Claim(
        evidence=signal.id,
        strength=signal.strength,
        kind=says.kind,
        path=says.path,
        agent=says.agent,
        credential=says.credential,
        tool=says.tool,
        name_from=says.name_from,
        name="" if says.name_from else says.tool if says.kind == "pipeline" else "",
        behalf_from=says.behalf_from,
        undecided=says.undecided,
    )


def _claim_of_entry(entry: Entry) -> Claim:
    """An operator's mapping: an agent acts; for everything else it says whose credential it is."""
    evidence = f"registry={entry.name}"
    if entry.kind == "agent":
        return Claim(evidence, "joined", kind="agent", agent=entry.name, name=entry.name, behalf=entry.on_behalf_of)
    return Claim(evidence, "joined", credential=entry.kind, name=entry.name, behalf=entry.on_behalf_of)


def _agent(verdict: Verdict) -> str | None:
    if verdict.kind != "agent":
        return None
    return verdict.agent or _AGENT_NAME_FALLBACK


def _name(verdict: Verdict, entry: Entry | None) -> str:
    """The actor's name where the evidence alone gives it."""
    if verdict.kind == "agent":
        return _agent(verdict) or ""
    if entry is not None and entry.kind == verdict.kind:
        return entry.name
    return verdict.name


class _FactRows:
    """Names in a batch by column and row; a column left out of the batch is all ``None``."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._size = len(columns["event_id"])
        self._nothing = [None] * self._size

    def names(self, shared: Sequence[_Shared]) -> list[str | None]:
        """Who acted: the name the evidence gives, else the column it points at, else the principal's."""
        own = self.first_of(("principal_name", "principal", "principal_id", "invoked_by"))
        return [s.name or self._value(s.verdict.name_from, row) or own[row] for row, s in enumerate(shared)]

    def behalves(self, shared: Sequence[_Shared]) -> list[str | None]:
        """On whose behalf: what the evidence says, else the record itself; for an agent also its source identity."""
        delegators, identities = self._column("delegator"), self._column("source_identity")
        return [
            s.verdict.behalf
            or self._value(s.verdict.behalf_from, row)
            or delegators[row]
            or (identities[row] if s.agent else None)
            for row, s in enumerate(shared)
        ]

    def _column(self, name: str) -> Sequence[Any]:
        return self._columns.get(name) or self._nothing

    def _value(self, column: str, row: int) -> str | None:
        return self._column(column)[row] if column else None

    def first_of(self, names: Sequence[str]) -> list[Any]:
        """Per row the first of these columns that holds something."""
        found: list[Any] = [None] * self._size
        for name in names:
            values = self._columns.get(name)
            if values is not None:
                found = [a or b for a, b in zip(found, values, strict=True)]
        return found
