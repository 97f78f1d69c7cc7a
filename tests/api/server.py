"""The whole site as ``remit up`` serves it, over a real data folder, answering who has a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from remit.adapters.feeds.chunks import Chunk
from remit.adapters.store.store import Store
from remit.app.arrivals import arrivals
from remit.app.config.reading import load_configuration
from remit.app.config.schema import Auth
from remit.app.desks import LIVE, PUSH, TOKENS
from remit.app.exposure import Exposure
from remit.app.ingesting import Ingesting
from remit.app.keeping import open_desks
from remit.app.site import build_site
from remit.faces.web.streams import Streams
from remit.rooms.estate import identities_toml, records

HOST = "testserver"
END_US = 1_790_000_000_000_000


def filled(folder: Path) -> Path:
    """A data folder with one in forty records of the demonstration estate, of every kind."""
    with Store.open(folder, "test") as store:
        (folder / "identities.toml").write_text(identities_toml(), encoding="utf-8")
        work = Ingesting(store, {"feed": "estate"}, lambda state: None)
        work.conclude(work.chunks(Chunk("estate", lines, 0) for lines in _shares()), 0.0)
    return folder


def _shares() -> Iterator[list[bytes]]:
    for feed in records(END_US):
        if feed.data_source == "cloudtrail":
            yield [json.dumps(record).encode() for record in json.loads(feed.content)["Records"][::40]]
        elif b"\n" in feed.content.strip() and feed.content.lstrip()[:1] == b"{":
            yield feed.content.splitlines()[::40]


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
