"""A stand-in for CloudTrail's LookupEvents on loopback: AWS JSON 1.1, pages of fifty, and the moods of the service."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TARGET = "CloudTrail_20131101.LookupEvents"


class StaleToken(Exception):
    """The token belongs to a request with other parameters, which the service refuses."""


@dataclass
class History:
    """What one account's history holds and how it answers. Each of ``moods`` (call number to error code) is used once;
    ``denied`` regions never answer."""

    events: list[dict[str, Any]]
    moods: dict[int, str] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    calls: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, target: str, region: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of one call."""
        with self.lock:
            self.calls.append({**asked, "region": region})
            mood = self.moods.pop(len(self.calls) - 1, None)
        if not target.endswith(TARGET) or asked["MaxResults"] > 50:
            return 400, {"__type": "ValidationException", "message": target}
        if region in self.denied:
            return 400, {"__type": "AccessDeniedException", "Message": f"not allowed in {region}"}
        if mood:
            return 400, {"__type": mood, "message": "as arranged"}
        try:
            return 200, self._page(region, asked)
        except StaleToken:
            return 400, {"__type": "InvalidNextTokenException", "message": "a token for another request"}

    def _page(self, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        (attribute,) = asked["LookupAttributes"]
        assert attribute["AttributeKey"] == "ReadOnly"
        found = [
            event
            for event in self.events
            if event["region"] == region
            and str(event["read_only"]).lower() == attribute["AttributeValue"]
            and asked["StartTime"] <= event["at"] <= asked["EndTime"]
        ]
        found.sort(key=lambda event: -event["at"])
        wanted = json.dumps([asked["StartTime"], asked["EndTime"], attribute])
        position, _, given_for = asked.get("NextToken", f"0 {wanted}").partition(" ")
        if given_for != wanted:
            raise StaleToken
        start = int(position)
        page = [_element(event) for event in found[start : start + asked["MaxResults"]]]
        more = {"NextToken": f"{start + len(page)} {wanted}"} if start + len(page) < len(found) else {}
        return {"Events": page, **more}


def _element(event: dict[str, Any]) -> dict[str, Any]:
    record = event["record"]
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventTime": event["at"],
        "ReadOnly": str(event["read_only"]).lower(),
        "CloudTrailEvent": json.dumps(record),
    }


@contextmanager
def serving(history: History) -> Iterator[str]:
    """The endpoint of a server that answers from ``history``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            region = self.headers["Authorization"].split("/")[2]
            status, body = history.answer(self.headers["X-Amz-Target"], region, asked)
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
