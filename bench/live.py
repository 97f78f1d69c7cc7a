"""From a delivery, and from a file in a watched folder, to a line of a stream: a server and a client on loopback."""

from __future__ import annotations

import http.client
import json
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

Json = dict[str, Any]
_OPENING_SECONDS: Final = 900
_BREATH_SECONDS: Final = 0.3
"""Between two events, so that each is a first one and not part of the last one's lot."""


def live(folder: str, runs: int) -> Json:
    """p50 and p95 in seconds over so many events each, at a store that is there or at an empty one. The first event of
    all, which loads what a fresh process has not loaded yet, is told apart."""
    with tempfile.TemporaryDirectory(prefix="remit-live-") as above, _server(Path(folder), Path(above)) as address:
        stream = _Stream(address)
        records = stream.records()

        def push(name: str) -> None:
            connection = http.client.HTTPConnection(address, timeout=60)
            connection.request("POST", "/api/v1/events/cloudtrail", json.dumps(_record(name)))
            if connection.getresponse().status != 202:
                raise RuntimeError("A delivery was refused")
            connection.close()

        def appear(name: str) -> None:
            writing = Path(above) / f".{name}"
            writing.write_text(json.dumps(_record(name)), encoding="utf-8")
            writing.rename(Path(above) / f"{name}.json")

        measured = [("a delivery", push), ("a file in a watched folder", appear)]
        first = _timed(stream, push, 1)["p50_s"]
        return {
            "records": records,
            "first_s": first,
            "asked": [{"feed": name, **_timed(stream, act, runs)} for name, act in measured],
        }


def _timed(stream: _Stream, act: Callable[[str], None], runs: int) -> Json:
    took = []
    for run in range(runs):
        name = f"live-{time.time_ns()}-{run}"
        began = time.perf_counter()
        act(name)
        stream.wait_for(name)
        took.append(time.perf_counter() - began)
        time.sleep(_BREATH_SECONDS)
    shares = quantiles(took * 2 if runs == 1 else took, n=20, method="inclusive")
    return {"p50_s": shares[9], "p95_s": shares[18], "runs": runs}


class _Stream:
    """A client of the stream of every event."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection = http.client.HTTPConnection(address, timeout=120)
        self._connection.request("GET", "/api/v1/events/stream")
        self._answer = self._connection.getresponse()
        self._answer.readline()

    def wait_for(self, name: str) -> None:
        """Read on to the event of this name."""
        while name.encode() not in self._answer.readline():
            pass

    def records(self) -> int:
        """How many records the server's store holds."""
        connection = http.client.HTTPConnection(self._address, timeout=120)
        connection.request("GET", "/api/v1/events?limit=1")
        return int(json.loads(connection.getresponse().read())["total"])


def _record(name: str) -> Json:
    return {
        "eventVersion": "1.11",
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": "s3.amazonaws.com",
        "eventName": "CreateBucket",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31.0",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/jane", "accountId": "111122223333"},
        "requestParameters": {"bucketName": name},
        "eventID": name,
        "recipientAccountId": "111122223333",
    }


@contextmanager
def _server(folder: Path, watched: Path) -> Iterator[str]:
    """``remit up`` over a data folder, watching another; its host and port."""
    program = [sys.executable, "-c", "from remit.app.main import main; main()", "up", "--port", "0"]
    more = ["--data", str(folder), "--watch", str(watched)]
    with subprocess.Popen([*program, *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield _address(process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    until = time.monotonic() + _OPENING_SECONDS
    said = ""
    while time.monotonic() < until and process.poll() is None:
        if select.select([process.stdout], [], [], 1)[0]:
            said += process.stdout.readline()
        if found := re.search(r"open on http://([^/\s]+)", said):
            return found[1]
    raise RuntimeError(f"The server did not open: {said[-400:]}")


if __name__ == "__main__":
    print(json.dumps(live(sys.argv[1], int(sys.argv[2])), indent=1))
