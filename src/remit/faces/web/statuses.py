"""Which HTTP status an error of ours has: one table for pages and API alike."""

from __future__ import annotations

import logging
from typing import Final

from remit.model.errors import (
    Conflict,
    Forbidden,
    KeeperBusy,
    NotFound,
    NotReady,
    NotSignedIn,
    QueryError,
    RemitError,
    Stale,
    StateUnavailable,
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
    (NotReady, 409),
    (KeeperBusy, 503),
    (StateUnavailable, 503),
    (TooSlow, 504),
    (Unavailable, 503),
    (RemitError, 500),
)


_LOG: Final = logging.getLogger("remit.web")


def told_status(error: RemitError) -> int:
    """The status of an error that is answered now. One of the server's own is told to its log, with its code: a failure
    (500) with how it came about, what cannot be answered for now (503) in a line."""
    status = status_of(error)
    if status in (500, 503):
        said = " ".join(str(error).split())
        level, trace = (logging.ERROR, error) if status == 500 else (logging.WARNING, None)
        _LOG.log(level, "Answered %d, %s: %s", status, error.code, said, exc_info=trace)
    return status


def status_of(error: RemitError) -> int:
    """The status of an error; the first kind it is counts."""
    return next(status for kind, status in _STATUSES if isinstance(error, kind))
