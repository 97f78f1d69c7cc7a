"""The peers of the benchmark read the same corpus to the last record, and the two that apply rules agree."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

EVENTS = 2_000


@pytest.fixture(scope="module")
def benchmark() -> Iterator[tuple[ModuleType, ModuleType]]:
    folder = str(Path(__file__).resolve().parents[2] / "bench")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("corpus"), importlib.import_module("peers")
    finally:
        sys.path.remove(folder)


@pytest.mark.heavy
def test_every_peer_reads_every_event_and_the_rules_of_two_engines_agree(
    benchmark: tuple[ModuleType, ModuleType], tmp_path: Path
) -> None:
    corpus, peers = benchmark
    files = corpus.write_corpus(tmp_path, EVENTS)
    found = peers.measure_peers(files, tmp_path, 1, print)
    skipped = {name: answer["skipped"] for name, answer in found.items() if "skipped" in answer}
    read = {name: answer["events"] for name, answer in found.items() if name not in skipped}
    assert read == dict.fromkeys(read, EVENTS)
    sources = [answer["sources"] for answer in found.values() if "sources" in answer]
    assert all(each == sources[0] for each in sources)
    if skipped:
        pytest.skip(f"SKIPPED peers that cannot be installed or run here: {skipped}")
