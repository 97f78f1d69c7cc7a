"""A served folder and a stand-in for Slack and webhooks: what is ingested is told, once, with a link that works."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from tests.app.cloudtrail import record
from tests.app.conftest import command, listening, start, stop, wait_for

from remit.app.control import RemoteDesk, call

from .receiver import Receiver, Taken, receiving

SECRET = "canary-webhook-signing-secret"
SLACK_PATH = "/services/T0CANARY/B0CANARY/canaryslacktoken4711"


class Served:
    """A server on a data folder, which may be stopped and started again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        process = start("up", "--data", str(self.data), "--port", "0")
        listening(process, self.data)
        return process

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.communicate(timeout=60)
        (self.data / "control.sock").unlink(missing_ok=True)

    def again(self) -> None:
        """Start it again."""
        self.process = self._started()

    @property
    def desk(self) -> Any:
        """The desk of alerts, over the control socket as commands reach it."""
        return RemoteDesk(self.data / "control.sock", "alerts")

    def ingest(self, *records: bytes) -> None:
        """Bring records in, through the server."""
        log = self.data.parent / "records.json"
        log.write_bytes(b"\n".join(records))
        options = {"form": "auto", "feed": None, "endpoint_url": None, "profile": None, "workers": 1}
        list(call(self.data / "control.sock", "ingest", target=str(log), options=options))

    def alert(self, query: str, *channels: str) -> str:
        """Set an alert; its id."""
        return str(self.desk.add({"query": query, "channels": channels}, "ana")["id"])

    def show(self, alert: str) -> Any:
        """An alert with its firings."""
        return self.desk.show(alert)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("alerts") / "data")
    yield server
    server.process.poll() is None and stop(server.process)


@pytest.fixture(scope="module")
def receiver(served: Served) -> Iterator[Receiver]:
    """One receiver, with the channels ``ops`` (Slack) and ``hook`` (a webhook) leading to it."""
    with receiving() as found:
        served.desk.add_channel("ops", "slack", found.url + SLACK_PATH, "", "ana")
        served.desk.add_channel("hook", "webhook", f"{found.url}/hook", SECRET, "ana")
        yield found


def verify(headers: dict[str, str], body: bytes, secret: str, now: float) -> bool:
    """As docs/alerts.md tells receivers to."""
    parts = dict(part.split("=", 1) for part in headers["remit-signature"].split(","))
    expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return abs(now - int(parts["t"])) < 300 and hmac.compare_digest(expected, parts["v1"])


def about(receiver: Receiver, text: str) -> list[Taken]:
    return [each for each in receiver.taken if text in each.body.decode()]


def hooks(receiver: Receiver, text: str) -> list[Taken]:
    return [each for each in about(receiver, text) if each.path == "/hook"]


def test_what_is_ingested_arrives_signed_once_with_a_link_that_opens(served: Served, receiver: Receiver) -> None:
    served.ingest(record("before", "DeleteBucket", "b"))
    served.alert("operation:DeleteBucket", "ops", "hook")
    served.ingest(record("ada", "DeleteBucket", "a"))
    assert wait_for(lambda: len(about(receiver, "DeleteBucket")) == 2)
    slack = next(each for each in receiver.taken if each.path == SLACK_PATH)
    assert slack.message["text"].endswith(
        "ada called s3:DeleteBucket in account 111122223333, at 2026-09-01 10:00 UTC."
    )
    hook = hooks(receiver, "DeleteBucket")[0]
    assert verify(hook.headers, hook.body, SECRET, time.time())
    assert not verify(hook.headers, hook.body + b" ", SECRET, time.time())
    assert not verify(hook.headers, hook.body, SECRET, time.time() + 301)
    assert hook.message["count"] == 1
    with urlopen(hook.message["url"]) as page:
        shown = page.read().decode()
    assert shown.count('class="row"') == 1
    assert hook.message["samples"][0]["event_id"] in shown
    with urlopen(hook.message["samples"][0]["url"]) as page:
        assert page.status == 200


def test_the_same_again_is_counted_and_not_sent_and_a_second_reading_is_not_even_counted(
    served: Served, receiver: Receiver
) -> None:
    alert = served.alert("operation:PutBucketPolicy", "hook")
    first, second = (record("bob", "PutBucketPolicy", key, eventID=key, requestID=key) for key in ("k1", "k2"))
    served.ingest(first)
    assert wait_for(lambda: hooks(receiver, "PutBucketPolicy"))
    served.ingest(first, second)
    assert wait_for(lambda: served.show(alert)["firings"][0]["count"] == 2)
    time.sleep(1.5)
    assert len(hooks(receiver, "PutBucketPolicy")) == 1
    assert [each["count"] for each in served.show(alert)["firings"]] == [2]


def test_a_storm_is_one_message_that_says_how_many(served: Served, receiver: Receiver) -> None:
    alert = served.alert("operation:CreateBucket", "hook")
    served.ingest(*(record(f"storm-{number}", "CreateBucket", "s") for number in range(300)))
    assert wait_for(lambda: served.show(alert)["firings"] and hooks(receiver, "CreateBucket"))
    time.sleep(1.5)
    told = hooks(receiver, "CreateBucket")
    assert len(told) == 1
    assert told[0].message["count"] == 300
    assert told[0].message["sentence"].startswith("300 acts in 300 different findings, too many to tell one by one")


def test_a_firing_is_delivered_after_the_server_was_killed_before_it_could_be(
    served: Served, receiver: Receiver
) -> None:
    receiver.status = 503
    alert = served.alert("operation:DeleteUser", "hook")
    served.ingest(record("eve", "DeleteUser", "e"))
    assert wait_for(lambda: hooks(receiver, "DeleteUser"))
    served.kill()
    refused = hooks(receiver, "DeleteUser")
    receiver.status = 200
    served.again()
    assert wait_for(lambda: len(hooks(receiver, "DeleteUser")) == len(refused) + 1, 60)
    delivered = hooks(receiver, "DeleteUser")[-1]
    assert delivered.headers["idempotency-key"] == refused[0].headers["idempotency-key"]
    assert wait_for(lambda: served.show(alert)["firings"][0]["deliveries"][0]["state"] == "delivered")
    shown = served.show(alert)["firings"]
    assert [(each["count"], len(each["deliveries"])) for each in shown] == [(1, 1)]


def test_what_came_while_no_server_ran_is_told_when_it_does(served: Served, receiver: Receiver) -> None:
    served.alert("operation:AttachUserPolicy", "hook")
    stop(served.process)
    log = served.data.parent / "fay.json"
    log.write_bytes(record("fay", "AttachUserPolicy", "f"))
    assert command("ingest", str(log), "--data", str(served.data)).returncode == 0
    served.again()
    assert wait_for(lambda: hooks(receiver, "AttachUserPolicy"), 60)


def test_no_redirect_is_followed_and_the_refusal_is_shown(served: Served, receiver: Receiver) -> None:
    alert = served.alert("operation:StopLogging", "hook")
    receiver.status, receiver.headers = 302, {"Location": f"{receiver.url}/elsewhere"}
    try:
        served.ingest(record("gil", "StopLogging", "g"))
        assert wait_for(lambda: hooks(receiver, "StopLogging"))
        assert wait_for(lambda: served.show(alert)["firings"][0]["deliveries"][0]["error"])
    finally:
        receiver.status, receiver.headers = 200, {}
    delivery = served.show(alert)["firings"][0]["deliveries"][0]
    assert delivery["state"] == "waiting"
    assert delivery["error"] == "The channel refused the message with status 302: ok. Redirects are not followed."
    assert not [each for each in receiver.taken if each.path == "/elsewhere"]


def test_the_secrets_are_in_their_file_and_nowhere_else(served: Served, receiver: Receiver) -> None:
    """After all of the above, over everything in the data folder and everything a person can be shown."""
    canaries = [SECRET.encode(), b"canaryslacktoken", b"T0CANARY"]
    secrets = served.data / "secrets.json"
    assert os.stat(secrets).st_mode & 0o777 == 0o600
    assert all(canary in secrets.read_bytes() for canary in canaries)
    for path in served.data.rglob("*"):
        if path.is_file() and path != secrets:
            assert not any(canary in path.read_bytes() for canary in canaries), path
    shown = [json.dumps(each) for each in (served.desk.channels(), served.desk.alerts())]
    assert not any(canary.decode() in text for canary in canaries for text in shown)
    assert "4711" in shown[0]
    served.process.send_signal(signal.SIGINT)
    said = b"".join(served.process.communicate(timeout=60))
    assert not any(canary in said for canary in canaries)
    assert b"Traceback" not in said
