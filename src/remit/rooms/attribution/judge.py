"""The judge: columns of facts and links in, columns of attribution out.

Every distinct value is tested once (``atoms``), every distinct combination of conditions, registry entry and links is
weighed once (``claims``); an event then costs a few numbers. The judgement is a function of the facts, the links, the
rules and the registry alone, so any order of arrival ends in the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from remit.model.coded import Coded, Codes, coded, together
from remit.model.columns import JUDGED
from remit.model.vocabulary import derive_source
from remit.rooms.attribution import governance
from remit.rooms.attribution.acts import ACT_RELATIONS, settle_act
from remit.rooms.attribution.atoms import AtomTable
from remit.rooms.attribution.behalf import shown_behalf
from remit.rooms.attribution.claims import Claim, Verdict, resolve
from remit.rooms.attribution.links import JOIN_FIELDS, Link, inherited
from remit.rooms.attribution.registry import MATCHED_COLUMNS, Entry, Registry
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

    def judge(self, columns: Columns, links: Links | None = None) -> dict[str, Coded]:
        """Judged columns for a batch; ``links[row]`` are the other records row joins to, nearest first."""
        size = len(columns["event_id"])
        masks, entries = self._atoms.masks(columns, size), self.registry.find_rows(columns, size)
        rows, codes = together([masks, entries])
        shared = Coded([self._share(masks[row], entries[row]) for row in rows], codes)
        if not links:
            return self._columns(columns, shared, {})
        self._learn(links)
        return self._columns(columns, shared.changed(self._joined(masks, entries, codes, links)), links)

    def _joined(self, masks: Coded, entries: Coded, codes: Codes, links: Links) -> dict[int, _Shared]:
        """What the joined rows have in common with others of the same evidence; ``codes`` tells theirs apart, and many
        rows have the very same list of links."""
        alike: dict[tuple[int, int], _Shared] = {}
        weighed: dict[object, _Shared] = {}
        joined: dict[int, _Shared] = {}
        for (row, others), code in zip(links.items(), codes[list(links)].tolist(), strict=True):
            found = alike.get((code, id(others)))
            if found is None:
                key = code, tuple((link.relation, link.facts["event_id"]) for link in others)
                found = weighed.get(key) or self._weigh(masks[row], entries[row], self._inherited_claims(others))
                weighed[key] = alike[code, id(others)] = found
            joined[row] = found
        return joined

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
        return [claim for link in others for claim in self._inheritances[_joint(link)]]

    def _learn(self, links: Links) -> None:
        """Facts never change, so what a record means for those that join to it is worked out once; all new ones
        together."""
        wanted = {_joint(link): link for others in links.values() for link in others}
        if len(self._inheritances) + len(wanted) > _MEMO_LIMIT:
            self._inheritances.clear()
        new = {key: link for key, link in wanted.items() if key not in self._inheritances}
        if not new:
            return
        facts = [link.facts for link in new.values()]
        columns = {name: [each.get(name) for each in facts] for name in (*self._atoms.columns, *MATCHED_COLUMNS)}
        masks, entries = self._atoms.masks(columns, len(new)), self.registry.find_rows(columns, len(new))
        for (key, link), mask, entry in zip(new.items(), masks, entries, strict=True):
            verdict = self._share(mask, entry).verdict
            self._inheritances[key] = inherited(link, verdict, self._signals(mask)[0])

    def _columns(self, columns: Columns, shared: Coded, links: Links) -> dict[str, Coded]:
        size = len(shared)
        out = dict.fromkeys((column.name for column in JUDGED), Coded.constant(None, size))
        out |= {name: shared.meant(said) for name, said in _SAID_BY_ALL.items()}
        out["rules_version"] = Coded.constant(self.version, size)
        facts = _Facts(columns, size)
        out["actor_id"] = facts.first_of(("issuer", "principal", "principal_id"))
        out["actor_name"] = facts.names(shared)
        out["on_behalf_of"] = facts.behalves(shared, out["actor_name"], self.registry)
        if self.registry.accounts:
            out |= self._accounts(facts.column("account"), shared)
        return out | _acts(columns, size, links)

    def _accounts(self, accounts: Coded, shared: Coded) -> dict[str, Coded]:
        """Environment and owner where an account has a say too; that of one the registry does not know is None."""
        known, registry = self.registry.accounts, self.registry
        rows, codes = together([accounts, shared])
        said = [(accounts[row] if accounts[row] in known else None, shared[row].entry) for row in rows]
        return {
            "environment": Coded([governance.environment(*pair, registry) for pair in said], codes),
            "owner": Coded([governance.owner(*pair, registry) for pair in said], codes),
        }


def _acts(columns: Columns, size: int, links: Links) -> dict[str, Coded]:
    """Which rows count, and which other records are of the same act."""
    settled: dict[int, tuple[bool, list[str]]] = {}
    for row, others in links.items():
        if any(link.relation in ACT_RELATIONS for link in others):
            facts = {name: columns[name][row] for name in ("event_id", "data_source", "markers") if name in columns}
            settled[row] = settle_act(facts, others)
    return {
        "counted": Coded.constant(True, size).changed({row: counted for row, (counted, _) in settled.items()}),
        "same_as": Coded.constant([], size).changed({row: same_as for row, (_, same_as) in settled.items()}),
    }


def _joint(link: Link) -> tuple[str, str]:
    return link.relation, str(link.facts["event_id"])


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


_SAID_BY_ALL: Final[Mapping[str, Callable[[Any], Any]]] = {
    "actor_kind": attrgetter("verdict.kind"),
    "path": attrgetter("verdict.path"),
    "source": attrgetter("source"),
    "governed": attrgetter("governed"),
    "confidence": attrgetter("verdict.confidence"),
    "evidence": attrgetter("evidence"),
    "runner_up": attrgetter("verdict.runner_up"),
    "environment": attrgetter("environment"),
    "owner": attrgetter("owner"),
    "agent": attrgetter("agent"),
}
"""Judged columns that events with one combination of evidence have in common."""


class _Facts:
    """Names in a batch, found once for each distinct combination of what they are taken from; a column left out of
    the batch is all ``None``."""

    def __init__(self, columns: Columns, size: int) -> None:
        self._columns = columns
        self._nothing = Coded.constant(None, size)
        self._coded: dict[str, Coded] = {}

    def column(self, name: str) -> Coded:
        """A column of the batch, coded."""
        found = self._coded.get(name)
        if found is None:
            found = self._coded[name] = coded(self._columns.get(name) or self._nothing)
        return found

    def first_of(self, names: Sequence[str]) -> Coded:
        """Per row the first of these columns that holds something."""
        columns = [self.column(name) for name in names]
        rows, codes = together(columns)
        return Coded([next((value for each in columns if (value := each[row])), None) for row in rows], codes)

    def names(self, shared: Coded) -> Coded:
        """Who acted: the name the evidence gives, else the column it points at, else the principal's."""
        own = self.first_of(("principal_name", "principal", "principal_id", "invoked_by"))
        pointed = self._pointed({s.verdict.name_from for s in shared.values if not s.name})
        rows, codes = together([shared, own, *pointed.values()])
        found = ((shared[row], row) for row in rows)
        return Coded([s.name or _at(pointed, s.verdict.name_from, row) or own[row] for s, row in found], codes)

    def behalves(self, shared: Coded, actors: Coded, registry: Registry) -> Coded:
        """On whose behalf: what the evidence says, else the record itself; for an agent also its source identity."""
        delegators, identities = self.column("delegator"), self.column("source_identity")
        pointed = self._pointed({s.verdict.behalf_from for s in shared.values if not s.verdict.behalf})
        rows, codes = together([shared, actors, delegators, identities, *pointed.values()])
        said: list[str | None] = []
        for row in rows:
            s = shared[row]
            behalf = s.verdict.behalf or _at(pointed, s.verdict.behalf_from, row) or delegators[row]
            behalf = behalf or (identities[row] if s.agent else None)
            said.append(shown_behalf(behalf, actors[row], registry) if behalf else None)
        return Coded(said, codes)

    def _pointed(self, names: set[str]) -> dict[str, Coded]:
        return {name: self.column(name) for name in sorted(names) if name}


def _at(columns: Mapping[str, Coded], name: str, row: int) -> Any:
    return columns[name][row] if name else None
