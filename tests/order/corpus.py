"""A seed in, records out: every join the product knows, and the ways in which the same records can arrive.

``corpus`` makes what happened, ``Arrival`` one way of its arriving: which records stand in which file, in which order
and wrapper, which of them twice, and how the files are divided over several runs. Every arrival of one corpus must end
in the same answers.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.app.cloudtrail import issue, record

from remit.rooms.estate.aws import incident
from remit.rooms.estate.chance import Chance
from remit.rooms.estate.feed import Item
from remit.rooms.estate.program import PROGRAM
from remit.rooms.estate.rhythm import moments

Json = dict[str, Any]
END_US: Final = 1_790_000_000_000_000
PLAIN: Final = "other"
REGISTRY: Final = """
[[agent]]
name = "night-shift"
match = ["arn:aws:iam::111122223333:user/call-1*"]
owner = "operations"
"""
"""A registry that concerns some of the corpus's own calls."""


@dataclass(frozen=True, slots=True)
class Told:
    """One record as its provider tells it, and the kind of feed that brings it."""

    kind: str
    text: bytes


def corpus(seed: int, *, scenes: int = 40, chain: int = 40, incidents: bool = True) -> list[Told]:
    """What happened: scenes of the estate (every provider; calls and the MCP requests that made them; one act in two
    accounts; webhooks beside the audit log; runs, commits), a tangle of issued keys, and records nobody can read."""
    chance = random.Random(f"corpus/{seed}")
    items = _scenes(seed, chance, scenes)
    if incidents:
        items += incident.scenes(END_US, Chance(seed, END_US, "incident"))
    told = [Told(item.data_source, json.dumps(item.record).encode()) for item in items]
    told += [Told("cloudtrail", text) for text in tangle(chance, chain)]
    told += [Told(PLAIN, json.dumps({"nothing": "to see", "seed": seed, "n": n}).encode()) for n in range(3)]
    return told


def _scenes(seed: int, chance: random.Random, count: int) -> list[Item]:
    found: list[Item] = []
    always = [name for name in PROGRAM if name in _ALWAYS]
    others = chance.sample([name for name in PROGRAM if name not in _ALWAYS], max(0, count - len(always)))
    for name in sorted([*always, *others]):
        rhythm, scene = PROGRAM[name]
        possible = list(moments(rhythm, END_US, Chance(seed, END_US, name)))
        if possible:
            found += scene(chance.choice(possible))
    return [item for item in found if item.at <= END_US]


_ALWAYS: Final = frozenset(
    (
        "PAY-123",
        "Cursor through AWS's MCP server",
        "Claude Code through AWS's MCP server",
        "Jenkins applies Terraform",
        "GitLab tests",
        "maya in the console",
        "omar in the console",
        "the audit exporter",
        "the support agent on AgentCore",
        "ana with az",
        "the cost agent in Azure",
        "ana with gcloud",
        "Google's MCP server",
        "Terraform in Google Cloud",
        "GitHub's settings",
        "a break-glass drill",
    )
)
"""Scenes of which every corpus has one: both halves of an act, two accounts, each provider."""


def tangle(chance: random.Random, count: int) -> list[bytes]:
    """Keys that issue keys at random: chains, crowds that issue one key, circles; and calls signed with them."""
    keys = [f"T{number}" for number in range(max(2, count // 4))]
    issues = [issue(f"issue-{n}", chance.choice(keys), chance.choice(keys)) for n in range(count // 2)]
    agents = ("aws-cli/2.31.0", "HashiCorp Terraform/1.9", "claude-code/2.1 aws-cli/2", "console.amazonaws.com")
    calls = [
        record(f"call-{n}", "CreateBucket", chance.choice(keys), userAgent=chance.choice(agents))
        for n in range(count - len(issues))
    ]
    return issues + calls


# --- ways of arriving


def _spread(document: Any) -> bytes:
    """The same object in another spelling: other order of members, other spacing."""
    return json.dumps(dict(reversed(list(document.items()))), indent=1, ensure_ascii=False).encode()


def _lines(texts: Sequence[bytes]) -> bytes:
    return b"\n".join(texts) + b"\n"


def _envelope(key: str) -> Callable[[Sequence[bytes]], bytes]:
    return lambda texts: b'{"' + key.encode() + b'":[' + b",".join(texts) + b"]}"


def _looked_up(texts: Sequence[bytes]) -> bytes:
    events = [{"EventId": "x", "CloudTrailEvent": text.decode()} for text in texts]
    return json.dumps({"Events": events}).encode()


WRAPPERS: Final[dict[str, Callable[[Sequence[bytes]], bytes]]] = {
    "jsonl": _lines,
    "records": _envelope("Records"),
    "value": _envelope("value"),
    "array": lambda texts: b"[" + b",".join(texts) + b"]",
    "in a row": lambda texts: b"".join(texts),
    "looked up": _looked_up,
}


@dataclass(frozen=True, slots=True)
class File:
    """One file of one run: where it goes below the run's folder, and what is in it."""

    run: int
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a corpus arrives. ``copies`` is the share of records that arrive again, in another file and spelling;
    ``mixed``: files hold records of every provider instead of one's own."""

    seed: int
    runs: int = 1
    files: int = 9
    copies: float = 0.0
    mixed: bool = False
    issuers_last: bool = False

    def of(self, told: Sequence[Told]) -> list[File]:
        """The files, in the order in which they arrive."""
        chance = random.Random(f"arrival/{self.seed}")
        records = [*told, *_copies(told, self.copies, chance)]
        chance.shuffle(records)
        if self.issuers_last:
            records.sort(key=lambda each: b"AssumeRole" in each.text)
        shelves: dict[str, list[Told]] = defaultdict(list)
        for each in records:
            shelves["mixed" if self.mixed else each.kind].append(each)
        found = [
            self._file(at, kind, part, chance)
            for kind, shelved in sorted(shelves.items())
            for at, part in enumerate(_parted(shelved, chance.randint(1, self.files)))
        ]
        return found if self.issuers_last else chance.sample(found, len(found))

    def _file(self, at: int, kind: str, records: Sequence[Told], chance: random.Random) -> File:
        texts = [each.text for each in records]
        wrapper = chance.choice([name for name in WRAPPERS if kind == "cloudtrail" or name != "looked up"])
        content = WRAPPERS[wrapper](texts)
        packed = chance.random() < 0.5
        name = f"{kind}/{chance.randrange(10**6):06}-{at:03}.json{'.gz' if packed else ''}"
        return File(chance.randrange(self.runs), name, gzip.compress(content, 1, mtime=0) if packed else content)


def _copies(told: Sequence[Told], share: float, chance: random.Random) -> Iterable[Told]:
    for each in chance.sample(list(told), int(len(told) * share)):
        respelled = each.kind != PLAIN and chance.random() < 0.5  # what nobody can read is known by its bytes alone
        yield Told(each.kind, _spread(json.loads(each.text))) if respelled else each


def _parted(records: Sequence[Told], parts: int) -> list[Sequence[Told]]:
    size = -(-len(records) // parts)
    return [records[start : start + size] for start in range(0, len(records), size)]


def written(folder: Path, files: Iterable[File]) -> list[Path]:
    """The files in folders, one a run; returns the runs' folders in order."""
    runs = set()
    for file in files:
        path = folder / f"run-{file.run}" / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        runs.add(folder / f"run-{file.run}")
    return sorted(runs)
