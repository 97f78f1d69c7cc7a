"""The control socket: how a command reaches the process that keeps the data folder.

One Unix socket, mode 0600, beside the lake. A request is one JSON line ``{"call", "args"}``; the answer is JSON lines
``{"item"}`` … then ``{"end"}``, or ``{"error"}`` with the error's own code, words and exit status. It speaks to the
same user on the same machine only.
"""

from __future__ import annotations

import json
import os
import socket
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from remit.app.desks import QUESTIONS, STREAMED
from remit.model.errors import QueryError, RemitError, Unavailable

SOCKET_NAME: Final = "control.sock"
_PRIVATE: Final = "remit-control-"
_REQUEST_LIMIT: Final = 80 << 20
"""Bytes of one request: an organization file and a policy, as JSON."""
_PATH_LIMIT: Final = 100  # the kernel takes 107 bytes
Handler = Callable[[str, dict[str, Any], threading.Event], Iterator[Any]]
"""(call, arguments, gone) to the items of its answer; ``gone`` is set when nobody waits for it any more. An item that
is ``None`` is not sent."""


class ControlServer:
    """Serves one data folder's control socket from a thread."""

    def __init__(self, path: Path, handle: Handler) -> None:
        self.path = path
        with suppress(FileNotFoundError):
            self.path.unlink()
        before = os.umask(0o177)
        try:
            self._server = _Server(str(self.path), _Conversation)
        finally:
            os.umask(before)
        self._server.handle = handle
        self._thread = threading.Thread(target=self._server.serve_forever, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and remove the socket."""
        self._server.shutdown()
        self._server.server_close()
        with suppress(FileNotFoundError):
            self.path.unlink()
        give_up(self.path)


def control_path(folder: Path) -> Path:
    """Where a data folder's socket goes: into it, or a private temporary folder where the path grows too long."""
    path = folder / SOCKET_NAME
    if len(os.fsencode(path)) < _PATH_LIMIT:
        return path
    return Path(tempfile.mkdtemp(prefix=_PRIVATE)) / SOCKET_NAME


def give_up(path: Path) -> None:
    """Remove the private folder of a socket that is not, or no longer, there."""
    if path.parent.name.startswith(_PRIVATE):
        with suppress(OSError):
            path.parent.rmdir()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128
    handle: Handler


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Server)  # noqa: S101 - a type the library does not tell
        gone = threading.Event()
        with suppress(BrokenPipeError, ConnectionResetError):
            try:
                request = json.loads(self.rfile.readline(_REQUEST_LIMIT))
                threading.Thread(target=self._listen, args=(gone,), daemon=True).start()
                for item in server.handle(str(request["call"]), dict(request["args"]), gone):
                    if item is not None:
                        self._say({"item": item})
                self._say({"end": True})
            except RemitError as error:
                self._say({"error": _spelled(error)})
            except (BrokenPipeError, ConnectionResetError):
                raise
            except Exception as error:  # whatever it was, the other side is told
                said = f"The request cannot be served: {type(error).__name__}: {error}"
                self._say({"error": _spelled(RemitError(said))})
        gone.set()

    def _listen(self, gone: threading.Event) -> None:
        """Nothing more is expected from the other side, so what ends this wait is its leaving."""
        with suppress(OSError, ValueError):
            self.connection.recv(1)
        gone.set()

    def _say(self, message: dict[str, Any]) -> None:
        self.wfile.write(json.dumps(message, default=str).encode() + b"\n")
        self.wfile.flush()


def _spelled(error: RemitError) -> dict[str, Any]:
    place = {"text": error.text, "column": error.column} if isinstance(error, QueryError) else {}
    return {
        "code": error.code,
        "exit_status": error.exit_status,
        "what": error.what,
        "where": error.where,
        "remedy": error.remedy,
        **place,
    }


def call(path: Path, verb: str, **arguments: Any) -> Iterator[Any]:
    """Ask the keeper; yields the items of its answer and raises its errors as they were."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise Unavailable(
            "The process that keeps this data folder does not answer", where=str(path), remedy="Try again in a moment."
        ) from error
    request = json.dumps({"call": verb, "args": arguments}, default=str).encode() + b"\n"
    try:
        with connection, connection.makefile("rb") as stream:
            connection.sendall(request)
            for line in stream:
                message = json.loads(line)
                if "error" in message:
                    raise _revived(message["error"])
                if "end" in message:
                    return
                yield message["item"]
    except (OSError, ValueError) as error:
        # Also a BrokenPipeError: it must not pass for a reader of ours that went away.
        raise _silent(path) from error
    raise _silent(path)


def _silent(path: Path) -> Unavailable:
    remedy = "It may have been stopped: run the same command again."
    return Unavailable("The process that keeps this data folder stopped answering", where=str(path), remedy=remedy)


def _revived(spelled: dict[str, Any]) -> RemitError:
    if "column" in spelled:
        return QueryError(spelled["what"], text=spelled["text"], column=spelled["column"], remedy=spelled["remedy"])
    error = RemitError(spelled["what"], where=spelled["where"], remedy=spelled["remedy"])
    error.code = spelled["code"]
    error.exit_status = spelled["exit_status"]
    return error


class RemoteDesk:
    """The desk of another process, over its control socket."""

    def __init__(self, path: Path, name: str = QUESTIONS) -> None:
        self._path = path
        self._name = name

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        def ask(*arguments: Any, **named: Any) -> Any:
            items = call(self._path, "ask", desk=self._name, question=verb, positional=list(arguments), named=named)
            return items if verb in STREAMED.get(self._name, ()) else next(items, None)

        return ask
