"""Whatever is acknowledged was synced before: the file, the folder's entry, and every folder above it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .durability import Durability


def faults(lines: list[list[str]], root: Path) -> tuple[list[str], int]:
    """What was acknowledged before it could survive a power cut; and how many acknowledgements there were."""
    durability, found, acknowledgements = Durability(), [], 0
    for kind, *rest in lines:
        if kind != "A":
            durability.take(kind, *rest)
            continue
        said = json.loads(rest[0])
        paths = said.get("paths", [])
        if "marked" in said:
            # SQLite's own files: what has been written to them is synced when a transaction is told to be over.
            paths = [str(root / "data" / name) for name in ("state.db", "state.db-wal")]
        acknowledgements += bool(paths)
        found += [f"{said}: {path} {why}" for path, why in durability.lost(paths, root).items()]
    assert durability.syncs
    return found, acknowledgements


@pytest.mark.parametrize("life", ["ingest", "reattribute", "pushed"])
def test_files_commits_corrections_marks_and_deliveries_are_durable_when_they_are_acknowledged(gated, life):
    lines = gated.audited(life)
    found, acknowledgements = faults(lines, gated.folder / "audit")
    assert acknowledgements > 0
    assert found == []
