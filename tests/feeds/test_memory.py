"""Hostile input in a process of its own: what is left out is said, the rest is read, and memory stays bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from . import hostile

READING_MB = 300
INGESTING_MB = 700
RUN = """
import json, sys
sys.path.insert(0, sys.argv.pop(1))
from hostile import peak_mb
from remit.app.application import RemitApplication
from remit.faces.cli.main import run
status = run(RemitApplication(lambda _: None), sys.argv[1:])
print(json.dumps({"status": status, "peak_mb": peak_mb()}))
"""


def child(*words: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, timeout=300, check=True, env={**os.environ, "COLUMNS": "200"}
    )
    text, found = done.stdout.decode().strip(), []
    while text:
        item, end = json.JSONDecoder().raw_decode(text)
        found.append(item)
        text = text[end:].strip()
    return found


def made(folder: Path, name: str) -> Path:
    path = folder / name
    hostile.INPUTS[name](path)
    return path


EXPECTED = {
    "zeros.json.gz": (1, 2, ["gzip-bomb", "too-large"]),
    "text.json.gz": (None, 1, ["gzip-bomb"]),
    "document.json": (None, 0, []),
    "line.jsonl": (2, 1, ["too-large"]),
    "string.json": (0, 1, ["too-large"]),
    "deep.jsonl": (2, 1, ["too-deep"]),
    "tiny.jsonl": (1_000_000, 0, []),
    "bad.jsonl": (100_000, 100_000, ["not-json"]),
}


_SLOW = {"text.json.gz", "tiny.jsonl"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.heavy] if name in _SLOW else []) for name in EXPECTED]
)
def test_hostile_input_is_read_in_bounded_memory(tmp_path: Path, name: str) -> None:
    (outcome,) = child(hostile.__file__, str(made(tmp_path, name)))
    records, faults, reasons = EXPECTED[name]
    assert (outcome["faults"], outcome["reasons"]) == (faults, reasons), outcome
    assert records is None or outcome["records"] == records
    assert outcome["peak_mb"] < READING_MB, outcome


@pytest.mark.heavy
def test_a_document_of_two_gigabytes_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    hostile.document(path, 2048)
    (outcome,) = child(hostile.__file__, str(path))
    path.unlink()
    assert outcome["records"] > 2_000_000
    assert (outcome["faults"], outcome["peak_mb"] < READING_MB) == (0, True), outcome


@pytest.mark.parametrize("name", ["zeros.json.gz", "line.jsonl", "string.json", "deep.jsonl"])
def test_hostile_input_beside_good_input_goes_to_quarantine_with_its_place_and_the_good_goes_in(
    tmp_path: Path, name: str
) -> None:
    from .records import log_file

    folder, data = tmp_path / "in", tmp_path / "data"
    folder.mkdir()
    made(folder, name)
    (folder / "zz.json.gz").write_bytes(log_file(range(20)))
    result, end = child("-c", RUN, str(Path(__file__).parent), "ingest", str(folder), "--data", str(data), "--json")
    assert end["status"] == 0
    assert result["new"] == 20
    assert EXPECTED[name][2][0] in result["quarantined"]
    assert all(name in sample["place"] and sample["detail"] for sample in result["quarantine_samples"])
    assert end["peak_mb"] < INGESTING_MB, end
