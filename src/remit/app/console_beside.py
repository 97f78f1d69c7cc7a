"""A console that keeps nothing: which calls are its keeper's, and how old what it shows may be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn

from remit.adapters.store.beside import StoreBeside
from remit.adapters.store.shared_lease import keeper_of, named, seen_ago
from remit.app.desks import ALERTS, FEEDS, IDENTITIES, ORGANIZATION, PUSH
from remit.app.push_desk import MOST_BYTES
from remit.model.errors import StoreError

LOOK_SECONDS: Final = 0.5
"""Between two looks at the lake."""
LONGEST_LOOK_SECONDS: Final = 2.0
"""The same while nothing comes, where each look is three requests that are paid for."""
OLD_SECONDS: Final = 30.0
"""From what age on a page says how old it may be."""
_ASKED_SECONDS: Final = 1.0
_CHANNEL: Final = "Setting or trying a channel, whose secrets the keeper has,"
_INBOX: Final = "Deliveries that wait in the keeper's inbox are not counted on this console."
REFUSED: Final[Mapping[str, Mapping[str, str]]] = {
    FEEDS: {"retry": "Reading a feed again"},
    IDENTITIES: {"map": "Mapping an identity", "judge_again": "Judging events again"},
    ORGANIZATION: {"take": "Taking the organization"},
    ALERTS: dict.fromkeys(("add_channel", "remove_channel", "test_channel", "test"), _CHANNEL),
}
"""Desk -> the calls that write something only a keeper has, in words."""


class Refusing:
    """A desk without some of its calls."""

    def __init__(self, desk: Any, refused: Mapping[str, str], refuse: Callable[[str], NoReturn]) -> None:
        self._desk = desk
        self._refused = refused
        self._refuse = refuse

    def __getattr__(self, call: str) -> Any:
        what = self._refused.get(call)
        return getattr(self._desk, call) if what is None else lambda *_, **__: self._refuse(what)


class FeedsBeside(Refusing):
    """The desk of feeds, which says what it cannot know."""

    def list(self) -> dict[str, Any]:
        """Every feed."""
        found: dict[str, Any] = self._desk.list()
        return {**found, "note": f"{found['note']} {_INBOX}"}


class NoPushes:
    """The desk of deliveries of a server that takes none."""

    most = MOST_BYTES

    def __init__(self, refuse: Callable[[str], NoReturn]) -> None:
        self._refuse = refuse

    def signs(self, form: str) -> bool:  # noqa: ARG002
        """No signature is checked here."""
        return False

    def begin(self, *_: Any, **__: Any) -> NoReturn:
        """Refused."""
        self._refuse("Taking a delivery")


def desks_beside(desks: Mapping[str, Any], store: StoreBeside) -> dict[str, Any]:
    """The desks of a store beside another, with what only its keeper can do refused."""
    refusing = {name: Refusing(desks[name], calls, store.refuse) for name, calls in REFUSED.items()}
    refusing[FEEDS] = FeedsBeside(desks[FEEDS], REFUSED[FEEDS], store.refuse)
    return {**desks, **refusing, PUSH: NoPushes(store.refuse)}


class Age:
    """How old what a console shows may be: since it last saw the lake, or since its keeper last said that it lives."""

    def __init__(self, store: StoreBeside, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: tuple[float, Mapping[str, Any]] = (0.0, MappingProxyType({}))

    def seconds(self) -> float:
        """The greater of the two, in seconds."""
        return max(0.0, self._clock() - self._store.looked, self._silence())

    def told(self) -> str:
        """In words."""
        return f"what is shown may be {self.seconds():.0f} seconds old"

    def notices(self) -> list[str]:
        """What every page says while it is old."""
        known = self._known()
        unseen = self._clock() - self._store.looked
        said = [known["trouble"]] if known.get("trouble") else []
        if unseen > OLD_SECONDS:
            said.append(f"The lake was last seen {unseen:.0f} seconds ago: what was stored since is not shown.")
        if (silent := self._silence()) > OLD_SECONDS:
            said.append(
                f"The keeper, {named(known.get('keeper'))}, was last seen {silent:.0f} seconds ago: "
                "what happened since is stored once it is back."
            )
        return said

    def _silence(self) -> float:
        return seen_ago(self._known().get("keeper")) or 0.0

    def _known(self) -> Mapping[str, Any]:
        """What the state says of the keeper; asked once a second however many pages are shown."""
        with self._lock:
            at, known = self._asked
            if self._clock() - at < _ASKED_SECONDS:
                return known
            try:
                known = {"keeper": keeper_of(self._store.state)}
            except StoreError as error:
                known = {**known, "trouble": str(error)}
            self._asked = (self._clock(), known)
            return known
