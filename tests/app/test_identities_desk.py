"""Mapping an identity: what it would match, who may overwrite whom, and judging again by it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.store.beside import StoreBeside
from remit.adapters.store.lake.localfolder import LocalFolder
from remit.adapters.store.state.state import State
from remit.adapters.store.store import Store
from remit.app.ingesting import Ingesting
from remit.app.keeping import open_desks
from remit.model.errors import Conflict, UsageError

WINDOW = "2026-09-01..2026-09-30"


def record(number: int, user: str) -> dict[str, Any]:
    return {
        "eventVersion": "1.08", "eventTime": f"2026-09-01T10:00:{number:02}Z", "eventSource": "s3.amazonaws.com",
        "eventName": "CreateBucket", "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.9",
        "userAgent": "x/1", "requestParameters": {"bucketName": f"b{number}"}, "responseElements": None,
        "requestID": f"R{number}", "eventID": f"E{number}", "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/{user}",
                         "accountId": "111122223333", "accessKeyId": "AKIAEXAMPLE", "userName": user},
    }  # fmt: skip


@pytest.fixture
def store(tmp_path: Path, store_state: str | None) -> Iterator[Store]:
    with Store.open(tmp_path / "data", "test", state_url=store_state) as store:
        log = tmp_path / "log.json"
        log.write_text("\n".join(json.dumps(record(n, "night" if n < 3 else "day")) for n in range(5)))
        Ingesting(store, {"feed": "t"}, lambda state: None).from_target(str(log), {"format": "auto"})
        yield store


def test_a_preview_counts_what_the_judge_will_then_match(store: Store) -> None:
    desk = open_desks(store)["identities"]
    for pattern, count in (("*:user/night", 3), ("*:user/n?ght", 3), ("AKIAEXAMPLE", 5), ("night", 3), ("nobody", 0)):
        seen = desk.preview(pattern, WINDOW)
        assert (seen["acts"], seen["changes"]) == (count, count), pattern
        assert bool(seen["note"]) == (count == 0)
    desk.map("agent", "Night Shift", "*:user/n?ght", {"owner": "Ops"}, desk.standing()["version"], "ana")
    assert next(iter(desk.entries(WINDOW)["entries"]))["events"] == 3
    assert desk.preview("*:user/n?ght", WINDOW)["mapped"] == {"kind": "agent", "name": "Night Shift"}
    for pattern in ("", " ", "**", "x" * 3000):
        with pytest.raises(UsageError):
            desk.preview(pattern, WINDOW)


def test_of_two_who_edit_the_same_registry_the_second_is_told(store: Store) -> None:
    desk = open_desks(store)["identities"]
    seen = desk.standing()["version"]
    first = desk.map("agent", "A", "*:user/night", {}, seen, "ana")
    with pytest.raises(Conflict):
        desk.map("person", "B", "*:user/day", {}, seen, "bo")
    assert [each["name"] for each in desk.entries(WINDOW)["entries"]] == ["A"]
    desk.map("person", "B", "*:user/day", {}, first["version"], "bo")
    journal = [(each["who"], each["what"], each["facts"]["name"]) for each in store.state.journalled()]
    assert sorted(journal) == [("ana", "identity.mapped", "A"), ("bo", "identity.mapped", "B")]


def test_many_at_once_leave_a_whole_registry_with_every_entry_that_was_not_refused(store: Store) -> None:
    desk = open_desks(store)["identities"]
    made: list[str] = []

    def edit(number: int) -> None:
        try:
            desk.map("agent", f"A{number}", f"p{number}", {}, desk.standing()["version"], "x")
            made.append(f"A{number}")
        except Conflict:
            pass

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each["name"] for each in desk.entries(WINDOW)["entries"]) == sorted(made)
    assert made


def test_a_changed_registry_is_said_until_stored_events_are_judged_again(store: Store) -> None:
    desks = open_desks(store)
    desk = desks["identities"]
    assert desk.notices() == []
    desk.map("agent", "Night Shift", "*:user/night", {}, desk.standing()["version"], "ana")
    assert "by ana" in desk.notices()[0]["text"]
    assert desks["questions"].agents(WINDOW)["agents"] == []
    desk.judge_again("ana")
    desk._running.join(30)
    assert desk.notices() == []
    stands = desk.standing()
    assert (stands["stale"], stands["changed"], stands["failure"]) == (False, 3, None)
    assert [each["agent"] for each in desks["questions"].agents(WINDOW)["agents"]] == ["Night Shift"]
    (store.folder / "identities.toml").write_text("# by hand\n")
    assert desk.standing()["stale"] is True
    assert desk.standing()["changed_by"] is None
    assert "identities.toml was changed:" in desk.notices()[0]["text"]


def test_a_console_notes_nothing_of_a_registry_that_it_was_not_handed(
    store: Store, store_state: str | None, tmp_path: Path
) -> None:
    (store.folder / "identities.toml").write_text("# the keeper's\n")
    state = State.open(store_state or f"sqlite:///{store.folder / 'state.db'}")
    with StoreBeside.beside(tmp_path / "console", LocalFolder(store.folder / "lake"), state) as beside:
        assert open_desks(beside)["identities"].notices() == []
        assert open_desks(store)["identities"].notices() == []
        assert open_desks(beside)["identities"].notices() == []


def test_judging_again_that_fails_is_told_and_can_be_tried_again(store: Store) -> None:
    desk = open_desks(store)["identities"]
    (store.folder / "identities.toml").write_text("[[agnet]]\n")
    desk.judge_again("ana")
    desk._running.join(30)
    assert "Unknown key 'agnet'" in desk.notices()[0]["text"]
    (store.folder / "identities.toml").write_text("")
    desk.judge_again("ana")
    desk._running.join(30)
    assert desk.notices() == []
