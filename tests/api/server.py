"""The whole site as ``remit up`` serves it, over a real data folder, answering who has a token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.estate_store import fill, share

from remit.adapters.store.store import Store
from remit.app.arrivals import arrivals
from remit.app.config.reading import load_configuration
from remit.app.config.schema import Auth
from remit.app.desks import LIVE, PUSH, TOKENS
from remit.app.exposure import Exposure
from remit.app.keeping import open_desks
from remit.app.site import build_site
from remit.faces.web.streams import Streams

HOST = "testserver"


def filled(folder: Path) -> Path:
    """A data folder with one in forty records of the demonstration estate, of every kind."""
    with Store.open(folder, "test") as store:
        fill(store, folder, share(40))
    return folder


@contextmanager
def served(folder: Path, *scopes: str) -> Iterator[tuple[Any, str]]:
    """The site of a data folder, and a token of it with these scopes."""
    exposed = Exposure("127.0.0.1", "token", "", "", frozenset({HOST}))
    with Store.open(folder, "test") as store:
        desks = open_desks(store)
        streams = Streams(desks[LIVE])
        token = desks[TOKENS].create("test", scopes)["secret"]
        with arrivals(store, load_configuration(folder), [], lambda _: None) as desks[PUSH]:
            try:
                yield build_site(desks, exposed, Auth(), 8420, streams, demo=False, notices=list), token
            finally:
                streams.close()
