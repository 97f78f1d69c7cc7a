"""One keeper per lake on S3: an object that names it, written anew every few seconds while it lives.

Nobody's clock is compared with anybody else's. Whoever wants the lake looks whether the object changes: while it does,
its keeper lives; when it has stayed the same for the lease's time by the observer's own clock, the keeper is taken for
gone and the object is taken over, under the condition that it is still the same. A keeper that was only asleep finds
out by its own clock or by the object, and could commit nothing in any case: its successor has written the next version
of every table's log (see ``Lake.open_in``), and a commit is only ever written where none was.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from remit.adapters.store.s3.client import Bucket, Got, Taken
from remit.model.errors import KeeperBusy, LeaseLost, StoreError

KEY: Final = "_remit/keeper.json"
LEASE_SECONDS: Final = 30.0
RELEASE_SECONDS: Final = 5.0
"""How long a process that ends waits for S3 to take its lease back."""
_RENEWALS: Final = 3
"""How many renewals fall into one lease."""
_LOOKS: Final = 20
_LONGEST: Final = 3_600.0
_NO_VERSION: Final = f'"{"0" * 32}"'
"""A version tag that no object has."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps a lake, as its object says."""

    token: str
    host: str
    pid: int
    role: str
    since: str
    home: str
    seconds: float
    released: bool

    def __str__(self) -> str:
        return f"{self.role} on {self.host} (process {self.pid}, since {self.since})"


class LakeLease:
    """The right to commit to a lake on S3, renewed by a thread until it is released."""

    def __init__(
        self, bucket: Bucket, mine: dict[str, Any], etag: str, asked: float, on_lost: Callable[[str], None]
    ) -> None:
        """``asked`` is when it was asked for, by ``_now``: whoever waits for its end began to wait later."""
        self._bucket = bucket
        self._mine = mine
        self._etag = etag
        self._seconds = float(mine["seconds"])
        self._renewed = asked
        self._lost: LeaseLost | None = None
        self._on_lost = on_lost
        self._beating = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lake-lease", daemon=True)
        self._thread.start()
        self.taken_over = False
        """True if the keeper before did not release it: something of its may still be on the way."""

    @classmethod
    def acquire(
        cls,
        bucket: Bucket,
        role: str,
        folder: Path,
        *,
        seconds: float = LEASE_SECONDS,
        on_notice: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """Become the lake's keeper; ``folder`` is the data folder, whose own lease this process holds.

        Waits for the lease's time if the present keeper has not been heard of for longer than that.

        :raises KeeperBusy: naming who keeps it.
        :raises StoreError: if this object store has no conditional writes, without which nothing is safe.
        """
        mine = _card(role, folder, seconds)
        content = _text(mine)
        try:
            asked = _now()
            etag, before = bucket.create(KEY, content), None
            _prove_conditions(bucket)
        except Taken:
            try:
                found = bucket.get(KEY)
                before = _keeper(found.content)
                _wait_until_gone(bucket, found, before, mine["home"], on_notice)
                asked = _now()
                etag = bucket.change(KEY, content, found.etag)
            except (Taken, FileNotFoundError):  # somebody else was quicker
                raise _busy(bucket, None) from None
        lease = cls(bucket, mine, etag, asked, on_notice)
        lease.taken_over = before is not None and not before.released
        return lease

    def check(self) -> None:
        """Raise if the lake is not this process's to write to, as far as it can know.

        :raises LeaseLost: for good when another has taken it; otherwise until S3 can be reached again.
        """
        silent = _now() - self._renewed
        if self._lost is None and silent > self._seconds:
            self._renew_now(silent)
        if self._lost is not None:
            raise self._lost

    def release(self) -> None:
        """Give the lease back; the next keeper need not wait. It is given up after some seconds when S3 does not
        answer: then the next keeper waits for its end."""
        self._ending.set()
        giving = threading.Thread(target=self._give_back, name="lake-lease-release", daemon=True)
        giving.start()
        giving.join(RELEASE_SECONDS)

    def _give_back(self) -> None:
        self._thread.join()
        if self._lost is None:
            with suppress(StoreError, Taken):
                self._bucket.change(KEY, _text({**self._mine, "released": True}), self._etag)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _renew(self) -> None:
        while not self._ending.wait(self._seconds / _RENEWALS):
            with suppress(StoreError):  # said by ``check`` once the time is over
                self._beat()
            if self._lost is not None:
                return

    def _renew_now(self, silent: float) -> None:
        """After a sleep: the object may still be ours."""
        try:
            self._beat()
        except StoreError as error:
            raise LeaseLost(
                f"The right to write to the lake could not be renewed for {silent:.0f} seconds: {error.what}",
                where=self._bucket.address(KEY),
                remedy="It goes on by itself once S3 can be reached, unless another process takes the lake.",
            ) from error

    def _beat(self) -> None:
        """Write the object anew, or learn that it is another's now."""
        with self._beating:
            if self._lost is None:
                try:
                    self._write()
                except Taken:
                    self._gone()

    def _write(self) -> None:
        """Write the object anew. What is there may be an earlier writing of ours whose answer was lost."""
        begun = _now()
        self._mine["beat"] += 1
        try:
            self._etag = self._bucket.change(KEY, _text(self._mine), self._etag)
        except Taken:
            found = self._found()
            who = _keeper(found.content) if found else None
            if found is None or who is None or who.token != self._mine["token"]:
                raise
            self._etag = self._bucket.change(KEY, _text(self._mine), found.etag)
        self._renewed = begun

    def _found(self) -> Got | None:
        with suppress(FileNotFoundError):
            return self._bucket.get(KEY)
        return None

    def _gone(self) -> None:
        who: Keeper | None = None
        with suppress(StoreError):
            who = _keeper(found.content) if (found := self._found()) else None
        self._lost = LeaseLost(
            f"The lake was taken over by {who or 'another process'}",
            where=self._bucket.url,
            remedy="This process writes nothing more. Stop it; what was acknowledged is kept, the rest is read again.",
        )
        self._on_lost(str(self._lost))


def _now() -> float:
    """Seconds by a clock that goes on while the machine is suspended, where there is one: a lease that ended meanwhile
    has ended."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _wait_until_gone(
    bucket: Bucket, found: Got, before: Keeper | None, home: str, on_notice: Callable[[str], None]
) -> None:
    """Return once the keeper is known or taken to be gone.

    :raises KeeperBusy: if it was heard of within its lease's time, or is heard of now.
    """
    if before is not None and (before.released or before.home == home):
        return  # given back, or from this very folder, whose own lock says that its process is dead
    seconds = min(before.seconds, _LONGEST) if before else LEASE_SECONDS
    if found.age_seconds < seconds:
        raise _busy(
            bucket,
            before,
            f"It was heard of {found.age_seconds:.0f} s ago; gone, it is replaced after {seconds:.0f} s.",
        )
    on_notice(
        f"The lake was kept by {before or 'another process'}; looking for {seconds:.0f} s whether it still lives."
    )
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, seconds / _LOOKS))
        now = bucket.get(KEY)
        if now.etag != found.etag:
            raise _busy(bucket, _keeper(now.content))


def _prove_conditions(bucket: Bucket) -> None:
    """An object store that overlooks conditions would let two keepers destroy one another's commits."""
    with suppress(Taken):
        bucket.create(KEY, b"{}")
        raise _overlooking(bucket)
    with suppress(Taken):
        bucket.change(KEY, b"{}", _NO_VERSION)
        raise _overlooking(bucket)


def _overlooking(bucket: Bucket) -> StoreError:
    return StoreError(
        "This object store overlooks conditions on writes, without which two keepers are not told apart",
        where=bucket.url,
        remedy="Use one that has If-None-Match and If-Match on PutObject, as S3 has.",
    )


def _busy(bucket: Bucket, who: Keeper | None, more: str = "") -> KeeperBusy:
    return KeeperBusy(
        f"The lake is kept by {who or 'another process'}",
        where=bucket.url,
        remedy=f"Ask that process or stop it. {more}".strip(),
    )


def _card(role: str, folder: Path, seconds: float) -> dict[str, Any]:
    return {
        "token": secrets.token_hex(16),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "role": role,
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "home": _home(folder),
        "seconds": seconds,
        "beat": 0,
        "released": False,
    }


def _home(folder: Path) -> str:
    """Tells this data folder on this running machine from every other: two holders of its lock cannot live at once."""
    boot = ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    status = folder.stat()
    return f"{boot}:{status.st_dev}:{status.st_ino}" if boot else secrets.token_hex(16)


def _text(card: dict[str, Any]) -> bytes:
    return json.dumps(card, indent=1).encode()


def _keeper(content: bytes) -> Keeper | None:
    """Who signed; None for an object that nobody of ours wrote."""
    try:
        card = json.loads(content)
        return Keeper(
            str(card["token"]),
            str(card["host"]),
            int(card["pid"]),
            str(card["role"]),
            str(card["since"]),
            str(card["home"]),
            float(card["seconds"]),
            bool(card["released"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
