"""Judging again: new rules and a new registry reach the end that they would have reached from the beginning."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.store.index import links
from remit.adapters.store.store import Store
from remit.app import ingesting
from remit.app.ingesting import reattribute_store
from remit.app.packaged import REGISTRY_FILE, load_rules
from remit.rooms.attribution.signals import Rules

from .corpus import REGISTRY, Arrival, corpus, written
from .stores import Held, ingest, settled


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A corpus in files of two runs."""
    return written(
        tmp_path_factory.mktemp("given"),
        Arrival(5, runs=2, copies=0.1).of(corpus(5, scenes=8, chain=24, incidents=False)),
    )


def _ingested(folder: Path, given: list[Path]) -> Held:
    with Store.open(folder, "test") as store:
        ingest(store, given)
        return settled(store)


def _older(rules: Rules) -> Rules:
    """Rules of a time when half of today's signals were unknown."""
    kept = tuple(itertools.islice(rules.signals, 0, None, 2))
    return Rules(kept, "old", {signal.id: signal for signal in kept})


def test_old_rules_then_reattribution_equals_new_rules(
    tmp_path: Path, given: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = load_rules()
    expected = _ingested(tmp_path / "new", given)
    with monkeypatch.context() as patch:
        patch.setattr(ingesting, "load_rules", lambda: _older(new))
        before = _ingested(tmp_path / "old", given)
    assert before.digest.partition(":")[0] == expected.digest.partition(":")[0]
    assert before != expected
    with Store.open(tmp_path / "old", "test") as store:
        report = reattribute_store(store)
        assert report["changed"] > 0
        assert report["moves"]
        assert settled(store) == expected
        assert reattribute_store(store)["changed"] == 0


@pytest.mark.heavy
def test_rules_that_change_half_way_through_an_ingest_end_the_same_after_reattribution(
    tmp_path: Path, given: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = load_rules()
    expected = _ingested(tmp_path / "new", given)
    with monkeypatch.context() as patch:
        patch.setattr(ingesting, "load_rules", lambda: _older(new))
        _ingested(tmp_path / "old", given[:1])
    with Store.open(tmp_path / "old", "test") as store:
        ingest(store, given[1:])
        reattribute_store(store)
        assert settled(store) == expected


@pytest.mark.heavy
def test_a_registry_given_afterwards_equals_one_that_was_there_from_the_beginning(
    tmp_path: Path, given: list[Path]
) -> None:
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / REGISTRY_FILE).write_text(REGISTRY)
    expected = _ingested(tmp_path / "before", given)
    assert _ingested(tmp_path / "after", given) != expected
    with Store.open(tmp_path / "after", "test") as store:
        (tmp_path / "after" / REGISTRY_FILE).write_text(REGISTRY)
        reattribute_store(store)
        assert settled(store) == expected
        found = store.index.execute("SELECT DISTINCT actor_kind, owner FROM events WHERE agent = 'night-shift'")
        assert found.to_pylist() == [{"actor_kind": "agent", "owner": "operations"}]


class Asked:
    """A lock that tells when somebody has to wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.waited_for = threading.Event()

    def locked(self) -> bool:
        return self._lock.locked()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self.waited_for.set()
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_joins_of_what_arrives_while_everything_is_judged_again_are_not_lost(
    tmp_path: Path, given: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "BATCH", 20)
    expected = _ingested(tmp_path / "new", given)
    with Store.open(tmp_path / "beside", "test") as store:
        ingest(store, given[:1])
        store.judging = judging = Asked()  # type: ignore[assignment]
        arriving = threading.Thread(target=ingest, args=(store, given[1:]))

        def meanwhile(so_far: dict[str, Any]) -> None:
            if not arriving.ident:
                assert so_far["looked_at"] <= 60, "the first batch of many"
                arriving.start()
                while arriving.is_alive() and not judging.waited_for.is_set():
                    arriving.join(0.02)

        reattribute_store(store, meanwhile)
        arriving.join(60)
        assert settled(store) == expected
