"""``remit up``: one process that keeps a data folder, shows the console and answers commands."""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from starlette.types import ASGIApp

from remit.adapters.store.store import Store
from remit.app import demo
from remit.app.answering import Answering
from remit.app.control import ControlServer, control_path
from remit.app.ingesting import settle_store
from remit.app.keeping import open_desks
from remit.app.site import build_site
from remit.model.errors import ConfigError, UsageError

Json = dict[str, Any]
Say = Callable[[str], None]
_NOTICES: Final = 20


def serve(data: Path, options: Json, say: Say) -> None:
    """Serve until stopped."""
    _refuse_strangers(options["host"])
    listening = _listen(options["host"], options["port"])
    host = f"[{options['host']}]" if ":" in options["host"] else options["host"]
    address = f"http://{host}:{listening.getsockname()[1]}"
    folder = data if options["data_given"] or not options["demo"] else data.with_name(f"{data.name}-demo")
    folder = folder.absolute()  # commands find the control socket from wherever they are
    filling = options["demo"] and demo.prepare(folder, say)
    socket_path = control_path(_made(folder))
    noticed: deque[str] = deque(maxlen=_NOTICES)

    def notice(text: str) -> None:
        noticed.append(text)
        say(text)

    with (
        _ended_by_sigterm(),
        listening,
        Store.open(folder, "server", notice, control=f"{socket_path}|{address}") as store,
    ):
        if filling:
            say("Making the demonstration estate ...")
            demo.fill(store, say)
        else:
            settle_store(store)  # an ingest that was cut off may have left joins unmade
        desks = open_desks(store)
        control = ControlServer(socket_path, Answering(store, desks, works=True))
        try:
            say(f"Remit is open on {address}/  (data: {folder}; stop with Ctrl-C)")
            _run(build_site(desks, address, demo=options["demo"], notices=lambda: list(noticed)), listening)
        finally:
            control.close()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the server as Ctrl-C does, so that what is open is closed and the lease given back."""

    def stop(number: int, frame: object) -> None:  # noqa: ARG001 - the signal module's form
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(app: ASGIApp, listening: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"Port {port} on {host} cannot be used: {error.strerror}", remedy="Choose another with --port."
        ) from error
    return listening


def _refuse_strangers(host: str) -> None:
    """Without sign-in, only this machine may reach the console."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigError(
            f"{host} is not a loopback address, and this version has no sign-in",
            remedy="Use 127.0.0.1, and reach it through an SSH tunnel or an authenticating proxy on this machine.",
        )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
