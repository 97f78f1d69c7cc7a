"""Feeds say how far behind they are and what they could not read, and read it again when it can be read."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.app.conftest import command, wait_for

from .conftest import Server, Stream, cloudtrail


def log(path: Path, *records: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in records), "utf-8")
    return path


def feed(server: Server, name: str) -> dict:
    return server.ask(f"/api/v1/feeds/{quote(name)}").json


def test_a_feed_tells_its_events_its_lag_and_what_it_could_not_read(server, tmp_path):
    given = log(tmp_path / "told.json", cloudtrail("told", "2026-11-20T09:00:00Z"), '{"eventName": "broken"}', "[1,")
    assert command("ingest", str(given), "--feed", "told", "--data", str(server.folder)).returncode == 0
    told = feed(server, "told")
    assert (told["records"], told["newest"], told["target"]) == (1, "2026-11-20T09:00:00Z", str(given))
    assert told["lag_seconds"] > told["arrival_seconds"] >= 0
    assert told["unread"] == len(told["records_unread"]) == sum(each["count"] for each in told["reasons"]) > 0
    listed = {each["name"]: each for each in server.ask("/api/v1/feeds").json["feeds"]}
    assert {name: told[name] for name in ("records", "unread", "newest")} == {
        name: listed["told"][name] for name in ("records", "unread", "newest")
    }
    page = server.ask("/feeds?name=told").body.decode()
    for words in ("told", str(given), "Read them again"):
        assert words in page


def test_what_can_be_read_now_is_stored_and_leaves_the_quarantine_the_rest_stays(server, tmp_path):
    given = log(tmp_path / "mended.json", cloudtrail("good"), '{"what": "first"}', '{"what": "second"}')
    assert command("ingest", str(given), "--feed", "mended", "--data", str(server.folder)).returncode == 0
    assert feed(server, "mended")["unread"] == 2
    log(given, cloudtrail("good"), cloudtrail("was-broken"), '{"what": "second"}')
    done = server.ask("/api/v1/feeds/mended/retry", "POST").json
    assert (done["sources"], done["new"], done["resolved"], done["still"]) == (1, 1, 1, 1)
    after = feed(server, "mended")
    assert (after["records"], after["unread"]) == (2, 1)
    again = command("feeds", "retry", "mended", "--json", "--data", str(server.folder))
    assert json.loads(again.stdout)["resolved"] == 0
    assert feed(server, "mended")["unread"] == 1


def test_what_is_not_there_any_more_is_said_and_stays(server, tmp_path):
    given = log(tmp_path / "gone.json", '{"what": 1}')
    command("ingest", str(given), "--feed", "gone", "--data", str(server.folder))
    server.ask("/api/v1/events/auto?feed=pushed-bad", "POST", b'{"what": 2}')
    assert wait_for(lambda: server.ask("/api/v1/feeds/pushed-bad").status == 200)
    given.unlink()
    for name in ("gone", "pushed-bad"):
        assert wait_for(lambda name=name: feed(server, name)["unread"] == 1)
        done = server.ask(f"/api/v1/feeds/{name}/retry", "POST").json
        assert (done["gone"], done["resolved"], done["still"]) == (1, 0, 1)
        assert "send their records again" in done["note"]


def test_the_form_on_the_page_reads_again_and_says_what_it_did(server, tmp_path):
    given = log(tmp_path / "form.json", '{"what": 3}')
    command("ingest", str(given), "--feed", "form", "--data", str(server.folder))
    log(given, cloudtrail("by-form"))
    answer = server.ask("/feeds/retry", "POST", b"name=form", content_type="application/x-www-form-urlencoded")
    assert answer.status == 303
    page = server.ask(answer.headers["location"]).body.decode()
    assert "1 source read again: 1 record can be read now" in page
    assert "Nothing of this feed is in quarantine" in page


@pytest.mark.parametrize("path", ["/api/v1/feeds/no-such", "/feeds?name=no-such"])
def test_a_feed_that_is_not_there_is_not_found(server, path):
    assert server.ask(path).status == 404
    assert server.ask("/api/v1/feeds/no-such/retry", "POST").status == 404


def test_the_command_lists_feeds(server):
    server.ingest(cloudtrail("for-the-list"))
    listed = command("feeds", "--data", str(server.folder))
    assert listed.returncode == 0
    assert b"given" in listed.stdout
    shown = command("feeds", "show", "given", "--data", str(server.folder), "--json")
    assert json.loads(shown.stdout)["records"] >= 1


def test_a_file_that_appears_in_a_watched_folder_is_told_and_its_feed_is_listed(own, tmp_path):
    watched = tmp_path / "arriving"
    watched.mkdir()
    log(watched / "before.json", cloudtrail("before"))
    own.arguments = ("--watch", str(watched))
    own.up()
    assert own.stores(1, "resource:before")
    stream = Stream(own, "/api/v1/events/stream").begin()
    log(watched / "new.json", cloudtrail("appeared"))
    assert stream.next()[1]["resources"][0]["id"] == "appeared"
    stream.close()
    assert feed(own, "arriving")["target"] == str(watched)


def test_a_watched_target_that_does_not_exist_is_said_and_the_server_goes_on(own, tmp_path):
    own.arguments = ("--watch", str(tmp_path / "nowhere"))
    own.up()
    assert wait_for(lambda: b"not watched any more" in own.ask("/").body)
