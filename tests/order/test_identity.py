"""Two records of one id are judged alike: of duplicates the first to arrive is kept, so what ids leave out must decide
nothing."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from remit.app.packaged import load_decoding, load_rules
from remit.flows.ingest.batch import merge
from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.registry import parse_registry

from .corpus import PLAIN, REGISTRY, corpus

JUDGE = Judge(load_rules(), parse_registry(REGISTRY, "test"))
JOINS = ("access_key", "request_id", "link_offers", "link_asks", "data_source")


def leaves(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every member and element."""
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        yield (*path, key)
        yield from leaves(value, (*path, key))


def without(document: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(document)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed


def instead(document: Any, path: tuple[Any, ...], chance: random.Random) -> Any:
    changed = copy.deepcopy(document)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    held = inner[path[-1]]
    if isinstance(held, bool):
        inner[path[-1]] = not held
    elif isinstance(held, int):
        inner[path[-1]] = held + chance.randrange(1, 9)
    elif isinstance(held, str):
        inner[path[-1]] = chance.choice(["claude-code/2.1.0", f"{held}x", "true", ""])
    else:
        inner[path[-1]] = None
    return changed


def read(documents: list[Any]) -> dict[str, list[Any]]:
    """Facts and judgements of these records, those that cannot be read left out."""
    texts = [json.dumps(document).encode() for document in documents]
    columns, _ = merge(load_decoding("auto")(texts, "feed"))
    size = len(columns["event_id"])
    judged = JUDGE.judge(columns, {})
    kept = {name: columns.get(name) or [None] * size for name in ("event_id", *JOINS)}
    return {**kept, **judged}


# A commit is not among them: its sha is a digest of its content.
@pytest.mark.parametrize(
    "kind", ["cloudtrail", "azure-activity", "gcp-audit", "github-audit", "github-webhook", "ci-build"]
)
def test_what_an_id_leaves_out_decides_nothing(kind):
    chance = random.Random(kind)
    records = [json.loads(each.text) for each in corpus(3) if each.kind == kind and each.kind != PLAIN]
    for record in chance.sample(records, min(8, len(records))):
        ways = list(leaves(record))
        changed = [record, *(without(record, way) for way in ways), *(instead(record, way, chance) for way in ways)]
        said = [f"without {way}" for way in ways] + [f"another {way}" for way in ways]
        columns = read([each for each in changed if isinstance(each, dict)])
        first = {name: values[0] for name, values in columns.items()}
        for row, event_id in enumerate(columns["event_id"]):
            if event_id == first["event_id"]:
                other = {name: values[row] for name, values in columns.items()}
                assert other == first, said
