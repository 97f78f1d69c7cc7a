"""Which HTTP status an error of ours has: one table for pages and API alike."""

from __future__ import annotations

from typing import Final

from remit.model.errors import (
    Conflict,
    Forbidden,
    KeeperBusy,
    NotFound,
    NotSignedIn,
    QueryError,
    RemitError,
    Stale,
    TooMuch,
    TooSlow,
    Unavailable,
    UsageError,
)


class VersionMissing(UsageError):
    """A change over HTTP that does not say which version it is made to."""

    code = "version_missing"


_STATUSES: Final = (
    (QueryError, 400),
    (NotFound, 404),
    (TooMuch, 413),
    (VersionMissing, 428),
    (UsageError, 400),
    (NotSignedIn, 401),
    (Forbidden, 403),
    (Stale, 412),
    (Conflict, 409),
    (KeeperBusy, 503),
    (TooSlow, 504),
    (Unavailable, 503),
    (RemitError, 500),
)


def status_of(error: RemitError) -> int:
    """The status of an error; the first kind it is counts."""
    return next(status for kind, status in _STATUSES if isinstance(error, kind))
