"""What is pushed is on the disk before its sender is told so, is stored once, and no delivery harms another."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.app.conftest import wait_for

from remit.adapters.store.inbox import Inbox, Label
from remit.adapters.store.lake.disk import Disk
from remit.app.push_desk import MOST_BYTES, _Unpacking
from remit.model.errors import Unavailable

from .conftest import Answer, Server, Stream, cloudtrail

SECRET = "it is a webhook's secret"
SHAPES = {
    "object": lambda records: json.dumps(records[0]),
    "array": json.dumps,
    "envelope": lambda records: json.dumps({"Records": records}),
    "lines": lambda records: "\n".join(map(json.dumps, records)),
}


def push(server: Server, records: Any, form: str = "cloudtrail", **headers: str) -> Answer:
    body = records if isinstance(records, bytes) else json.dumps(records).encode()
    return server.ask(f"/api/v1/events/{form}", "POST", body, **headers)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_records_in_every_shape_are_taken_stored_and_told(server, shape, packed):
    name = f"shape-{shape}-{'packed' if packed else 'plain'}"
    records = [cloudtrail(f"{name}-{at}") for at in range(1 if shape == "object" else 3)]
    stream = Stream(server, f"/api/v1/events/stream?q=resource:{name}-*").begin()
    body = SHAPES[shape](records).encode()
    taken = push(server, gzip.compress(body), content_encoding="gzip") if packed else push(server, body)
    assert taken.status == 202, taken.body
    assert taken.json["bytes"] == (len(gzip.compress(body)) if packed else len(body))
    told = [event for _, event in stream.several(len(records))]
    assert sorted(event["resources"][0]["id"] for event in told) == [record["eventID"] for record in records]
    stream.close()


def test_a_delivery_counts_under_the_feed_it_names(server):
    assert push(server, cloudtrail("feed-1"), "cloudtrail?feed=production-trail").json["feed"] == "production-trail"
    assert push(server, cloudtrail("feed-2")).json["feed"] == "push:cloudtrail"
    assert server.stores(1, "feed:production-trail")


def test_the_same_delivery_again_is_stored_once(server):
    for _ in range(3):
        assert push(server, cloudtrail("twice-1"), "auto").status == 202
    assert push(server, cloudtrail("twice-2")).status == 202
    assert server.stores(2, "resource:twice-*")


def test_what_cannot_be_read_goes_to_quarantine_and_holds_up_nothing(server):
    for body in (b'{"what": 1}', b"\x1f\x8bnot gzip", b'no JSON\n{"what": 1}\n', b"{" * 70, b"no JSON " * 9_000):
        assert push(server, body).status == 202
    assert push(server, cloudtrail("after-bad")).status == 202
    assert server.stores(1, "resource:after-bad")
    assert wait_for(lambda: not waiting(server))


def waiting(server: Server) -> list[Path]:
    return [path for path in (server.folder / "inbox").iterdir() if path.is_file()]


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "said"),
    [
        ("nonsense", b"{}", {}, 404, "There is no format"),
        ("cloudtrail", b"", {}, 400, "empty"),
        ("cloudtrail", b"nothing like JSON", {}, 400, "No JSON object"),
        ("cloudtrail", b"{bad", {}, 400, "No JSON object"),
        ("auto", b'[{"a":' * 40, {}, 400, "No JSON object"),
        ("cloudtrail", b"\xff\xfe\x00", {}, 400, "No JSON object"),
        (
            "cloudtrail",
            gzip.compress(b"nothing like JSON", mtime=0),
            {"Content_Encoding": "gzip"},
            400,
            "No JSON object",
        ),
        ("cloudtrail", gzip.compress(b"", mtime=0), {"Content_Encoding": "gzip"}, 202, ""),
        ("cloudtrail", b"{}", {"Content_Encoding": "br"}, 400, "gzip"),
        ("cloudtrail", b"no gzip", {"Content_Encoding": "gzip"}, 400, "damaged"),
        ("cloudtrail", gzip.compress(b"{}" * 99, mtime=0)[:-9], {"Content_Encoding": "gzip"}, 400, "ends early"),
        ("cloudtrail", lambda: gzip.compress(bytes(1 << 29), 9), {"Content_Encoding": "gzip"}, 413, "Unpacked"),
        ("cloudtrail", b"x" * (MOST_BYTES + 1), {}, 413, "16,777,216"),
        ("cloudtrail?feed=../up", b"{}", {}, 400, "feed"),
        ("cloudtrail?feed=a~b", b"{}", {}, 400, "feed"),
        (
            "github-webhook",
            b"payload=x",
            {"X_GitHub_Event": "push", "Content_Type": "application/x-www-form-urlencoded"},
            400,
            "form",
        ),
        ("github-webhook", b"{}", {"X_GitHub_Event": "../etc"}, 400, "X-GitHub-Event"),
        ("cloudtrail", b"{}", {"Origin": "https://elsewhere.example"}, 403, "another site"),
        ("cloudtrail", b"{}", {"Authorization": "Bearer nonsense"}, 401, "not_signed_in"),
    ],
)
def test_what_is_not_taken_is_refused_clearly_and_leaves_nothing(server, path, body, headers, status, said):
    answer = push(server, body() if callable(body) else body, path, **headers)
    assert answer.status == status, answer.body
    assert said in answer.body.decode()
    assert wait_for(lambda: not waiting(server))
    assert server.ask("/livez").status == 200


def test_a_body_without_a_length_is_cut_off_where_it_becomes_too_long(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        head = f"POST /api/v1/events/cloudtrail HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        piece = b"%x\r\n%s\r\n" % (1 << 20, b"x" * (1 << 20))
        try:
            for _ in range(MOST_BYTES // (1 << 20) + 4):
                connection.sendall(piece)
            answered = connection.recv(1000)
        except (BrokenPipeError, ConnectionResetError):
            answered = b"HTTP/1.1 413"  # it answered and left before all was sent
    assert answered.startswith(b"HTTP/1.1 413")
    assert wait_for(lambda: not waiting(server))


def test_a_sender_that_leaves_in_the_middle_leaves_nothing(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        head = f"POST /api/v1/events/auto HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 999\r\n\r\n"
        connection.sendall(head.encode() + json.dumps(cloudtrail("half")).encode()[:200])
    assert push(server, cloudtrail("whole")).status == 202
    assert server.stores(1, "resource:whole")
    assert wait_for(lambda: not waiting(server))
    assert server.stored("resource:half") == []


def test_many_senders_at_once_are_taken_or_told_to_come_again(server):
    def one(at: int) -> int:
        answer = push(server, cloudtrail(f"many-{at}"))
        if answer.status == 503:
            assert answer.headers["retry-after"]
        return answer.status

    with ThreadPoolExecutor(16) as senders:
        statuses = list(senders.map(one, range(150)))
    assert set(statuses) <= {202, 503}
    assert server.stores(statuses.count(202), "resource:many-*")


# --- kill -9


def test_what_was_acknowledged_survives_a_kill_at_any_moment_and_is_stored_once(own):
    own.up()
    taken = []
    for at in range(40):
        answer = push(own, cloudtrail(f"killed-{at}"))
        if answer.status == 202:
            taken.append(f"killed-{at}")
        if at in (3, 17, 39):
            own.down(signal.SIGKILL)
            own.up()
    assert len(taken) == 40
    assert own.stores(40, "resource:killed-*")
    assert sorted(own.stored("resource:killed-*")) == sorted(taken)
    assert wait_for(lambda: waiting(own) == [])  # a delivery leaves the inbox once it is stored, not before


def test_a_delivery_left_by_a_process_before_is_stored_and_half_of_one_is_cleared_away(own):
    folder = own.folder / "inbox"
    folder.mkdir(parents=True)
    inbox = Inbox(folder)
    arriving = inbox.begin(Label("cloudtrail", "push:cloudtrail"), room=1000)
    arriving.write(json.dumps(cloudtrail("left")).encode())
    arriving.keep()
    inbox.begin(Label("cloudtrail", "push:cloudtrail"), room=1000).write(b'{"eventID')
    own.up()
    assert own.stores(1, "resource:left")
    assert wait_for(lambda: waiting(own) == [])


# --- GitHub


def delivery(name: str) -> bytes:
    """A payload that tells no time of its own."""
    told = {"id": 1, "full_name": "acme/app", "owner": {"login": "acme"}}
    sender = {"login": "jane", "id": 7, "type": "User"}
    return json.dumps({"action": "added", "member": {"login": name}, "repository": told, "sender": sender}).encode()


def signed(body: bytes, name: str, event: str = "member", secret: str = SECRET) -> dict[str, str]:
    said = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X_Hub_Signature_256": f"sha256={said}", "X_GitHub_Event": event, "X_GitHub_Delivery": name}


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("github") / "data"
    folder.mkdir()
    (folder / "remit.toml").write_text('[push.github]\nsecret_env = "WEBHOOK_SECRET"\n', encoding="utf-8")
    served = Server(folder, {"WEBHOOK_SECRET": SECRET}, ("--config", str(folder / "remit.toml")))
    try:
        yield served.up()
    finally:
        served.down()


def test_a_signed_webhook_is_stored_with_its_event_and_the_time_it_came(github):
    body = delivery("octocat")
    answer = push(github, body, "github-webhook", **signed(body, "d-1"))
    assert answer.status == 202, answer.body
    assert github.stores(1, "data_source:github-webhook")
    (event,) = github.ask("/api/v1/events?q=resource:octocat").json["items"]
    assert event["action"]["operation"] == "member.added"
    assert event["actor"]["name"] == "jane"


def test_a_delivery_sent_again_is_stored_once_even_if_only_its_arrival_tells_its_time(github):
    body = delivery("again")
    first = push(github, body, "github-webhook", **signed(body, "d-again"))
    second = push(github, body, "github-webhook", **signed(body, "d-again"))
    assert github.stores(1, "resource:again")
    third = push(github, body, "github-webhook", **signed(body, "d-again"))
    assert [answer.json["duplicate"] for answer in (first, second, third)] == [False, True, True]
    assert len(github.stored("resource:again")) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Hub_Signature_256": ""},
        {"X_Hub_Signature_256": "sha256=" + "0" * 64},
        {"X_Hub_Signature_256": "sha1=" + "0" * 40},
        {"X_Hub_Signature_256": "sha256=" + "é" * 20},
        signed(delivery("forged"), "d-forged", secret="another"),
        signed(delivery("forged") + b" ", "d-forged"),
    ],
    ids=["none", "empty", "wrong", "old", "strange", "another-secret", "another-body"],
)
def test_a_forged_webhook_is_refused_and_nothing_of_it_is_written(github, headers):
    sent = {"X_GitHub_Event": "member", **headers}
    sent["X_Hub_Signature_256"] = sent.get("X_Hub_Signature_256", "").encode().decode("latin-1")
    if headers.get("X_Hub_Signature_256") is None:
        del sent["X_Hub_Signature_256"]
    answer = push(github, delivery("forged"), "github-webhook", **sent)
    assert answer.status == 401, answer.body
    assert waiting(github) == []
    assert github.stored("resource:forged") == []


def test_the_secret_of_a_webhook_delivers_nothing_but_webhooks(github):
    body = b'{"Records": []}'
    for form in ("cloudtrail", "auto", "github-audit"):
        sent = signed(body, f"d-{form}")
        answer = push(github, body, form, **sent, Authorization="Bearer x")  # nobody, though the server is open
        assert answer.status == 401, answer.body


def test_forged_webhooks_that_come_slowly_keep_out_nobody_with_a_token(server, github):
    """40 senders of nothing good, each in the middle of its body; without a secret not even one is listened to."""
    head = "POST /api/v1/events/github-webhook HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nX-GitHub-Event: push\r\n"
    head += f"X-Hub-Signature-256: sha256={'0' * 64}\r\nContent-Length: 9000\r\n\r\n"
    with ExitStack() as held:
        for each in [github] * 40 + [server]:
            slow = held.enter_context(socket.create_connection(("127.0.0.1", each.port), timeout=60))
            slow.sendall(head.format(each.port).encode() + b"{")
        assert b"401" in slow.recv(100)
        assert push(github, [cloudtrail("not-kept-out")]).status == 202
        parts = [path for path in (github.folder / "inbox").iterdir() if path.name.startswith(".")]
        assert len(parts) <= 8
    assert github.stores(1, "resource:not-kept-out")


def test_a_ping_is_answered_and_kept_nowhere(github):
    body = json.dumps({"zen": "Design for failure.", "hook_id": 1}).encode()
    assert push(github, body, "github-webhook", **signed(body, "d-ping", "ping")).status == 202
    assert waiting(github) == []


def test_a_signature_that_this_server_cannot_check_is_refused(server):
    body = delivery("unknown")
    assert push(server, body, "github-webhook", **signed(body, "d-2")).status == 401


# --- the inbox


class Recording(Disk):
    """Remembers what was made durable, in order."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []

    def _fsync(self, descriptor: int, path: Path) -> None:
        os.fsync(descriptor)
        self.done.append(("synced", path.name))

    def rename(self, path: Path, to: Path) -> None:
        self.done.append(("renamed", to.name))
        super().rename(path, to)


def test_a_delivery_is_synced_then_named_then_its_folder_is_synced(tmp_path):
    disk = Recording()
    arriving = Inbox(tmp_path, disk).begin(Label("auto", "f"), room=10)
    arriving.write(b"{}")
    receipt = arriving.keep()
    assert disk.done == [
        ("synced", f".{receipt}.part"),
        ("renamed", f"{receipt}~~auto~f"),
        ("synced", tmp_path.name),
    ]


def test_a_full_inbox_takes_nothing_more_until_something_left_it(tmp_path):
    inbox = Inbox(tmp_path, most_files=2, most_bytes=100)
    for _ in range(2):
        arriving = inbox.begin(Label("auto", "f"), room=10)
        arriving.write(b"x" * 10)
        arriving.keep()
    with pytest.raises(Unavailable, match="full"):
        inbox.begin(Label("auto", "f"), room=10)
    inbox.remove(inbox.waiting()[:1])
    with pytest.raises(Unavailable, match="full"):
        inbox.begin(Label("auto", "f"), room=91)
    inbox.begin(Label("auto", "f"), room=90).drop()
    assert Inbox(tmp_path).held == inbox.held == (1, 10)
    assert len(list(tmp_path.iterdir())) == 1


def test_only_so_many_deliveries_arrive_at_a_time(tmp_path):
    inbox = Inbox(tmp_path, most_writers=1)
    first = inbox.begin(Label("auto", "f"), room=10)
    with pytest.raises(Unavailable):
        inbox.begin(Label("auto", "f"), room=10)
    first.drop()
    first.drop()
    inbox.begin(Label("auto", "f"), room=10)


def test_of_those_some_are_kept_for_senders_that_are_known_before_their_body(tmp_path):
    inbox = Inbox(tmp_path, most_writers=8)
    unknown = [inbox.begin(Label("github-webhook", "f"), room=1, proven=False) for _ in range(2)]
    with pytest.raises(Unavailable):
        inbox.begin(Label("github-webhook", "f"), room=1, proven=False)
    known = [inbox.begin(Label("auto", "f"), room=1) for _ in range(6)]
    unknown[0].drop()
    unknown[1].keep()
    for _ in range(2):
        known.append(inbox.begin(Label("github-webhook", "f"), room=1, proven=False))
    for each in known:
        each.drop()


def test_gzip_of_very_many_members_is_unpacked_like_any_other():
    packed = gzip.compress(b"") * 30_000 + gzip.compress(b"a" * 100_000) + gzip.compress(b"b") + gzip.compress(b"")
    unpacking = _Unpacking()
    unpacked = b"".join(unpacking.pieces(packed[:5000])) + b"".join(unpacking.pieces(packed[5000:]))
    unpacking.confirm()
    assert unpacked == b"a" * 100_000 + b"b"
