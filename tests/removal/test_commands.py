"""The commands on a folder that a server keeps: it does the work, goes on answering, and shows it in the journal."""

from __future__ import annotations

import json
import threading
from urllib.request import urlopen

from tests.app.cloudtrail import record
from tests.app.conftest import command, served  # noqa: F401 - a fixture

from remit.adapters.store.lease import holder

WHO = "maya@example.com"


def test_a_server_erases_while_it_answers_and_the_journal_tells_it(served, tmp_path):  # noqa: F811
    named = [record(f"her-{n}", "PutObject", "a", sourceIPAddress=WHO) for n in range(20)]
    others = [record(f"other-{n}", "PutObject", "b") for n in range(20)]
    logs = tmp_path / "logs.jsonl"
    logs.write_bytes(b"\n".join([*named, *others]) + b"\n")
    data = ["--data", str(served)]
    assert command("ingest", str(logs), *data).returncode == 0
    address = holder(served)["control"].rpartition("|")[2]
    statuses, stop = [], threading.Event()

    def ask() -> None:
        while not stop.is_set():
            with urlopen(f"{address}/") as answer:
                statuses.append(answer.status)

    asking = threading.Thread(target=ask)
    asking.start()
    unconfirmed = command("erase", WHO, *data)
    done = command("erase", WHO, "--yes", "--json", *data)
    stop.set()
    asking.join()
    assert (unconfirmed.returncode, b"named by 20 events" in unconfirmed.stdout) == (2, True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["events"], told["proof"]["found"]) == (20, 0)
    assert set(statuses) == {200}
    again = json.loads(command("ingest", str(logs), "--json", *data).stdout)
    assert (again["new"], again["erased"], again["duplicate"]) == (0, 20, 20)
    with urlopen(f"{address}/settings/journal") as answer:
        page = answer.read().decode()
    assert "erased a subject" in page
    assert told["subject_digest"] in page
    assert WHO not in page
