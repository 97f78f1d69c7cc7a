"""Commands on a folder that a server keeps: they reach it over its socket and mean the same."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.app.cloudtrail import record
from tests.app.conftest import command, start, stop, wait_for

from remit.app.control import call
from remit.model.errors import RemitError, Unavailable


def total(data: Path, query: str) -> int:
    ran = command("events", "search", query, "--json", "--data", str(data))
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return int(found["total"])


def test_standard_input_is_the_commands_own(served: Path) -> None:
    ran = command("ingest", "-", "--json", "--data", str(served), given=record("stdin", "CreateBucket", "s"))
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["new"] == 1
    assert total(served, "stdin") == 1


def test_relative_targets_are_the_commands_own(served: Path, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "log.json").write_bytes(record("relative", "CreateBucket", "r"))
    ran = command("ingest", "../log.json", "--json", "--data", str(served), cwd=tmp_path / "below")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["new"] == 1


def test_two_commands_at_once_both_arrive(served: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_bytes(record(f"both-{name}", "CreateBucket", name))
    running = [start("ingest", str(tmp_path / f"{name}.json"), "--data", str(served)) for name in ("one", "two")]
    assert [process.communicate(timeout=60) and process.returncode for process in running] == [0, 0]
    assert total(served, "both-one OR both-two") == 2


def test_errors_keep_their_status_over_the_socket(served: Path) -> None:
    ran = command("events", "search", "bogus:1", "--data", str(served))
    assert ran.returncode == 2
    assert b"^" in ran.stderr
    assert command("ingest", "/no/such/path", "--data", str(served)).returncode == 1
    assert command("who", "nobody-knows", "--data", str(served)).returncode == 1


def test_a_watch_left_alone_neither_blocks_nor_outlives_its_command(served: Path, tmp_path: Path) -> None:
    watched = tmp_path / "in"
    watched.mkdir()
    (watched / "first.json").write_bytes(record("watched-1", "CreateBucket", "w"))
    watching = start("watch", str(watched), "--interval", "0.2", "--data", str(served))
    assert wait_for(lambda: total(served, "watched-1") == 1)
    (tmp_path / "log.json").write_bytes(record("beside-watch", "CreateBucket", "w"))
    ran = command("ingest", str(tmp_path / "log.json"), "--json", "--data", str(served))
    assert json.loads(ran.stdout)["new"] == 1
    assert stop(watching) == 130
    (watched / "second.json").write_bytes(record("watched-2", "CreateBucket", "w"))
    assert not wait_for(lambda: total(served, "watched-2"), 2.0)


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("close", {}),
        ("__init__", {}),
        ("_explain", {}),
        ("ingest", {"target": "-", "options": {}}),
        ("search", {"positional": [1, 2, 3, 4, 5]}),
        ("facet", {"positional": ["", "time); DROP TABLE events; --"]}),
        ("search", {"positional": ["x", {}]}),
    ],
)
def test_the_socket_answers_what_it_does_not_serve_with_an_error(served: Path, verb: str, arguments: Any) -> None:
    with pytest.raises(RemitError) as refused:
        list(call(served / "control.sock", verb, **arguments))
    assert not isinstance(refused.value, Unavailable)


@pytest.mark.parametrize(
    "sent", [b"\n", b"[]\n", b"{}\n", b"[" * 100_000 + b"\n", b"x" * (1 << 20) + b"\n", b"\xff\xfe\n"]
)
def test_bad_requests_harm_nobody(served: Path, sent: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(served / "control.sock"))
        client.sendall(sent)
        assert b'"error"' in client.recv(65536)
    assert total(served, "nothing-of-this") == 0


def test_a_server_that_went_away_is_unavailable_and_never_success(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        answers = call(path, "search")
        import threading

        def half_an_answer() -> None:
            connection, _ = listening.accept()
            connection.sendall(b'{"item": {"tot')
            connection.close()

        thread = threading.Thread(target=half_an_answer)
        thread.start()
        with pytest.raises(Unavailable):
            list(answers)
        thread.join()
    with pytest.raises(Unavailable):
        list(call(path, "search"))


def test_proposals_are_made_to_the_server_and_nobody_says_who_they_are(served: Path) -> None:
    ran = command("guardrails", "proposals", "--data", str(served))
    assert b"Nothing was proposed yet" in ran.stdout, ran.stderr
    assert command("guardrails", "approve", "nothing", "--data", str(served)).returncode == 2
    somebody = {"kind": "signed in", "name": "cleo@example.com", "made_by": "", "since": ""}
    for verb, given in (("as_person", [somebody]), ("caller", ["cleo@example.com", "person"])):
        with pytest.raises(RemitError, match="knows no call"):
            list(call(served / "control.sock", "ask", desk="attaching", question=verb, positional=given, named={}))
    with pytest.raises(RemitError, match="unexpected keyword"):
        list(
            call(
                served / "control.sock",
                "ask",
                desk="attaching",
                question="approve",
                positional=["nothing"],
                named={"person": somebody},
            )
        )
