"""Whatever is acknowledged was synced before: the file, the folder's entry, and every folder above it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.access.server import Served, served
from tests.app.cloudtrail import record

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


pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("life", ["ingest", "reattribute", "pushed"])
def test_files_commits_corrections_marks_and_deliveries_are_durable_when_they_are_acknowledged(gated, life):
    lines = gated.audited(life)
    found, acknowledgements = faults(lines, gated.folder / "audit")
    assert acknowledgements > 0
    assert found == []


def test_a_server_answers_a_delivery_once_its_file_and_the_name_it_has_are_durable(gate: Path, tmp_path: Path) -> None:
    log, root = tmp_path / "log", tmp_path / "served"
    gating = {"LD_PRELOAD": str(gate), "GATE_BELOW": str(root), "GATE_LOG": str(log)}
    with served(root / "data", environ=gating) as server:
        receipts = [delivered(server, f"delivery-{number}") for number in range(3)]
    durability, kept, answers = Durability(), [], 0
    for kind, path, to, *_ in (line.split("\t") for line in log.read_text().splitlines()):
        if kind != "a":
            durability.take(kind, path, to)
            kept += [to] if kind == "r" and Path(to).parent.name == "inbox" else []
        elif to.startswith("HTTP/1.1 202"):
            assert Path(kept[-1]).name.startswith(f"{receipts[answers]}~")
            assert durability.lost([kept[-1]], root) == {}
            answers += 1
    assert answers == len(kept) == len(receipts)


def delivered(server: Served, name: str) -> str:
    """The receipt of a delivery that a server has answered."""
    answer = server.browser().ask("/api/v1/events/cloudtrail", "POST", record(name, "CreateBucket", "K").decode())
    assert answer.status == 202, answer.body
    return str(json.loads(answer.body)["receipt"])
