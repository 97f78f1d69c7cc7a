"""The questions that the console and the API ask, timed through HTTP: a server process and one client on loopback."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any, Final
from urllib.parse import quote, urlencode

Json = dict[str, Any]
PAGE: Final = "page"
FIRST: Final = "first byte"
AGGREGATE: Final = "aggregate"
_WARM_UP: Final = 3
_OPENING_SECONDS: Final = 900
_LAST_DAY: Final = "since:2026-02-28 until:2026-02-28T23:59:59.999999Z"
_LAST_MONTH: Final = "since:2026-01-30 until:2026-02-28T23:59:59.999999Z"
"""The corpus ends on a fixed day: these are its last 24 hours and 30 days whenever this runs."""
_WINDOW: Final = "2026-01-30..2026-02-28"


def through_http(folder: str, runs: int) -> Json:
    """p50 and p95 in milliseconds of every question, to the first byte and to the last, and what a page weighs.

    The first server remembers no answers, so each run asks the index, as after every arrival; the second is the
    product as it is while nothing arrives.
    """
    with _server(Path(folder), remembers=False) as (client, seconds):
        asks = _asks(client)
        # Each once before any twice: what a person meets who asks it first of all in a fresh process.
        cold = {name: _cold(client, path) for name, _, path in asks}
        asked = [
            {"question": name, "kind": kind, "cold_ms": cold[name], **client.timed(path, runs)}
            for name, kind, path in asks
            if cold[name] is not None
        ]
        stopped = [{"question": name, "kind": kind} for name, kind, _ in asks if cold[name] is None]
        records = client.get("/api/v1/facets?fields=source")["records"]
        weights = _weights(client)
    with _server(Path(folder), remembers=True) as (client, _):
        again = {name: client.timed(path, runs) for name, _, path in asks if cold[name] is not None}
    for each in asked:
        counted = "first_p95_ms" if each["kind"] == FIRST else "p95_ms"
        each["again_ms"] = again[each["question"]][counted]
    return {"asked": asked, "stopped": stopped, "records": records, "open_seconds": seconds, "weights": weights}


class Stopped(Exception):
    """The server ended a question at its time limit."""


def _cold(client: Client, path: str) -> float | None:
    try:
        return client.ask(path)[1]
    except Stopped:
        return None


class Client:
    """One kept connection."""

    def __init__(self, address: str) -> None:
        host = address.removeprefix("http://")
        self._connection = http.client.HTTPConnection(host, timeout=120)

    def ask(self, path: str) -> tuple[float, float, bytes]:
        """Milliseconds to the first byte and to the last, and the body. Anything but 200 ends the benchmark."""
        began = time.perf_counter()
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        first = time.perf_counter() - began
        body = response.read()
        whole = time.perf_counter() - began
        if response.status == 504:
            raise Stopped(path)
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {body[:300]!r}")
        return first * 1000, whole * 1000, body

    def get(self, path: str) -> Any:
        """A JSON answer."""
        return json.loads(self.ask(path)[2])

    def timed(self, path: str, runs: int) -> Json:
        """Percentiles over so many warm runs."""
        for _ in range(_WARM_UP):
            self.ask(path)
        took = [self.ask(path) for _ in range(runs)]
        first, whole = ([each[at] for each in took] for at in (0, 1))
        return {
            "first_p95_ms": quantiles(first, n=20, method="inclusive")[18],
            "p50_ms": quantiles(whole, n=20, method="inclusive")[9],
            "p95_ms": quantiles(whole, n=20, method="inclusive")[18],
            "bytes": len(took[0][2]),
        }


def _asks(client: Client) -> list[tuple[str, str, str]]:
    """(name, kind, path): what the console and the API are asked most."""
    newest = client.get(_api("events", q=f"{_LAST_MONTH} kind:create", limit="50"))["items"]
    event = newest[len(newest) // 2]
    resource = next(r["id"] for each in newest for r in each["resources"] if r.get("id"))
    agent = client.get(_api("agents", window=_WINDOW))["agents"][0]["agent"]
    centers = (("24 hours", _LAST_DAY), ("30 days", _LAST_MONTH), ("everything", "since:2000-01-01"))
    found = [(f"Event Center, {name}: first byte", FIRST, f"/?{urlencode({'q': q})}") for name, q in centers]
    pages = (
        ("24 hours", _LAST_DAY),
        ("30 days", _LAST_MONTH),
        ("everything", ""),
        ("by an agent", f'agent:"{agent}"'),
        ("by a resource", f'resource:"{resource}"'),
        ("by an address", f"ip:{event['source_ip']}"),
        ("by a word of the text", "reports"),
    )
    found += [(f"events, {name}", PAGE, _api("events", q=q, limit="50")) for name, q in pages]
    found += [
        ("one event in full", PAGE, f"/events/{quote(event['event_id'])}"),
        ("all facets and histogram, 24 hours", AGGREGATE, _api("facets", q=_LAST_DAY)),
        ("all facets and histogram, 30 days", AGGREGATE, _api("facets", q=_LAST_MONTH)),
        ("all facets and histogram, everything", AGGREGATE, _api("facets")),
        ("all facets and histogram of one agent", AGGREGATE, _api("facets", q=f'agent:"{agent}"')),
        ("all facets and histogram of changes", AGGREGATE, _api("facets", q="kind:create,update,delete,permission")),
        ("one facet and histogram, everything", AGGREGATE, _api("facets", fields="service")),
        ("agents, 30 days", AGGREGATE, _api("agents", window=_WINDOW)),
        ("one agent against its past, 30 days", AGGREGATE, _api(f"agents/{quote(agent)}", window=_WINDOW)),
        ("who: the life of a resource", AGGREGATE, _api("who", subject=resource)),
        ("denials by cause, 30 days", AGGREGATE, _api("denials", q=_LAST_MONTH)),
    ]
    return found


def _api(path: str, **parameters: str) -> str:
    return f"/api/v1/{path}?{urlencode(parameters)}"


def _weights(client: Client) -> Json:
    """Bytes as a browser would fetch them, gzipped at level 6: the first page, its scripts and its styles."""
    _, _, page = client.ask(f"/?{urlencode({'q': _LAST_DAY})}")
    html = page.decode()
    scripts = _assets(client, re.findall(r'<script[^>]+src="([^"]+)"', html), r'(?:from|import)\s*\(?"(\.?/[^"]+)"')
    styles = _assets(client, re.findall(r'<link[^>]+rel="stylesheet"[^>]*href="([^"]+)"', html), r"$^")
    return {"html": _zipped(page), "js": sum(map(_zipped, scripts)), "css": sum(map(_zipped, styles))}


def _assets(client: Client, paths: list[str], imported: str) -> list[bytes]:
    """These files and what they import in turn, each once."""
    found: dict[str, bytes] = {}
    left = list(dict.fromkeys(paths))
    while left:
        path = left.pop()
        if path in found:
            continue
        found[path] = client.ask(path)[2]
        names = re.findall(imported, found[path].decode())
        left += [os.path.normpath(os.path.join(os.path.dirname(path), name)) for name in names]
    return list(found.values())


def _zipped(content: bytes) -> int:
    return len(gzip.compress(content, 6))


@contextmanager
def _server(folder: Path, *, remembers: bool) -> Iterator[tuple[Client, float]]:
    """``remit up`` over a data folder in a process of its own, and how many seconds it took to open."""
    began = time.perf_counter()
    forget = "" if remembers else "from remit.adapters.store.index import remembered; remembered.ENTRIES = 0; "
    command = [sys.executable, "-c", f"{forget}from remit.app.main import main; main()", "up", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            address = _address(process)
            yield Client(address), time.perf_counter() - began
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _address(process: subprocess.Popen[str]) -> str:
    """What the server says it is open on. Raises RuntimeError when it ends or takes too long."""
    assert process.stdout is not None
    until = time.monotonic() + _OPENING_SECONDS
    said = ""
    while time.monotonic() < until:
        if not select.select([process.stdout], [], [], 1)[0]:
            continue
        line = process.stdout.readline()
        if not line:
            break
        said += line
        if found := re.search(r"open on (http://\S+?)/?(?:\s|$)", line):
            return found[1]
    raise RuntimeError(f"The server did not open: {said[-400:]}")
