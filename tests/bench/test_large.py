"""The part of the benchmark for millions of events does every step, and its report says what each came to."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

EVENTS = 2_000


@pytest.mark.heavy
def test_every_step_from_files_to_answers_is_measured_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).resolve().parents[2] / "bench"), *sys.path])
    large, report = importlib.import_module("large"), importlib.import_module("report")
    told: list[str] = []
    found = large.measure_large(tmp_path, EVENTS, told.append)
    assert found["ingest"]["events"] == found["rebuild"]["events"] == found["http"]["records"] == EVENTS
    assert len(told) == 6
    text = report._large(found)
    for said in ("one process, to the end", "after maintenance", "the index from the lake", "Through HTTP over 2,000"):
        assert said in text
