"""Calls that come over the control socket: questions to the desk, and long work with its progress."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, Final

from remit.adapters.store.lease import keeper
from remit.adapters.store.store import Store
from remit.app.desks import ASKED, STREAMED
from remit.app.keeping import work
from remit.model.errors import KeeperBusy, RemitError, Unavailable, UsageError

Json = dict[str, Any]
WORKED: Final = frozenset({"ingest", "watch", "connect_aws", "reattribute", "erase", "expire", "maintain"})


class Answering:
    """Serves calls. A process that keeps the folder for one piece of work answers questions and takes no more work."""

    def __init__(self, store: Store, desks: Mapping[str, Any], *, works: bool) -> None:
        self._store = store
        self._desks = desks
        self._works = works
        self._one_at_a_time = store.working

    def __call__(self, verb: str, arguments: Json, gone: threading.Event) -> Iterator[Any]:
        if verb == "ask":
            return self._ask(str(arguments.get("desk")), str(arguments.get("question")), arguments, gone)
        if verb in WORKED:
            if not self._works:
                raise KeeperBusy(
                    f"The data folder is kept by {keeper(self._store.folder)}, which is at work and takes no more",
                    where=str(self._store.folder),
                    remedy="Wait for it, or keep the folder with `remit up`, which takes any number.",
                )
            if arguments.get("target") == "-":
                raise UsageError("The server cannot read another process's standard input")
            return self._work(verb, arguments, gone)
        raise UsageError(f"The keeper knows no call {verb!r}")

    def _ask(self, name: str, verb: str, arguments: Json, gone: threading.Event) -> Iterator[Any]:
        if verb not in ASKED.get(name, ()) or name not in self._desks:
            raise UsageError(f"The keeper knows no call {name}.{verb}")
        named = {**arguments.get("named", {}), **({"gone": gone} if verb == "tail" else {})}
        answer = getattr(self._desks[name], verb)(*arguments.get("positional", ()), **named)
        return answer if verb in STREAMED.get(name, ()) else iter([answer])

    def _work(self, verb: str, arguments: Json, gone: threading.Event) -> Iterator[Json]:
        said: queue.Queue[Json | BaseException | None] = queue.Queue()
        threading.Thread(target=self._run, args=(verb, arguments, said, gone), daemon=True).start()
        try:
            while (item := said.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            gone.set()

    def _run(self, verb: str, arguments: Json, said: queue.Queue[Any], gone: threading.Event) -> None:
        def tell(state: Json) -> None:
            if gone.is_set() and verb != "watch":
                raise Unavailable("The command that asked for this work was stopped")
            said.put({"progress": state})

        try:
            # A watch waits for files most of its life, so it takes its turns by itself.
            with nullcontext() if verb == "watch" else self._one_at_a_time:
                if not gone.is_set():
                    said.put({"result": work(self._store, verb, arguments, tell, gone, self._one_at_a_time)})
        except RemitError as error:
            said.put(error)
        except Exception as error:
            said.put(RemitError(f"{verb} failed: {type(error).__name__}: {error}"))
        finally:
            said.put(None)
