"""Several consoles beside one keeper: they keep nothing, and answer as it does."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from tests.app.conftest import wait_for
from tests.live.conftest import Server, Stream, cloudtrail
from tests.postgresql import PostgreSQL

from remit.app.control import SOCKET_NAME, call
from remit.model.errors import RemitError

from .conftest import Company, company_of, configured


def _post(server: Server, path: str, body: object) -> object:
    return server.ask(path, "POST", json.dumps(body).encode(), content_type="application/json")


def test_an_event_stored_by_the_keeper_is_soon_on_every_console_and_in_its_streams(company: Company) -> None:
    streams = [Stream(console, "/api/v1/events/stream").begin() for console in company.consoles]
    company.keeper.ingest(cloudtrail("seen-everywhere"))
    for console, stream in zip(company.consoles, streams, strict=True):
        assert wait_for(lambda console=console: "seen-everywhere" in console.stored())
        kind, told = stream.next()
        assert kind == "new"
        assert "seen-everywhere" in json.dumps(told)
        stream.close()
    event = company.keeper.ask("/api/v1/events").json["items"][0]["event_id"]
    shown = [server.ask(f"/api/v1/events/{event}").json for server in (company.keeper, *company.consoles)]
    assert shown[0] == shown[1] == shown[2]
    assert "seen-everywhere" in json.dumps(shown[0])


def test_the_page_of_feeds_of_a_console_says_what_it_cannot_know(company: Company) -> None:
    note = company.consoles[0].ask("/api/v1/feeds").json["note"]
    assert "keeper's inbox are not counted" in note
    assert "not counted" not in company.keeper.ask("/api/v1/feeds").json["note"]


def test_a_view_saved_on_one_console_is_on_the_other_and_on_the_keeper(company: Company) -> None:
    one, other = company.consoles
    made = _post(one, "/api/v1/views", {"name": "Mine", "query": "source:AgentOps", "since": "7d"})
    assert made.status == 201
    for server in (other, company.keeper):
        assert [view["name"] for view in server.ask("/api/v1/views").json["items"]] == ["Mine"]
    taken = _post(other, "/api/v1/views", {"name": "mine", "query": "x", "since": "7d"})
    assert (taken.status, taken.json["code"]) == (409, "conflict")


def test_a_token_made_on_one_console_is_good_on_the_other_until_it_is_revoked_anywhere(company: Company) -> None:
    one, other = company.consoles
    (made,) = call(one.folder / SOCKET_NAME, "ask", desk="tokens", question="create", positional=["ci", ["read"]])
    bearer = {"authorization": f"Bearer {made['secret']}"}
    assert other.ask("/api/v1/events", **bearer).status == 200
    list(call(company.keeper.folder / SOCKET_NAME, "ask", desk="tokens", question="revoke", positional=["ci"]))
    for console in company.consoles:
        assert console.ask("/api/v1/events", **bearer).status == 401


def test_an_alert_set_on_a_console_is_looked_at_by_the_keeper_and_its_finding_is_on_every_console(
    company: Company,
) -> None:
    one, other = company.consoles
    made = _post(one, "/api/v1/alerts", {"query": "operation:CreateBucket", "kind": "match"})
    assert made.status == 201, made.body
    company.keeper.ingest(cloudtrail("alarming", at="2026-11-21T10:00:00Z"))
    assert wait_for(lambda: other.ask(f"/api/v1/alerts/{made.json['id']}").json.get("firings"))


pytestmark = pytest.mark.heavy
REFUSED = {
    "a delivery": ("/api/v1/events/cloudtrail", [cloudtrail("pushed")]),
    "reading a feed again": ("/api/v1/feeds/given/retry", {}),
    "trying an alert's channels": ("/api/v1/alerts/abc/test", {}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_only_the_keeper_can_do_is_refused_by_a_console_and_the_keeper_is_named(
    company: Company, what: str
) -> None:
    path, body = REFUSED[what]
    refused = _post(company.consoles[0], path, body)
    keeper = company.keeper.process
    assert keeper is not None
    assert (refused.status, refused.json["code"]) == (503, "store.kept_elsewhere"), refused.body
    assert f"process {keeper.pid}" in refused.json["remedy"]


def test_a_command_that_would_write_is_refused_on_a_consoles_folder_and_questions_are_answered(
    company: Company,
) -> None:
    console = company.consoles[0]
    given = console.folder.with_name("refused.json")
    given.write_text(json.dumps({"Records": [cloudtrail("refused")]}))
    with pytest.raises(RemitError, match="keeps nothing"):
        list(call(console.folder / SOCKET_NAME, "ingest", target=str(given), options={"feed": "x"}))
    with pytest.raises(RemitError, match="keeps nothing"):
        list(call(console.folder / SOCKET_NAME, "ask", desk="alerts", question="add_channel", positional=[]))
    (found,) = call(console.folder / SOCKET_NAME, "ask", desk="questions", question="search", positional=["id:none"])
    assert found["items"] == []


def test_a_second_keeper_of_one_state_is_refused_and_told_who_has_it(
    company: Company, postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("second")
    text = (company.keeper.folder / "remit.toml").read_text()
    second = configured(folder / "data", postgresql, "postgresql://nobody/x")
    (second.folder / "remit.toml").write_text(text)
    command = [sys.executable, "-m", "remit", "up", "--data", str(second.folder), "--port", "0"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    keeper = company.keeper.process
    assert keeper is not None
    assert ended.returncode == 6
    assert "kept by server on " in ended.stderr
    assert f"process {keeper.pid}" in ended.stderr
    assert postgresql.password not in ended.stderr


def test_when_the_database_goes_deliveries_wait_and_when_it_is_back_every_process_goes_on(
    company: Company, postgresql: PostgreSQL
) -> None:
    keeper, console = company.keeper, company.consoles[0]
    known = len(console.stored())
    postgresql.stop()
    try:
        for server in (keeper, console):
            assert len(server.stored()) == known
            refused = server.ask("/api/v1/views")
            assert (refused.status, refused.json["code"]) == (503, "state.unavailable")
            assert postgresql.password.encode() not in refused.body
            assert server.ask("/livez").status == 200
        assert _post(keeper, "/api/v1/events/cloudtrail", [cloudtrail("patient")]).status == 202
        assert "patient" not in keeper.stored()
    finally:
        postgresql.start()
    assert wait_for(lambda: console.ask("/api/v1/views").status == 200)
    assert wait_for(lambda: "patient" in console.stored())


def test_when_the_keeper_dies_consoles_go_on_and_say_how_old_they_are_and_the_next_keeper_is_followed(
    postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> None:
    company = company_of(tmp_path_factory.mktemp("dying"), postgresql, consoles=1)
    (console,) = company.consoles
    try:
        company.keeper.up().ingest(cloudtrail("before"))
        console.up()
        assert "before" in console.stored()
        company.keeper.down(signal.SIGKILL)

        def age() -> float:
            return float(console.ask("/readyz").body.split(b"may be ")[1].split()[0])

        assert wait_for(lambda: age() >= 4)
        assert "before" in console.stored()
        assert b"remit_view_age_seconds" in console.ask("/metrics").body
        company.keeper.up().ingest(cloudtrail("after"))
        assert wait_for(lambda: "after" in console.stored())
        assert wait_for(lambda: age() < 4)
    finally:
        company.end()
