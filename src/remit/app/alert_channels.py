"""Channels: where alerts go. What is secret about one is in the file of secrets; what is shown of it, in the state."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final

from remit.adapters.channels.post import check_url
from remit.adapters.channels.slack import send_slack
from remit.adapters.channels.webhook import send_webhook
from remit.adapters.store.secrets import Secrets, shown_url
from remit.adapters.store.state.deliveries import ChannelRecords
from remit.adapters.store.state.state import State
from remit.app.alert_book import iso, spelled
from remit.model.errors import NotFound, RemitError, UsageError

Json = dict[str, Any]
KINDS: Final = ("slack", "webhook")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}", re.ASCII)
_SHORTEST_SECRET: Final = 16


class Channels:
    """Every channel by name, and the way to send through one (``flows.alerting.ports.Sender``)."""

    def __init__(self, state: State, secrets: Secrets, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._records = ChannelRecords(state)
        self._secrets = secrets
        self._clock = clock

    def all(self) -> list[Json]:
        """``[{name, kind, url, created}]``; ``url`` is shortened so that it cannot be used."""
        return [
            {
                "name": row["name"],
                "kind": row["kind"],
                "url": row["settings"]["url"],
                "created": spelled(row["created"]),
            }
            for row in self._records.channels()
        ]

    def add(self, name: str, kind: str, url: str, secret: str, who: str) -> Json:
        """Add a channel, or give an existing one another address.

        :raises UsageError: for a name, kind, address or secret that cannot be used.
        """
        name, kind = name.strip().lower(), kind.strip().lower()
        if not _NAME.fullmatch(name):
            raise UsageError("A channel's name is 1 to 40 of a-z, 0-9, dot, dash and underscore", where="name")
        if kind not in KINDS:
            raise UsageError("A channel is of kind slack or webhook", where="kind")
        address = check_url(url)
        if kind == "webhook" and len(secret) < _SHORTEST_SECRET:
            raise UsageError(
                f"The secret of a webhook has at least {_SHORTEST_SECRET} characters",
                where="secret",
                remedy="Make one with: openssl rand -hex 32. The receiver needs it to check signatures.",
            )
        kept = {"url": address, **({"secret": secret} if kind == "webhook" else {})}
        self._secrets.put(_key(name), kept)
        self._records.put(name, kind, {"url": shown_url(address)}, iso(int(self._clock() * 1e6)))
        self._state.journal(who, "channel.set", {"name": name, "kind": kind, "url": shown_url(address)})
        return next(each for each in self.all() if each["name"] == name)

    def remove(self, name: str, who: str) -> None:
        """Forget a channel and its secrets. Alerts that name it go on without it. Raises NotFound."""
        if not self._records.remove(name):
            raise _unknown(name)
        self._secrets.remove(_key(name))
        self._state.journal(who, "channel.removed", {"name": name})

    def send(self, channel: str, message: Json, key: str) -> None:
        """Send once. Raises RemitError when it was not taken."""
        kind = next((each["kind"] for each in self.all() if each["name"] == channel), None)
        secrets = self._secrets.get(_key(channel)) if kind else {}
        if kind is None:
            raise _unknown(channel)
        if not secrets:
            raise RemitError(
                f"The secrets of channel {channel} are gone", remedy="Set the channel again, with its address."
            )
        if kind == "slack":
            send_slack(secrets, message, key)
        else:
            send_webhook(secrets, message, key, self._clock)


def _key(name: str) -> str:
    return f"channel:{name}"


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no channel {name[:60]!r}", remedy="remit channels list shows them.")
