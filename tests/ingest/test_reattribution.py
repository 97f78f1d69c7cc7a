"""Judging again: new rules reach the same end as if they had always been there, and every order of arrival the same."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.feeds.chunks import Chunk
from remit.adapters.store.digest import index_digest, lake_digest
from remit.adapters.store.store import Store
from remit.app import ingesting
from remit.app.ingesting import Ingesting, reattribute_store
from remit.app.packaged import load_rules
from remit.rooms.attribution.signals import Rules
from remit.rooms.estate import records

END_US = 1_790_000_000_000_000
_COMPARED = "event_id, actor_kind, actor_name, agent, on_behalf_of, path, source, governed, evidence, same_as, counted"


def _estate() -> list[bytes]:
    """A share of the demonstration's records of every provider, with joins and acts seen twice."""
    found: list[bytes] = []
    for feed in records(END_US):
        if feed.data_source == "cloudtrail":
            found += [json.dumps(record).encode() for record in json.loads(feed.content)["Records"]]
        elif feed.content.lstrip()[:1] == b"{" and b"\n" in feed.content.strip():
            found += feed.content.splitlines()
        else:
            found.append(feed.content)
    return sorted(found)[::3]


@pytest.fixture(scope="module")
def estate() -> list[bytes]:
    return _estate()


def _chunks(lines: list[bytes], size: int) -> Iterator[Chunk]:
    for start in range(0, len(lines), size):
        yield Chunk("test", lines[start : start + size], start)


def _ingested(folder: Path, lines: list[bytes], size: int) -> list[tuple[Any, ...]]:
    with Store.open(folder, "test") as store:
        work = Ingesting(store, {}, lambda state: None)
        work.conclude(work.chunks(_chunks(lines, size)), 0.0)
        return _judgements(store)


def _judgements(store: Store) -> list[tuple[Any, ...]]:
    rows = store.index.execute(f"SELECT {_COMPARED} FROM events ORDER BY event_id").to_pylist()
    return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize(("seed", "size"), [(1, 400), (2, 5000), (3, 97)])
def test_any_order_and_batching_ends_in_the_same_judgements(
    tmp_path: Path, estate: list[bytes], seed: int, size: int
) -> None:
    shuffled = list(estate)
    random.Random(seed).shuffle(shuffled)
    shuffled += shuffled[:50]
    straight = _ingested(tmp_path / "straight", estate, 2000)
    assert straight == _ingested(tmp_path / "shuffled", shuffled, size)
    assert len(straight) == len({row[0] for row in straight}) > 2000


def test_settling_again_finds_nothing_left(tmp_path: Path, estate: list[bytes]) -> None:
    _ingested(tmp_path, estate, 700)
    with Store.open(tmp_path, "test") as store:
        assert ingesting.settle_store(store).looked_at == 0


def test_index_and_lake_agree_after_corrections(tmp_path: Path, estate: list[bytes]) -> None:
    _ingested(tmp_path, estate, 700)
    with Store.open(tmp_path, "test") as store:
        assert index_digest(store.index) == lake_digest(store.lake)


def _older(rules: Rules) -> Rules:
    """Rules of a time when half of today's signals were unknown."""
    kept = tuple(itertools.islice(rules.signals, 0, None, 2))
    return Rules(kept, "old", {signal.id: signal for signal in kept})


def test_old_rules_then_reattribution_equals_new_rules(
    tmp_path: Path, estate: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = load_rules()
    expected = _ingested(tmp_path / "new", estate, 1000)
    with monkeypatch.context() as patch:
        patch.setattr(ingesting, "load_rules", lambda: _older(new))
        before = _ingested(tmp_path / "old", estate, 1000)
    assert before != expected
    with Store.open(tmp_path / "old", "test") as store:
        report = reattribute_store(store)
        assert report["changed"] > 0
        assert report["moves"]
        assert _judgements(store) == expected
        assert reattribute_store(store)["changed"] == 0


def test_a_mapping_in_the_registry_reaches_stored_events(tmp_path: Path, estate: list[bytes]) -> None:
    _ingested(tmp_path, estate, 1000)
    with Store.open(tmp_path, "test") as store:
        principal = store.index.execute(
            "SELECT principal FROM events WHERE actor_kind = 'unknown' AND principal IS NOT NULL ORDER BY 1 LIMIT 1"
        ).to_pylist()[0]["principal"]
        (tmp_path / "identities.toml").write_text(
            f'[[agent]]\nname = "night-shift"\nmatch = [{json.dumps(principal)}]\nowner = "ops"\n'
        )
        reattribute_store(store)
        found = store.index.execute(
            "SELECT DISTINCT actor_kind, agent, owner FROM events WHERE principal = ?", [principal]
        ).to_pylist()
    assert found == [{"actor_kind": "agent", "agent": "night-shift", "owner": "ops"}]
