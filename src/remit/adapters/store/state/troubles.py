"""What a database says when it fails, as errors of ours. Never a value of a row, an address or a password."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from remit.model.errors import ConfigError, RemitError, StateUnavailable, StoreError

AGAIN: Final = frozenset({"40001", "40P01"})
"""Two transactions were in each other's way; one of them was undone and can be done again."""
_GONE: Final = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "53300", "53200"})
_REFUSED: Final = frozenset({"28P01", "28000", "3D000", "42501"})
_CONSTRAINT: Final = "23"
_WORDS: Final = {
    "57014": "a statement took longer than it may",
    "55P03": "what it needed was held by another process for too long",
    "40P01": "it and another process were in each other's way, again and again",
    "40001": "it and another process were in each other's way, again and again",
    "25006": "the database takes no changes; it is a copy of another one",
    "53100": "its disk is full",
}


def code_of(error: BaseException | None) -> str:
    """The SQLSTATE that PostgreSQL gave, empty when there is none."""
    fields = error.args[0] if error is not None and error.args else None
    return str(fields.get("C", "")) if isinstance(fields, dict) else ""


def lost(error: BaseException | None) -> bool:
    """Whether this ends a connection to PostgreSQL: the network, or a server that stops or is not up."""
    code = code_of(error)
    if code:
        return code in _GONE or code.startswith("08")
    return type(error).__module__.startswith("pg8000") or isinstance(error, OSError)


def trouble(error: Exception, where: str, *, embedded: bool) -> RemitError:
    """The error of ours for one that a transaction ended with; ``where`` is the state's address as it may be shown."""
    original: Any = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if embedded:
        return StoreError(f"The state failed: {_line(original)}", where=where, remedy=_LOCAL)
    code = code_of(original)
    said = _said(original, code)
    if code in _REFUSED:
        return ConfigError(f"The state's database refused this: {said}", where=where, remedy=_GRANTS)
    if isinstance(error, PoolTimeout):
        return StateUnavailable("Every connection to the state's database is in use", where=where, remedy="Try again.")
    if lost(original):
        return StateUnavailable(f"The state's database cannot be reached: {said}", where=where, remedy=_REACH)
    return StoreError(f"The state failed: {said}", where=where, remedy=_LOCAL)


def _said(original: Any, code: str) -> str:
    """One line of what went wrong. What a constraint says repeats values, so only its kind is told."""
    if code in _WORDS:
        return _WORDS[code]
    if code.startswith(_CONSTRAINT):
        return f"a constraint was violated ({code})"
    if code:
        return str(original.args[0].get("M", code)).splitlines()[0]
    cause = original.__cause__ if isinstance(original.__cause__, OSError) else original
    if isinstance(cause, OSError):
        return cause.strerror or _line(cause)
    return _line(original)


def _line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


_LOCAL: Final = "Check that it can be reached and written, and that its disk has space."
_REACH: Final = "Check that the database runs and that this machine may connect to it; what waits is tried again."
_GRANTS: Final = "Check [state] url, the password it names, and what its user may do."
