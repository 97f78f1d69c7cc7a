"""What a process does with a data folder, from opening to closing it, and what the next one does after its end.

A life can be ended anywhere. ``afterwards`` opens the folder as the next process would: what was acknowledged must be
there, index and lake must agree, and living the same life again must end in what an undisturbed one ends in.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from remit.adapters.feeds.chunks import Source
from remit.adapters.feeds.open_feed import sources
from remit.adapters.store.inbox import Inbox, Label
from remit.adapters.store.index.follower import Follower
from remit.adapters.store.lake import deltatable
from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.state.state import State
from remit.adapters.store.store import Store
from remit.adapters.store.upkeep import StoreUpkeep
from remit.app import ingesting
from remit.app.inbox_worker import InboxWorker
from remit.app.ingesting import Ingesting, reattribute_store, settle_store
from remit.app.packaged import REGISTRY_FILE, load_rules
from remit.app.removing import finish_interrupted
from remit.flows import removal
from remit.flows.ingest import gather
from remit.rooms.attribution.signals import Rules

from .corpus import REGISTRY
from .stores import held, settled

Tell = Callable[[Mapping[str, Any]], None]
FEED: Final = "read"
ERASED: Final = "ana@example.com"
"""Somebody who acts, and on whose behalf others act."""
KEPT_FROM_US: Final = 1_788_307_200_000_000
"""2026-09-02: about half of what the corpus holds is older."""


def narrow() -> None:
    """Small batches, an index that follows often, and a checkpoint every other commit: much happens with few rows.
    The rules are read once for every child."""
    gather.BATCH_RECORDS = 25  # type: ignore[misc]
    gather.BATCH_CHUNKS = 2  # type: ignore[misc]
    deltatable.CHECKPOINT_EVERY = 2
    load_rules()
    assert Follower.__init__.__kwdefaults__
    Follower.__init__.__kwdefaults__.update(rows=60, waiting=90)


def old_rules() -> None:
    """Rules of a time when half of today's signals were unknown."""
    kept = tuple(load_rules().signals[::2])
    older = Rules(kept, "old", {signal.id: signal for signal in kept})
    ingesting.load_rules = lambda: older  # type: ignore[assignment]


def telling_what_is_acknowledged(tell: Tell) -> None:
    """From now on each commit and each mark is told once the caller has it."""
    commit, mark = Store.commit, State.mark_done

    def told_commit(store: Store, *arguments: Any, **named: Any) -> dict[str, int]:
        reached = commit(store, *arguments, **named)
        tell({"reached": reached, "paths": _files_of(store.folder / "lake", reached)})
        return reached

    def told_mark(state: State, feed: str, objects: Any) -> None:
        listed = list(objects)
        mark(state, feed, listed)
        tell({"marked": [feed, listed]})

    Store.commit, State.mark_done = told_commit, told_mark  # type: ignore[assignment,method-assign]


def _files_of(lake: Path, reached: Mapping[str, int]) -> list[str]:
    """The commits of these versions, and the files that they added."""
    found = []
    for kind, version in reached.items():
        commit = lake / kind / "_delta_log" / f"{version:020d}.json"
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        found += [commit, *(lake / kind / action["add"]["path"] for action in actions if "add" in action)]
    return [str(path) for path in found]


def both(first: Tell, second: Callable[[Mapping[str, Any]], object]) -> Tell:
    """Tell the one, then the other."""

    def tell(said: Mapping[str, Any]) -> None:
        first(said)
        second(said)

    return tell


def after_so_many(tell: Tell, counted: Callable[[], int]) -> Tell:
    """Tell with it how many changes of files there have been, ``at``."""
    return lambda said: tell({**said, "at": counted()})


# --- lives


def ingest(store: Store, given: Path, tell: Tell) -> None:
    """Read what has no mark yet, mark what was read, settle."""
    work = Ingesting(store, {"feed": FEED}, lambda state: None)
    work._resumable = True  # as objects of a bucket are: marked once all of them is in the lake
    summary = work.read(_unmarked(store, given))
    work.conclude(summary, 0.0)


def _unmarked(store: Store, given: Path) -> Iterator[Source]:
    for source in sources(str(given)):
        # A file's time of change differs from copy to copy; its size is mark enough here.
        known = dataclasses.replace(source, fingerprint=f"{source.size}")
        if not store.state.done(FEED, known.place, known.fingerprint):
            yield known


def maintain(store: Store, given: Path, tell: Tell) -> None:
    """Fold, merge, remove what nothing refers to, trim the log, and write the index anew."""
    steps = StoreUpkeep(store)
    with steps.turn():
        steps.fold(tell)
        steps.compact(tell)
        steps.vacuum(0)
        steps.trim_log(0)
        with store.alone():
            store.index.renew()


def reattribute(store: Store, given: Path, tell: Tell) -> None:
    """Judge everything again under today's rules and another registry."""
    (store.folder / REGISTRY_FILE).write_text(REGISTRY)
    reattribute_store(store)


def pushed(store: Store, given: Path, tell: Tell) -> None:
    """Take deliveries into the inbox, and the inbox into the lake."""
    inbox = Inbox(store.inbox)
    for path in sorted(given.iterdir()):
        arriving = inbox.begin(Label("cloudtrail", "push:cloudtrail", path.stem), room=1_000_000)
        arriving.write(path.read_bytes())
        receipt = arriving.keep()
        tell({"received": path.stem, "paths": [str(kept) for kept in store.inbox.glob(f"{receipt}~*")]})
    drain(store)
    settle_store(store)


def drain(store: Store) -> None:
    """Everything in the inbox into the lake."""
    failed: list[str] = []
    inbox = Inbox(store.inbox)
    worker = InboxWorker(store, inbox, lambda: None, failed.append)
    inbox.clear_unfinished()
    while waiting := inbox.waiting():
        worker._take(waiting[:3])
    assert not failed


def erase(store: Store, given: Path, tell: Tell) -> None:
    """Erase a subject, or finish its erasure; there is one at the end, and it is proved."""
    steps = _begun(store)
    if not steps.recorded(removal.ERASED):
        removal.erase(steps, ERASED, "local", KEPT_FROM_US)
    _proved(steps, removal.ERASED)


def expire(store: Store, given: Path, tell: Tell) -> None:
    """Remove what is older than a time, or finish doing so."""
    steps = _begun(store)
    if not steps.recorded(removal.EXPIRED):
        removal.expire(steps, KEPT_FROM_US, "local", KEPT_FROM_US)
    _proved(steps, removal.EXPIRED)


def _begun(store: Store) -> StoreRemoval:
    finish_interrupted(store, lambda _: None)
    return StoreRemoval(store)


def _proved(steps: StoreRemoval, what: str) -> None:
    (done,) = steps.recorded(what)
    assert done["facts"]["events"] > 10
    assert done["facts"]["proof"]["found"] == 0, done
    assert steps.begun() is None


LIVES: Final[dict[str, Callable[[Store, Path, Tell], None]]] = {
    "ingest": ingest,
    "maintain": maintain,
    "reattribute": reattribute,
    "pushed": pushed,
    "erase": erase,
    "expire": expire,
}


def live(name: str, data: Path, given: Path, tell: Tell) -> None:
    """One life from opening to closing."""
    with Store.open(data, name) as store:
        LIVES[name](store, given, tell)


def afterwards(name: str, data: Path, given: Path, told: list[dict[str, Any]], tell: Tell) -> None:
    """The next process: what was told is there, nothing is half there, and the same life again ends as it should."""
    with Store.open(data, "next") as store:
        for kind in ("events", "corrections", "quarantine"):
            reached = [said["reached"][kind] for said in told if kind in said.get("reached", ())]
            assert store.lake.version(kind) >= max(reached, default=0), f"lost commits of {kind}"
        for feed, objects in (said["marked"] for said in told if "marked" in said):
            lost = [key for key, mark in objects if not store.state.done(feed, key, mark)]
            assert not lost, f"lost marks {lost}"
        tell({"at once": dataclasses.asdict(held(store))})
        _received(store, [said["received"] for said in told if "received" in said])
        LIVES[name](store, given, tell)
        tell({"held": dataclasses.asdict(settled(store))})


def _received(store: Store, names: list[str]) -> None:
    """Every delivery that was acknowledged is in the lake once the inbox is empty, without being sent again."""
    if names:
        drain(store)
        found = store.index.execute("SELECT provider_id AS id FROM events")["id"].to_pylist()
        assert set(names) <= set(found), f"lost {set(names) - set(found)}"


def teller(path: Path) -> Tell:
    """Appends what is told to a file, each in one write."""
    to = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return partial(_append, to, json.dumps)


def _append(to: int, spell: Callable[[Any], str], said: Mapping[str, Any]) -> None:
    os.write(to, spell(dict(said)).encode() + b"\n")
