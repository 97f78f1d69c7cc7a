"""After an erasure nothing names the subject, and everything that did not name it is as it was."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.rows import DAY, OCTOBER, correct, event_columns, put, quarantine_columns

from remit.adapters.store.digest import index_digest, lake_digest
from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.state import scrubbing
from remit.adapters.store.store import Store
from remit.app.maintaining import maintain
from remit.flows import removal
from remit.model.columns import COLUMNS
from remit.model.errors import KeeperBusy, StoreError, UsageError

MAYA = "maya@example.com"
NOW = OCTOBER + 400 * DAY


def stored(store: Store) -> set[str]:
    """The ids in the index, which are those in the lake."""
    store.follow()
    assert index_digest(store.index) == lake_digest(store.lake)
    return set(store.index.execute("SELECT event_id FROM events")["event_id"].to_pylist())


def named(columns: dict[str, list], chance: random.Random, share: int) -> set[str]:
    """Name Maya in some rows, each in a column of its own, and somebody like her in the others."""
    texts = [column for column in COLUMNS if column.kind in ("string", "strings") and column.name != "event_id"]
    ids = set()
    for row, event_id in enumerate(columns["event_id"]):
        column = texts[row % len(texts)]
        chosen = chance.randrange(share) == 0
        text = chance.choice(["Maya@Example.com", f"x:{MAYA}", f"a {MAYA}."] if chosen else [f"j.{MAYA}", f"{MAYA}.au"])
        if column.name == "raw":
            text = json.dumps({"who": text}).replace("@", chance.choice(["@", "\\u0040"]))
        columns[column.name][row] = [text] if column.kind == "strings" else text
        if chosen:
            ids.add(event_id)
    return ids


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.heavy)])
def test_exactly_the_events_that_name_the_subject_in_any_column_are_gone(store, steps, seed):
    chance = random.Random(seed)
    kept, gone = set(), set()
    for batch in range(2):
        columns = event_columns(200, seed * 10 + batch, step=DAY // 4)
        naming = named(columns, chance, share=4)
        put(store, columns)
        # A correction may name the subject where the record does not.
        others = [row for row, event_id in enumerate(columns["event_id"]) if event_id not in naming]
        corrected = chance.sample(others, 10)
        correct(store, columns, corrected, "Maya@example.com")
        correct(store, columns, corrected[:5], "somebody else")
        correct(store, columns, chance.sample(sorted(set(range(200)) - set(corrected)), 10), "nobody")
        naming |= {columns["event_id"][row] for row in corrected}
        gone |= naming
        kept |= set(columns["event_id"]) - naming
    raw = {event_id: store.raw(event_id, at) for event_id, at in _times(store).items()}
    shown = removal.preview(steps, MAYA)
    assert stored(store) == kept | gone, "a preview changes nothing"
    done = removal.erase(steps, MAYA, "local", NOW)
    assert (shown["events"], done["events"]) == (len(gone), len(gone))
    assert stored(store) == kept
    assert done["proof"]["found"] == 0
    assert {event_id: store.raw(event_id, at) for event_id, at in _times(store).items()} == {
        event_id: text for event_id, text in raw.items() if event_id in kept
    }


def _times(store: Store) -> dict[str, int]:
    store.follow()
    rows = store.index.execute("SELECT event_id, epoch_us(time) AS at FROM events").to_pylist()
    return {row["event_id"]: row["at"] for row in rows}


def filled(store: Store, seeds: range = range(3)) -> set[str]:
    """Some months of events of which every fifth names Maya; returns the ids of these."""
    gone = set()
    for seed in seeds:
        columns = event_columns(100, seed, step=DAY)
        for row in range(0, 100, 5):
            columns["principal"][row] = MAYA
            gone.add(columns["event_id"][row])
        put(store, columns)
    return gone


def test_what_was_erased_does_not_come_back_with_a_second_reading_or_a_late_correction(store, steps):
    gone = filled(store)
    bad = {**quarantine_columns(["q-1", "q-2"]), "sample": [f'{{"u":"{MAYA}"}}', "{}"]}
    store.commit(None, None, None, arrow_table("quarantine", bad))
    kept = stored(store) - gone
    removal.erase(steps, MAYA, "local", NOW)
    filled(store)
    columns = event_columns(100, 0, step=DAY)
    correct(store, columns, [0, 1], MAYA)
    store.commit(None, None, None, arrow_table("quarantine", bad))
    assert stored(store) == kept
    assert store.index.execute("SELECT quarantine_id AS q FROM quarantine")["q"].to_pylist() == ["q-2"]
    answers = store.ask(columns["event_id"], columns["time"])
    assert answers.erased == set(columns["event_id"]) & gone
    assert answers.erased <= answers.known


def test_an_erasure_is_journalled_by_a_digest_and_known_when_it_is_asked_for_again(store, steps):
    gone = filled(store)
    store.state.journal(MAYA, "token.created", {"for": f"the pipeline of {MAYA}", "name": "x"})
    done = removal.erase(steps, MAYA, MAYA, NOW)
    erasure, earlier = sorted(store.state.journalled(), key=lambda entry: entry["what"])
    assert erasure["what"] == "events.erased"
    assert erasure["facts"]["events"] == len(gone)
    assert erasure["facts"]["proof"]["found"] == 0
    assert erasure["facts"]["subject_digest"] == done["subject_digest"]
    assert earlier["facts"]["for"].startswith("the pipeline of erased:")
    assert MAYA not in json.dumps([erasure, earlier])
    again = removal.preview(steps, MAYA.upper())
    assert (again["events"], again["erased_before"]) == (0, [erasure["at"]])


def test_what_remit_remembers_of_the_subject_goes_and_what_others_made_stays(store, steps):
    state = store.state
    state.put_feed("ours", "/srv/logs", "auto")
    state.put_feed("hers", f"/home/{MAYA}/logs", "auto")
    state.mark_done("ours", [("a.json", "1"), (f"{MAYA}/b.json", "1")])
    state.put_cursor(f"events:{MAYA}", 1)
    state.finish_run(state.start_run(f"/home/{MAYA}/logs"), {"read": 1})
    shown = removal.preview(steps, MAYA)["state"]
    assert shown["feeds"] == ["hers"]
    done = removal.erase(steps, MAYA, "local", NOW)
    assert done["state"] == {"cursors": 1, "feed_objects": 1, "feeds": 1, "runs": 1}
    assert [feed["name"] for feed in state.feeds()] == ["ours"]
    assert state.done("ours", "a.json", "1")
    assert [run["target"].startswith("erased:") or "erased:" in run["target"] for run in state.runs()] == [True]
    assert done["proof"]["found"] == 0


def test_a_name_left_in_a_file_of_the_owners_hand_is_found_and_said(store, steps):
    filled(store)
    (store.folder / "identities.toml").write_text(f'[[person]]\nname = "Maya"\nmatch = ["{MAYA}"]\n')
    (store.inbox / "waiting").write_text(f'{{"actor":"{MAYA}"}}')
    shown = removal.preview(steps, MAYA)
    assert (shown["inbox"], shown["by_hand"]) == (["waiting"], ["identities.toml"])
    proof = removal.erase(steps, MAYA, "local", NOW)["proof"]
    assert (proof["found"], proof["left"]) == (2, ["identities.toml", "inbox/waiting"])


def test_the_lakes_log_names_nobody_any_more_and_still_opens(tmp_path):
    with Store.open(tmp_path, "test") as store:
        columns = event_columns(10)
        token = store.ask(columns["event_id"], columns["time"]).token
        store.commit(token, arrow_table("events", columns), meta={"origin": f"/home/{MAYA}/a.json", "run": "1"})
        assert removal.erase(StoreRemoval(store), MAYA, "local", NOW)["proof"]["found"] == 0
        kept = stored(store)
    with Store.open(tmp_path, "test") as store:
        assert stored(store) == kept == set(columns["event_id"])
        store.index.rebuild(store.lake)
        assert stored(store) == kept
    log = (tmp_path / "lake/events/_delta_log/00000000000000000001.json").read_text()
    assert json.loads(log.splitlines()[0])["commitInfo"]["remit"]["meta"] == {"origin": "erased", "run": "1"}


def test_nothing_but_the_newest_files_is_left_and_the_index_is_a_new_file(store, steps):
    filled(store)
    maintain(store, "test")
    before = {path: path.stat().st_ino for path in store.folder.glob("index*")}
    removal.erase(steps, MAYA, "local", NOW)
    for kind in ("events", "corrections", "quarantine"):
        files = {store.lake.path(kind, file) for file in store.lake.files(kind).added}
        assert set((store.lake.root / kind).glob("month=*/*.parquet")) == files
    after = {path: path.stat().st_ino for path in store.folder.glob("index*")}
    assert not set(before.values()) & set(after.values())
    assert [path.name for path in after] == ["index.1.duckdb"]
    store.close()
    assert [path.name for path in store.folder.glob("index*")] == ["index.duckdb"]


def test_after_an_erasure_the_store_takes_more_compacts_and_is_erased_from_again(tmp_path):
    with Store.open(tmp_path, "test") as store:
        steps = StoreRemoval(store)
        gone = filled(store, range(3))
        removal.erase(steps, MAYA, "local", NOW)
        gone |= filled(store, range(3, 6))
        maintain(store, "test", grace_hours=0)
        kept = stored(store) - gone
        assert removal.erase(steps, MAYA, "local", NOW)["events"] == 60
        assert stored(store) == kept
    notices: list[str] = []
    with Store.open(tmp_path, "test", notices.append) as store:
        assert stored(store) == kept
    assert not notices, "the index followed the removal and needed no rebuilding"


def test_an_erasure_cut_off_while_the_state_is_written_anew_is_finished(store, steps, monkeypatch):
    filled(store)
    store.state.put_feed(MAYA, f"s3://{MAYA}", "auto")
    with monkeypatch.context() as broken:
        broken.setattr(scrubbing, "compact", _cut_off)
        with pytest.raises(StoreError, match="cut off"):
            removal.erase(steps, MAYA, "local", NOW)
    assert steps.begun() is not None
    done = removal.finish(steps)
    assert done is not None
    assert done["proof"]["found"] == 0
    assert steps.begun() is None
    assert store.state.feeds() == []


def _cut_off(state):
    raise StoreError("cut off")


def test_the_places_of_readers_of_changes_stay_valid(store, steps):
    filled(store)
    store.follow()
    place = store.index.sequence
    removal.erase(steps, MAYA, "local", NOW)
    assert store.index.sequence == place
    put(store, event_columns(5, seed=99))
    store.follow()
    assert store.index.sequence == (place[0], place[1] + 1)


def test_readers_see_the_store_before_or_after_and_never_in_between(store, steps):
    gone = filled(store)
    everything = stored(store)
    times = _times(store)
    begun = store.index.rows("true", [], ["event_id"])
    first = next(begun)["event_id"]
    one = sorted(gone)[0]
    assert store.raw(one, times[one])
    removal.erase(steps, MAYA, "local", NOW)
    rest = [event_id for batch in begun for event_id in batch["event_id"]]
    assert {*first, *rest} == everything, "a reader that had begun sees what was there when it began"
    assert store.raw(one, times[one]) is None
    assert stored(store) == everything - gone


def test_an_erasure_waits_for_batches_under_way_and_gives_up_in_time(store):
    columns = event_columns(5)
    token = store.ask(columns["event_id"], columns["time"]).token
    with pytest.raises(KeeperBusy, match="being stored"), store.alone(patience=0.1):
        pass
    store.abort(token)
    with store.alone(patience=0.1):
        pass
    put(store, columns)
    assert stored(store) == set(columns["event_id"])


def test_a_second_removal_is_refused_while_one_is_unfinished(store, steps):
    steps.begin({"kind": "subject", "subject": MAYA})
    with pytest.raises(UsageError, match="not finished"):
        removal.erase(steps, "somebody", "local", NOW)


def test_letters_inside_a_longer_word_are_no_find(store, steps):
    columns = event_columns(20)
    columns["principal"] = ["joanna"] * 19 + ["ann"]
    store.state.journal("joanna", "alert.created", {})
    put(store, columns)
    done = removal.erase(steps, "ann", "local", NOW)
    assert (done["events"], done["proof"]["found"]) == (1, 0)
    assert any("longer words" in note for note in done["proof"]["notes"])


@pytest.mark.parametrize("place", ["state", "parquet", "log", "index", "orphan"])
def test_the_proof_finds_what_a_removal_would_have_missed(tmp_path, place):
    with Store.open(tmp_path, "test") as store:
        columns = event_columns(5)
        columns["principal"] = [MAYA] * 5
        if place == "parquet":
            put(store, columns)
        if place == "index":
            put(store, columns)
            store.follow()
            store.index._duck.cursor().execute("CHECKPOINT")
        if place == "orphan":
            store.lake.write("events", arrow_table("events", columns))
        if place == "state":
            store.state.put_setting("x", {"y": MAYA})
        if place == "log":
            (tmp_path / "lake/events/_delta_log/x.json.torn").write_text(f'{{"a":"{MAYA}"}}')
        proof = StoreRemoval(store).prove(_subject())
    assert proof["found"] >= 1
    beginning = {"state": "state.db", "index": "index.", "log": "lake/events/_delta_log"}.get(
        place, "lake/events/month="
    )
    assert any(path.startswith(beginning) for path in proof["left"]), proof


@pytest.mark.parametrize("left_by", ["a process before", "this process"])
def test_what_a_killed_or_failed_write_left_of_a_commit_goes_with_the_erasure(tmp_path, left_by):
    """The Delta library writes a commit under another name first; the name may stay when the write was cut off."""
    log = tmp_path / "lake/events/_delta_log"

    def leave() -> None:
        for commit in sorted(log.glob("*.json")):
            os.link(commit, f"{commit}#1")
        (log / f"{9:020d}.json#12").write_text(f'{{"origin":"/home/{MAYA}/a.json"}}')

    with Store.open(tmp_path, "test") as store:
        columns = event_columns(5)
        columns["principal"][0] = MAYA
        token = store.ask(columns["event_id"], columns["time"]).token
        store.commit(token, arrow_table("events", columns), None, None, meta={"origin": f"/home/{MAYA}/a.json"})
        if left_by == "this process":
            leave()
            done = removal.erase(StoreRemoval(store), MAYA, "local", NOW)
    if left_by == "a process before":
        leave()
        assert MAYA in (log / f"{1:020d}.json#1").read_text()
        with Store.open(tmp_path, "test") as store:
            assert not list(log.glob("*#*")), "opening mends it"
            done = removal.erase(StoreRemoval(store), MAYA, "local", NOW)
    assert (done["events"], done["proof"]["found"]) == (1, 0)
    assert not list(log.glob("*#*"))
    assert all(MAYA not in path.read_bytes().decode("latin-1") for path in log.iterdir())


def _subject():
    from remit.rooms.removal.subject import read_subject

    return read_subject(MAYA)


def test_a_deleted_row_that_lingers_in_the_states_pages_would_be_found(tmp_path):
    with Store.open(tmp_path, "test") as store:
        store.state.put_setting("x", {"y": [f"{MAYA} {number}" for number in range(200)]})
    with closing(sqlite3.connect(tmp_path / "state.db")) as database, database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("DELETE FROM settings")
    with Store.open(tmp_path, "test") as store:
        steps = StoreRemoval(store)
        assert steps.prove(_subject())["found"] >= 1
        steps.scrub_state(_subject())
        assert steps.prove(_subject())["found"] == 0


def test_the_time_it_takes_is_said_to_nobody_but_the_person_who_waits(store, steps):
    filled(store)
    said: list[dict] = []
    removal.erase(steps, MAYA, "local", time.time_ns() // 1000, said.append)
    assert said[-1]["bytes_done"] == said[-1]["bytes_total"] > 0


def test_the_note_of_what_is_being_removed_is_for_its_owner_alone(store, steps):
    steps.begin({"kind": "subject", "subject": MAYA})
    path: Path = store.folder / "removal.json"
    assert path.stat().st_mode & 0o777 == 0o600
    steps.finished()
    assert not path.exists()
