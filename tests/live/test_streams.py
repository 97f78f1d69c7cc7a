"""A client of a stream is told what is stored, in order, once; and no client is another's trouble."""

from __future__ import annotations

import os
import select
from urllib.parse import quote

import pytest
from tests.app.conftest import command, start, wait_for

from .conftest import Server, Stream, cloudtrail

API = "/api/v1/events/stream"
NO_PLACES = (
    "x\n\nevent: new\ndata: forged\n\n.1.1.x",
    "x.1.1.y\rdata: forged",
    "\u00e9.1.1.x",
    "x.1.1.\u2028",
    "x.1.1.x y",
)
"""What would be written back into the stream as lines, or not at all."""


def test_what_is_ingested_is_told_to_everybody_who_asked_for_it_and_nobody_else(server):
    every = Stream(server, API).begin()
    mine = Stream(server, f"{API}?q=resource:told-2").begin()
    rows = Stream(server, "/live?q=resource:told-1&since=all").begin()
    server.ingest(cloudtrail("told-1"), cloudtrail("told-2", "2026-11-21T09:00:01Z"))
    assert [(what, event["resources"][0]["id"]) for what, event in every.several(2)] == [
        ("new", "told-1"),
        ("new", "told-2"),
    ]
    assert mine.next()[1]["resources"][0]["id"] == "told-2"
    what, row = rows.next()
    assert what == "new"
    assert row["html"].startswith("<tr ")
    assert row["html"].endswith("</tr>")
    assert f'data-event="{row["event_id"]}"' in row["html"]
    assert "told-1" in row["html"]
    for stream in (every, mine, rows):
        stream.close()


def test_who_was_cut_off_comes_back_with_the_last_place_and_misses_nothing(server):
    stream = Stream(server, f"{API}?q=resource:gone-*").begin()
    server.ingest(*(cloudtrail(f"gone-{at}", f"2026-11-21T09:00:0{at}Z") for at in range(3)))
    assert stream.next()[1]["resources"][0]["id"] == "gone-0"
    stream.close()
    server.ingest(cloudtrail("gone-3", "2026-11-01T00:00:00Z"))
    for comeback in (
        Stream(server, f"{API}?q=resource:gone-*", Last_Event_ID=stream.place),
        Stream(server, f"{API}?q=resource:gone-*&after={quote(stream.place)}"),
    ):
        told = comeback.begin().several(3)
        assert [event["resources"][0]["id"] for _, event in told] == ["gone-1", "gone-2", "gone-3"]
        comeback.close()


def test_an_event_that_a_late_record_judges_otherwise_is_told_again(server):
    issued = {"accessKeyId": "ASIAEXAMPLELATE1", "sessionToken": "x", "expiration": "Nov 21, 2026, 10:00:00 AM"}
    session = {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::111122223333:assumed-role/deploy/session",
        "accountId": "111122223333",
        "accessKeyId": "ASIAEXAMPLELATE1",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/deploy"}},
    }
    stream = Stream(server, f"{API}?q=resource:late-1").begin()
    server.ingest(cloudtrail("late-1", userIdentity=session))
    what, before = stream.next()
    assert what == "new"
    server.ingest(
        cloudtrail(
            "late-2",
            "2026-11-21T08:59:00Z",
            eventSource="sts.amazonaws.com",
            eventName="AssumeRole",
            userAgent="Boto3/1.43.11 claude-code/2.0",
            requestParameters={"roleArn": "arn:aws:iam::111122223333:role/deploy", "roleSessionName": "session"},
            responseElements={"credentials": issued},
        )
    )
    what, after = stream.next()
    assert what == "corrected"
    assert after["event_id"] == before["event_id"]
    assert after["attribution"] != before["attribution"]
    stream.close()


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (f"{API}?q=source:", 400, "query.invalid"),
        ("/live?q=(((", 400, "query.invalid"),
        (f"{API}?after=nonsense", 400, "place"),
        (f"{API}?after={'x' * 300}", 400, ""),
        ("/live?after=" + "x" * 300, 413, "too_much"),
        (f"{API}?nothing=1", 400, "nothing"),
        *((f"{API}?after={quote(place)}", 400, "place") for place in NO_PLACES),
        *((f"/live?after={quote(place)}", 400, "place") for place in NO_PLACES),
    ],
)
def test_what_cannot_be_followed_is_refused_before_a_stream_begins(server, path, status, said):
    answer = server.ask(path)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.body.decode()


def test_a_gap_is_told_in_words_when_more_came_than_is_told_one_by_one(server):
    stream = Stream(server, f"{API}?q=resource:much-*").begin()
    server.ingest(*(cloudtrail(f"much-{at}") for at in range(1001)))
    what, gap = stream.next()
    assert what == "gap"
    assert "1,001 events" in gap["words"]
    server.ingest(cloudtrail("much-again"))
    assert stream.next()[1]["resources"][0]["id"] == "much-again"
    stream.close()


def test_after_so_many_streams_the_next_is_refused_and_questions_are_still_answered(server):
    streams = [Stream(server, "/live").begin() for _ in range(100)]
    assert {stream.status for stream in streams} == {200}
    refused = [server.ask("/live") for _ in range(100)]
    assert {(answer.status, answer.headers["retry-after"]) for answer in refused} == {(503, "5")}
    assert b"100 streams are open" in refused[0].body
    assert server.ask("/").status == 200
    for stream in streams:
        stream.close()
    assert wait_for(lambda: Stream(server, "/live").begin().status == 200)


def test_a_client_that_reads_nothing_costs_little_and_keeps_nobody_waiting(server):
    before = memory(server)
    slow = [Stream(server, f"{API}?q=resource:slow-*", buffer=4096) for _ in range(20)]
    quick = Stream(server, f"{API}?q=resource:slow-*").begin()
    for lot in range(3):
        server.ingest(*(cloudtrail(f"slow-{lot}-{at}", extra="x" * 1000) for at in range(200)))
    told = [event["resources"][0]["id"] for _, event in quick.several(600)]
    assert sorted(told) == sorted(f"slow-{lot}-{at}" for lot in range(3) for at in range(200))
    assert server.ask("/livez").status == 200
    assert memory(server) - before < 300 * 1024 * 1024
    for stream in [*slow, quick]:
        stream.close()


def memory(server: Server) -> int:
    """Bytes the server holds."""
    assert server.process is not None
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as figures:
        return int(figures.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_the_command_line_follows_the_same_stream(server):
    process = start("events", "tail", "resource:cli-*", "--data", str(server.folder), "--jsonl")
    try:
        assert process.stdout is not None
        for number in range(240):  # it says nothing while nothing matches: when it listens shows in what it hears
            server.ingest(cloudtrail(f"cli-{number}", "2026-11-01T00:00:00Z"))
            if select.select([process.stdout], [], [], 0.5)[0]:
                break
        assert b"cli-" in process.stdout.readline()
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_a_server_that_is_stopped_ends_its_streams_at_once(own):
    own.up()
    stream = Stream(own, API).begin()
    own.down()
    assert stream.ended()


def test_after_a_rebuild_a_stream_says_that_something_is_missing(own):
    own.up()
    stream = Stream(own, API).begin()
    own.ingest(cloudtrail("one"))
    stream.next()
    own.down()
    (own.folder / "index.duckdb").unlink()
    own.up()
    comeback = Stream(own, API, Last_Event_ID=stream.place).begin()
    what, gap = comeback.next()
    assert what == "gap"
    assert "rebuilt" in gap["words"]
    assert command("events", "search", "--data", str(own.folder), "--json").returncode == 0
    comeback.close()
