"""Any order of files and records, any batching, any number of runs and workers: one digest."""

from __future__ import annotations

import random
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from remit.adapters.store.index.follower import FOLLOW_ROWS, Follower
from remit.adapters.store.store import Store
from remit.app.ingesting import reattribute_store

from .corpus import Arrival, Told, corpus, written
from .stores import Held, ingest, settled

SEEDS = (1,)
"""Of small corpora."""
MANY_SEEDS = (2, 3, 4)
SMALL = {"scenes": 8, "chain": 24, "incidents": False}


@lru_cache(maxsize=2)
def told(seed: int) -> tuple[Told, ...]:
    return tuple(corpus(seed, **SMALL) if seed in SEEDS else corpus(seed))


def arrived(folder: Path, seed: int, arrival: Arrival, workers: int = 1) -> Held:
    runs = written(folder / "in", arrival.of(told(seed)))
    with Store.open(folder / "data", "test") as store:
        ingest(store, random.Random(arrival.seed).sample(runs, len(runs)), workers)
        return settled(store)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory):
    """What a corpus ends in when it arrives in one run, in batches as large as they come."""
    known: dict[int, Held] = {}

    def of(seed: int) -> Held:
        if seed not in known:
            known[seed] = arrived(tmp_path_factory.mktemp(f"straight-{seed}"), seed, Arrival(0))
        return known[seed]

    return of


def narrow(patch: pytest.MonkeyPatch, seed: int) -> None:
    """Batches and chunks of random small sizes, and an index that follows after as many rows."""
    chance = random.Random(f"sizes/{seed}")
    patch.setattr("remit.flows.ingest.gather.BATCH_RECORDS", chance.choice([40, 100, 300, 1_000]))
    patch.setattr("remit.flows.ingest.gather.BATCH_CHUNKS", chance.choice([1, 2, 7]))
    patch.setattr("remit.adapters.feeds.chunks.CHUNK_RECORDS", chance.choice([30, 200, 5_000]))
    patch.setattr("remit.app.workers.PORTION", chance.choice([20, 150]))
    assert Follower.__init__.__kwdefaults__  # bound when the class was made
    follow = chance.choice([1, 200, FOLLOW_ROWS])
    patch.setitem(Follower.__init__.__kwdefaults__, "rows", follow)
    patch.setitem(Follower.__init__.__kwdefaults__, "waiting", follow * chance.choice([1, 3]))


def varied(seed: int) -> Arrival:
    chance = random.Random(f"varied/{seed}")
    return Arrival(
        seed,
        runs=chance.choice([1, 3]),
        files=chance.choice([2, 5]),
        copies=chance.choice([0.1, 0.4]),
        mixed=chance.random() < 0.5,
        issuers_last=chance.random() < 0.5,
    )


@pytest.mark.parametrize("seed", [*SEEDS, *(pytest.param(seed, marks=pytest.mark.heavy) for seed in MANY_SEEDS)])
def test_any_arrival_in_any_batches_ends_in_one_digest(tmp_path, monkeypatch, straight, seed):
    expected = straight(seed)
    assert expected.events > 100
    assert expected.quarantined == 3
    narrow(monkeypatch, seed)
    assert arrived(tmp_path, seed, varied(seed)) == expected


@pytest.mark.heavy
@pytest.mark.parametrize("seed", MANY_SEEDS[:1])
def test_two_workers_end_in_the_same_digest(tmp_path, monkeypatch, straight, seed):
    narrow(monkeypatch, seed)
    assert arrived(tmp_path, seed, varied(seed), workers=2) == straight(seed)


@pytest.mark.heavy
def test_judging_everything_again_under_the_same_rules_changes_nothing(tmp_path, straight):
    runs = written(tmp_path / "in", varied(2).of(told(2)))
    with Store.open(tmp_path / "data", "test") as store:
        ingest(store, runs)
        assert reattribute_store(store)["changed"] == 0
        assert settled(store) == straight(2)


@pytest.mark.heavy
def test_the_corpus_holds_every_kind_of_join_and_both_halves_of_acts(tmp_path):
    """What the others vary must be there to be varied."""
    with Store.open(tmp_path / "data", "test") as store:
        ingest(store, written(tmp_path / "in", Arrival(0).of(told(2))))
        found = store.index.execute(
            "SELECT data_source, counted, len(same_as) > 0 AS shared, evidence FROM events"
        ).to_pylist()
    joins = Counter(text.partition("=")[0] for row in found for text in row["evidence"] if text.startswith("join."))
    assert joins.keys() == {f"join.{name}" for name in ("issued-key", "sign-in", "cause", "effect", "same-act")}
    sources = {"cloudtrail", "azure-activity", "gcp-audit", "github-webhook", "github-audit", "ci-build", "git"}
    assert {row["data_source"] for row in found} == sources
    assert {row["data_source"] for row in found if row["shared"] and not row["counted"]} >= {
        "cloudtrail",
        "github-webhook",
    }
