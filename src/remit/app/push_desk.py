"""The desk that takes deliveries: bounded, their signature checked, and in the inbox before they are answered."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from remit.adapters.store.inbox import Arriving, Inbox, Label
from remit.adapters.store.state.state import State
from remit.app.push_glance import Glance
from remit.model.errors import NotFound, NotSignedIn, TooMuch, UsageError
from remit.model.vocabulary import DATA_SOURCES

Json = dict[str, Any]
GITHUB: Final = "github-webhook"
FORMS: Final = ("auto", *DATA_SOURCES)
MOST_BYTES: Final = 16 * 1024 * 1024
MOST_UNPACKED: Final = 8 * MOST_BYTES
"""What a compressed delivery may grow to."""
_STEP: Final = 1024 * 1024
_SLICE: Final = 4096
"""Packed bytes looked at together: each member of a gzip stream copies what is left of them, and they may be many."""
_FEED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}", re.ASCII)
_KEY: Final = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_SIGNED: Final = re.compile(r"sha256=[0-9a-f]{64}", re.ASCII)
_WORD: Final = re.compile(r"[a-z_]{1,64}", re.ASCII)


class PushDesk:
    """Deliveries to one store."""

    def __init__(
        self,
        inbox: Inbox,
        state: State,
        arrived: Callable[[], None],
        github_secret: str = "",
        clock: Callable[[], float] = time.time,
        most: int = MOST_BYTES,
    ) -> None:
        """``arrived`` is called when a delivery is in the inbox; ``most`` bytes are taken in one."""
        self._inbox = inbox
        self._state = state
        self._arrived = arrived
        self._secret = github_secret.encode()
        self._clock = clock
        self.most = most

    def signs(self, form: str) -> bool:
        """Whether deliveries of this format prove themselves by a signature that this server can check."""
        return form == GITHUB and bool(self._secret)

    def begin(self, form: str, feed: str, encoding: str, headers: Json, *, signature: str | None) -> Delivery:
        """A delivery begins. ``headers`` are GitHub's ``event`` and ``delivery``; a ``signature`` that is not None is
        checked.

        :raises NotFound: for an unknown format. :raises UsageError: for what cannot be taken as it is.
        :raises Unavailable: when there is no room.
        """
        if form not in FORMS:
            raise NotFound(f"There is no format {form[:60]!r}", remedy=f"One of {', '.join(FORMS)}.")
        if feed and not _FEED.fullmatch(feed):
            raise UsageError("This is no name of a feed", where=feed[:80], remedy="Letters, digits and ._:@- up to 64.")
        if encoding not in ("", "identity", "gzip"):
            raise UsageError(f"The encoding {encoding[:40]!r} is not taken", remedy="Send it plain, or as gzip.")
        check = _Signature(self._secret, signature) if signature is not None else None
        wrapper, key = _wrapper(form, headers, self._clock())
        label = Label(form, feed or f"push:{form}", key)
        # A ping says that the webhook is there: it is answered and not kept.
        known = headers.get("event") == "ping" or self._taken_before(label)
        room = MOST_UNPACKED if encoding == "gzip" else self.most
        arriving = self._inbox.begin(label, room=room, proven=check is None)
        return Delivery(self, arriving, label, wrapper, check, known=known, packed=encoding == "gzip")

    def _taken_before(self, label: Label) -> bool:
        key = label.key
        return bool(key) and (self._inbox.holds(key) or self._state.done(label.feed, key, "delivered"))

    def taken(self) -> None:
        """A delivery is in the inbox."""
        self._arrived()


class Delivery:
    """One delivery arriving. ``write`` its bytes, then ``finish``; ``drop`` it on any error."""

    def __init__(
        self,
        desk: PushDesk,
        arriving: Arriving,
        label: Label,
        wrapper: str,
        check: _Signature | None,
        *,
        known: bool,
        packed: bool,
    ) -> None:
        self._desk = desk
        self._arriving = arriving
        self._label = label
        self._wrapped = bool(wrapper)
        self._check = check
        self._known = known
        self._unpack = _Unpacking() if packed else None
        self._glance = Glance()
        self._size = 0
        if wrapper:
            arriving.write(wrapper.encode())

    def write(self, data: bytes) -> None:
        """More of the body.

        :raises TooMuch: when it is more than is taken. :raises UsageError: when it cannot be unpacked.
        """
        self._size += len(data)
        if self._size > self._desk.most:
            raise too_long(self._desk.most)
        if self._check:
            self._check.update(data)
        if self._unpack is None:
            self._take(data)
            return
        for piece in self._unpack.pieces(data):
            self._take(piece)

    def _take(self, data: bytes) -> None:
        self._glance.write(data)
        self._arriving.write(data)

    def finish(self) -> Json:
        """The whole body is there: make it durable, and say so. A delivery that is known already is not kept again.

        :raises NotSignedIn: when its signature is not its sender's; nothing of it is kept. :raises UsageError: when no
        record can be in it.
        """
        if self._check:
            self._check.confirm()
        if not self._size:
            raise UsageError("The body is empty", remedy="Send one record, an array of them, or one a line.")
        if self._unpack:
            self._unpack.confirm()
        self._glance.confirm()
        said = {"format": self._label.form, "feed": self._label.feed, "bytes": self._size}
        if self._known:
            self.drop()
            return {**said, "receipt": None, "duplicate": True}
        if self._wrapped:
            self._arriving.write(b"}")
        receipt = self._arriving.keep()
        self._desk.taken()
        return {**said, "receipt": receipt, "duplicate": False}

    def drop(self) -> None:
        """Leave nothing of it."""
        self._arriving.drop()


def too_long(most: int) -> TooMuch:
    """The error of a body that is longer than is taken."""
    return TooMuch(f"More than {most:,} bytes are not taken at once", remedy="Send it in parts.")


class _Signature:
    """GitHub's ``X-Hub-Signature-256``: the HMAC of the raw body under the webhook's secret."""

    def __init__(self, secret: bytes, said: str) -> None:
        """:raises NotSignedIn: for what no body could make a signature of this secret, before any of it is taken."""
        if not secret:
            raise NotSignedIn(
                "The delivery is signed, and this server knows no secret to check it with",
                remedy="Name the webhook's secret under [push.github] in the configuration.",
            )
        self._said = said
        self._mac = hmac.new(secret, digestmod=hashlib.sha256)
        if not _SIGNED.fullmatch(said):
            raise self._refusal()

    def update(self, data: bytes) -> None:
        self._mac.update(data)

    def confirm(self) -> None:
        if not hmac.compare_digest(f"sha256={self._mac.hexdigest()}", self._said):
            raise self._refusal()

    def _refusal(self) -> NotSignedIn:
        return NotSignedIn(
            "The signature is not that of the webhook's secret" if self._said else "The delivery is not signed",
            remedy="Give the webhook the same secret as [push.github], and the content type application/json.",
        )


class _Unpacking:
    """gzip, in steps, and never more than ``MOST_UNPACKED``."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._size = 0

    def pieces(self, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), _SLICE):
            yield from self._unpacked(data[at : at + _SLICE])

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member.eof:
                self._member = zlib.decompressobj(31)
            try:
                piece = self._member.decompress(data, _STEP)
            except zlib.error as error:
                raise UsageError(f"The gzip data is damaged: {error}") from error
            self._size += len(piece)
            if self._size > MOST_UNPACKED:
                raise TooMuch(f"Unpacked it is more than {MOST_UNPACKED:,} bytes", remedy="Send it in parts.")
            yield piece
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def confirm(self) -> None:
        if not self._member.eof:
            raise UsageError("The gzip data ends early", remedy="Send all of it.")


def _wrapper(form: str, headers: Json, now: float) -> tuple[str, str]:
    """What is written before a GitHub payload, and the delivery's name: its event is told by a header alone."""
    event, delivery = headers.get("event") or "", headers.get("delivery") or ""
    if form != GITHUB or not event:
        return "", ""
    if not _WORD.fullmatch(event) or (delivery and not _KEY.fullmatch(delivery)):
        raise UsageError("X-GitHub-Event or X-GitHub-Delivery is not of GitHub's form")
    received = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"x_github_event": event, "x_github_delivery": delivery or None, "received_at": received}
    return json.dumps(said).removesuffix("}") + ', "payload": ', delivery
