"""A real ``remit up`` for a test, and a browser of plain HTTP that keeps its cookies."""

from __future__ import annotations

import http.client
import os
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.app.conftest import PROGRAM, command, wait_for

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """A response; header names in lower case, of several only the last."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass
class Browser:
    """Asks one server. ``cookies`` are sent with each request and kept as the server sets them."""

    address: str
    certificate: Path | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    set_cookies: list[str] = field(default_factory=list)

    def ask(self, target: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
        """One request; ``target`` is what the request line says. Redirects are not followed."""
        connection = self._connection()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, target, body or None, sent)
            answer = connection.getresponse()
            self._keep(answer.headers.get_all("Set-Cookie") or [])
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def post(self, target: str, form: Headers, **headers: str) -> Answer:
        """A form of this server, posted as its own page would."""
        sent = {"Origin": self.address, "Content-Type": "application/x-www-form-urlencoded", **headers}
        return self.ask(target, "POST", urlencode(form), **sent)

    def follow(self, answer: Answer) -> Answer:
        """Where an answer of this server leads on this server."""
        parts = urlsplit(answer.headers["location"])
        return self.ask(parts.path + (f"?{parts.query}" if parts.query else ""))

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.address)
        assert parts.hostname
        if parts.scheme == "http":
            return http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        context = ssl.create_default_context(cafile=self.certificate)
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=60, context=context)

    def _keep(self, said: list[str]) -> None:
        self.set_cookies += said
        for text in said:
            name, _, value = text.partition(";")[0].partition("=")
            if value and value != '""':
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)


@dataclass(frozen=True)
class Served:
    """A running server: its data folder, its address as it printed it, and all it said."""

    folder: Path
    address: str
    said: list[str]
    certificate: Path | None = None

    def browser(self) -> Browser:
        """A browser without cookies."""
        return Browser(self.address, self.certificate)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command line on this server's folder."""
        done = command(*arguments, "--data", str(self.folder))
        told = (done.stdout.decode(), done.stderr.decode())
        return subprocess.CompletedProcess(done.args, done.returncode, *told)


@contextmanager
def served(
    folder: Path,
    config: str = "",
    certificate: Path | None = None,
    environ: Mapping[str, str] | None = None,
    port: int = 0,
) -> Iterator[Served]:
    """``remit up`` on a data folder with this configuration, on a free port or this, until the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "remit.toml").write_text(config)
    line = [*PROGRAM, "up", "--data", str(folder), "--port", str(port)]
    said: list[str] = []
    process = subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environ or {})},
    )
    assert process.stderr is not None
    reading = threading.Thread(target=lambda: said.extend(line.decode() for line in process.stderr or ()), daemon=True)
    reading.start()
    try:
        assert wait_for(lambda: any("is open on" in text for text in said) or process.poll() is not None, 60), said
        found = re.search(r"is open on (\S+?)/ ", "".join(said))
        assert found, said
        yield Served(folder, found[1], said, certificate)
        assert process.poll() is None, said
    finally:
        if process.poll() is None:
            process.send_signal(2)
        process.wait(60)
        reading.join(5)
        process.stderr.close()


def refused(folder: Path, *arguments: str, config: str = "") -> tuple[int, str]:
    """The status and words of a ``remit up`` that does not start."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "remit.toml").write_text(config)
    line = [*PROGRAM, "up", "--data", str(folder), "--port", "0", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr
