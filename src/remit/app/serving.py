"""``remit up``: one process that keeps a data folder, shows the console and answers commands."""

from __future__ import annotations

import dataclasses
import signal
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from starlette.types import ASGIApp

from remit.adapters.store.beside import StoreBeside, Watching
from remit.adapters.store.place import S3
from remit.adapters.store.store import Store
from remit.app import demo
from remit.app.alert_runner import AlertRunner
from remit.app.answering import Answering
from remit.app.arrivals import arrivals
from remit.app.bounds import bounded
from remit.app.config.reading import load_configuration
from remit.app.config.schema import Configuration
from remit.app.connections import PatientProtocol, most_connections
from remit.app.console_beside import LONGEST_LOOK_SECONDS, LOOK_SECONDS, Age, desks_beside
from remit.app.control import ControlServer, control_path
from remit.app.desks import ALERTS, IDENTITIES, LIVE, METRICS, PUSH
from remit.app.exposure import Exposure, exposure
from remit.app.ingesting import settle_store
from remit.app.keeping import open_desks
from remit.app.maintaining import Maintaining
from remit.app.opening import CONSOLE, open_store
from remit.app.removing import finish_interrupted
from remit.app.retaining import Retaining
from remit.app.shared_keeping import SharedKeeping
from remit.app.site import build_site
from remit.app.watched import WatchedEvents
from remit.faces.web.streams import Streams
from remit.model.errors import UsageError

Json = dict[str, Any]
Say = Callable[[str], None]
_NOTICES: Final = 20
_STALLED_MS: Final = 45_000


def serve(data: Path, options: Json, say: Say) -> None:
    """Serve until stopped."""
    folder = data if options["data_given"] or not options["demo"] else data.with_name(f"{data.name}-demo")
    folder = folder.absolute()  # commands find the control socket from wherever they are
    configured = _beside(load_configuration(folder, options["config"]), options)
    host = options["host"] or configured.server.host
    exposed = exposure(configured, host)
    listening = _listen(host, configured.server.port if options["port"] is None else options["port"])
    port = listening.getsockname()[1]
    address = exposed.address(port)
    filling = options["demo"] and demo.prepare(folder, say)
    socket_path = control_path(_made(folder))
    noticed: deque[str] = deque(maxlen=_NOTICES)

    def notice(text: str) -> None:
        noticed.append(text)
        say(text)

    with (
        _ended_by_sigterm() as asked_to_end,
        listening,
        open_store(folder, "server", notice, control=f"{socket_path}|{address}", configured=configured) as store,
    ):
        store.keep = configured.retention.keep
        age = Age(store) if isinstance(store, StoreBeside) else None
        _begin(store, notice, say, filling=filling)
        desks = _desks(store, configured, address, age)
        streams = Streams(desks[LIVE])
        with _going_on(store, desks, configured, options["watch"], socket_path, address, notice):
            if store.keep:
                say(f"Events older than {store.keep} are removed for good, now and once a day.")
            say(f"Remit is open on {address}/  (data: {folder}; stop with Ctrl-C)")
            shown = lambda: [*noticed, *desks[IDENTITIES].notices(), *(age.notices() if age else ())]  # noqa: E731
            told = {"demo": options["demo"], "notices": shown, "standing": age.told if age else lambda: ""}
            site = build_site(desks, exposed, configured.auth, port, streams, **told)
            _run(site, listening, exposed, streams.close, asked_to_end)


def _begin(store: Store, notice: Say, say: Say, *, filling: bool) -> None:
    """What has to be done before anything is answered; nothing for a console beside a keeper."""
    if filling:
        say("Making the demonstration estate ...")
        demo.fill(store, say)
    elif not isinstance(store, StoreBeside):
        finish_interrupted(store, notice)
        settle_store(store)  # an ingest that was cut off may have left joins unmade


def _refuse_mixing(lake: str) -> None:
    """The demonstration's made-up events belong beside nobody's real ones."""
    if lake:
        raise UsageError(
            "The demonstration has a lake of its own",
            where=lake,
            remedy="Take out lake.url, and REMIT_LAKE_URL from the environment.",
        )


def _beside(configured: Configuration, options: Json) -> Configuration:
    """The configuration with what the command says of a console that keeps nothing."""
    if options["beside"]:
        server = dataclasses.replace(configured.server, role=CONSOLE)
        url = options["beside"] if "://" in options["beside"] else str(Path(options["beside"]).absolute())
        configured = dataclasses.replace(configured, server=server, lake=dataclasses.replace(configured.lake, url=url))
    if configured.server.role == CONSOLE and (options["demo"] or options["watch"]):
        raise UsageError("A console that keeps nothing stores nothing", remedy="Leave out --demo and --watch.")
    if options["demo"]:
        _refuse_mixing(configured.lake.url)
    return configured


def _desks(store: Store, configured: Configuration, address: str, age: Age | None) -> dict[str, Any]:
    desks = open_desks(store, configured, address)
    if isinstance(store, StoreBeside) and age is not None:
        desks[METRICS].view_age = age.seconds
        desks = desks_beside(desks, store)
    return bounded(desks, configured.questions)


@contextmanager
def _going_on(
    store: Store,
    desks: dict[str, Any],
    configured: Configuration,
    watched: Sequence[str],
    socket_path: Path,
    address: str,
    notice: Say,
) -> Iterator[None]:
    """What a server does besides answering requests: a keeper takes in what arrives and looks after its store, a
    console beside one follows the lake."""
    with ExitStack() as ending:
        if isinstance(store, StoreBeside):
            ending.enter_context(_answering(store, desks, socket_path))
            longest = LONGEST_LOOK_SECONDS if store.lake.storage.place.startswith(S3) else LOOK_SECONDS
            ending.enter_context(Watching(store, LOOK_SECONDS, notice, longest))
        else:
            ending.enter_context(SharedKeeping(store, notice))
            desks[PUSH] = ending.enter_context(arrivals(store, configured, watched, notice))
            ending.enter_context(_at_work(store, desks, socket_path, address, notice))
        yield


@contextmanager
def _answering(store: Store, desks: Mapping[str, Any], socket_path: Path) -> Iterator[None]:
    """Commands of this machine are answered."""
    with ExitStack() as ending:
        # Before there is a socket: whoever stops the server just then finds none left behind.
        ending.callback(socket_path.unlink, missing_ok=True)
        ending.callback(ControlServer(socket_path, Answering(store, desks, works=True)).close)
        yield


@contextmanager
def _at_work(store: Store, desks: Mapping[str, Any], socket_path: Path, address: str, notice: Say) -> Iterator[None]:
    """What goes on beside answering requests: commands are answered, alerts are looked at and their messages sent, old
    events are removed and the store is maintained."""
    with ExitStack() as ending:
        ending.enter_context(_answering(store, desks, socket_path))
        alerts = AlertRunner(WatchedEvents(store.index), desks[ALERTS], address, store.check_lease)
        ending.callback(alerts.close)
        alerts.start()
        ending.enter_context(Retaining(store, notice))
        ending.enter_context(Maintaining(store, notice))
        yield


@contextmanager
def _ended_by_sigterm() -> Iterator[threading.Event]:
    """SIGTERM ends the server as Ctrl-C does, so that what is open is closed and the lease given back.

    Gives whether it came: what a handler raises is lost where Python runs it in a finalizer or a library's callback.
    """
    asked = threading.Event()

    def stop(number: int, frame: object) -> None:  # noqa: ARG001 - the signal module's form
        asked.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(
    app: ASGIApp, listening: socket.socket, exposed: Exposure, ending: Callable[[], None], asked_to_end: threading.Event
) -> None:
    """Answer requests until stopped; ``ending`` is called as soon as that is asked for. Stops at once when it was asked
    to end before it could answer."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self.should_exit = self.should_exit or asked_to_end.is_set()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            ending()  # it waits for answers under way, and a stream would never end by itself
            await super().shutdown(sockets)

    class Protocol(PatientProtocol):
        most = most_connections()

    certificate, key = exposed.certificate or (None, None)
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        log_level="error",  # a line for each request that cannot be read would let anybody fill the log
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
        proxy_headers=False,  # whose word is taken is decided by faces/web/proxy.py
        server_header=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # accepted connections inherit it: a client that takes nothing is cut off
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_MS)
    # asyncio does this by itself only of sockets made with a protocol's number. Without it the rest of an answer waits
    # 40 ms for the client to acknowledge its beginning.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"Port {port} on {host} cannot be used: {error.strerror}", remedy="Choose another with --port."
        ) from error
    return listening


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
