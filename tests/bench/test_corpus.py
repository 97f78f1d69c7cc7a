"""The benchmark's corpus: the same every time, readable to the last record, and as varied as it says."""

from __future__ import annotations

import gzip
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from remit.app.packaged import load_decoding

EVENTS = 3_000


@pytest.fixture(scope="module")
def corpus() -> Iterator[ModuleType]:
    folder = str(Path(__file__).resolve().parents[2] / "bench")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("corpus")
    finally:
        sys.path.remove(folder)


@pytest.fixture(scope="module")
def records(corpus: ModuleType) -> list[bytes]:
    return list(corpus.records(EVENTS))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(corpus: ModuleType, records: list[bytes]) -> None:
    assert list(corpus.records(EVENTS)) == records
    assert list(corpus.records(EVENTS, seed=2)) != records


def test_files_are_what_cloudtrail_delivers_and_are_made_once(corpus: ModuleType, tmp_path: Path) -> None:
    files = corpus.write_corpus(tmp_path, 50)
    written = [path.stat().st_mtime_ns for path in files]
    assert [len(json.loads(gzip.decompress(path.read_bytes()))["Records"]) for path in files] == [50]
    again = corpus.write_corpus(tmp_path, 50)
    assert [path.stat().st_mtime_ns for path in again] == written


def test_every_record_decodes_and_none_is_an_exact_repetition(records: list[bytes]) -> None:
    ((name, decoded, rows),) = load_decoding("auto")(records, "bench")
    assert (name, decoded.rejects, len(rows)) == ("cloudtrail", [], EVENTS)
    assert len(set(decoded.columns["event_id"])) == EVENTS


def test_planted_credentials_are_there_and_none_survives_decoding(corpus: ModuleType, records: list[bytes]) -> None:
    canary = importlib.import_module("operations").CANARY
    planted = sum(canary.encode() in record or b"IQoJb3JpZ2luX2VjE" in record for record in records)
    assert planted > EVENTS / 50
    ((_, decoded, _),) = load_decoding("auto")(records, "bench")
    kept = "\n".join(decoded.columns["raw"])
    assert canary not in kept
    assert "IQoJb3JpZ2luX2VjE" not in kept


def test_the_mix_is_the_one_that_is_stated(records: list[bytes]) -> None:
    read = [json.loads(record) for record in records]
    failed = [record for record in read if record.get("errorCode")]
    denied = [record for record in failed if record["errorCode"] == "AccessDenied"]
    issued = {
        record["responseElements"]["credentials"]["accessKeyId"]
        for record in read
        if record["eventName"] == "AssumeRole" and record["responseElements"]
    }
    used = {record["userIdentity"].get("accessKeyId") for record in read}
    assert 0.02 < len(failed) / EVENTS < 0.04
    assert 0.2 < len(denied) / len(failed) < 0.5
    assert 0.03 < len(issued) / EVENTS < 0.07
    assert issued & used
    assert len({(record["eventSource"], record["eventName"]) for record in read}) > 55
    assert 1_000 < sum(map(len, records)) / EVENTS < 1_500
