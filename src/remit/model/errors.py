"""One tree of errors. Each says what happened, where, and what to do about it.

``code`` is stable and greppable; ``exit_status`` is what the CLI returns (0 ok, 1 failure, 2 usage or bad
input, 3 denied or findings, 4 held, 5 integrity, 6 unavailable, 78 configuration).
"""

from __future__ import annotations

from typing import Any


class RemitError(Exception):
    """Anything Remit refuses or fails to do, said so that a person can act on it."""

    code = "remit.failed"
    exit_status = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders; the default would call __init__ with the message alone.
        return _restore, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.what}{place}.{remedy}" if not self.what.endswith(".") else f"{self.what}{place}{remedy}"


def _restore(kind: type[RemitError], arguments: tuple[Any, ...], state: dict[str, Any]) -> RemitError:
    error = kind.__new__(kind)
    Exception.__init__(error, *arguments)
    error.__dict__.update(state)
    return error


class UsageError(RemitError):
    """The person asked for something that cannot be asked."""

    code = "usage"
    exit_status = 2


class QueryError(UsageError):
    """A query that cannot be read. ``column`` is the zero-based offset of the trouble in ``text``."""

    code = "query.invalid"

    def __init__(self, what: str, *, text: str, column: int, remedy: str = "") -> None:
        super().__init__(what, where=f"column {column + 1}", remedy=remedy)
        self.text = text
        self.column = column


class PolicyError(UsageError):
    """A policy document, or a case to evaluate, that cannot be read as AWS would read it.

    ``name`` says which document; ``pointer`` is the JSON pointer of the trouble in it (empty for the whole);
    ``line`` and ``column``, both from 1, are None when the document did not come as text.
    """

    code = "policy.invalid"

    def __init__(
        self,
        what: str,
        *,
        name: str = "policy",
        pointer: str = "",
        line: int | None = None,
        column: int | None = None,
        remedy: str = "",
    ) -> None:
        place = f", line {line} column {column}" if line is not None else ""
        super().__init__(what, where=f"{name}{pointer and f' at {pointer}'}{place}", remedy=remedy)
        self.name = name
        self.pointer = pointer
        self.line = line
        self.column = column


class ParameterError(UsageError):
    """A value for a parameter of a guardrail that is missing or does not fit. ``parameter`` is its name.

    The remedy ends in ``LEAD`` and ``NAME=VALUE``, which each face says as a value is given there.
    """

    code = "guardrail.parameter"
    LEAD = "For example: "

    def __init__(self, what: str, *, parameter: str, remedy: str = "") -> None:
        super().__init__(what, where=parameter[:80], remedy=remedy)
        self.parameter = parameter


class NotFound(UsageError):
    """What was named does not exist in this store."""

    code = "not_found"


class RecordError(RemitError):
    """One provider record that cannot become an event; it goes to quarantine and stops nothing else.

    ``reason`` is the stable quarantine reason, such as ``not-an-object`` or ``time-missing``.
    """

    code = "record.unreadable"
    exit_status = 2

    def __init__(self, reason: str, what: str, *, where: str = "") -> None:
        super().__init__(what, where=where)
        self.reason = reason


class FeedError(RemitError):
    """A feed's input cannot be read at all, or from some point on."""

    code = "feed.unreadable"
    exit_status = 1


class StoreError(RemitError):
    """The data folder cannot be read or written."""

    code = "store.failed"
    exit_status = 1


class IntegrityError(StoreError):
    """What is stored contradicts itself."""

    code = "store.integrity"
    exit_status = 5


class KeeperBusy(StoreError):
    """Another process keeps this data folder; the message says which."""

    code = "store.kept_elsewhere"
    exit_status = 6


class StateUnavailable(StoreError):
    """The database that holds the state does not answer; what waits for it is tried again."""

    code = "state.unavailable"
    exit_status = 6


class LeaseLost(KeeperBusy):
    """This process kept the lake, and another does now, or may."""

    code = "store.lease_lost"


class CommitTaken(StoreError):
    """The version that a commit would have made was made by another process."""

    code = "store.commit_taken"


class LakeUnreachable(StoreError):
    """The object store that holds the lake did not answer, or asked to be left alone for now."""

    code = "store.lake_unreachable"
    exit_status = 6


class Unavailable(RemitError):
    """Something outside this process did not answer."""

    code = "unavailable"
    exit_status = 6


class TooSlow(Unavailable):
    """A question that would take longer than is allowed; narrowed, it can be answered."""

    code = "too_slow"


class Busy(Unavailable):
    """More is asked at this moment than is answered at once."""

    code = "busy"


class ConfigError(RemitError):
    """The configuration or a registry file cannot be used."""

    code = "config.invalid"
    exit_status = 78


class OrganizationError(ConfigError):
    """The file that describes the organization cannot be used. ``problems`` are (JSON pointer, what is wrong there)."""

    code = "organization.invalid"

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.problems: list[tuple[str, str]] = []


class AuthorizationError(ConfigError):
    """An export of who may do what in an account cannot be used: the place is the file and where in it."""

    code = "authorization.invalid"


class NotSignedIn(RemitError):
    """Nobody is known to ask; signing in or a valid token would help."""

    code = "not_signed_in"
    exit_status = 3


class Forbidden(RemitError):
    """Whoever asks may not do this."""

    code = "forbidden"
    exit_status = 3


class Conflict(RemitError):
    """Somebody else changed it since it was read."""

    code = "conflict"
    exit_status = 1


class TooMuch(UsageError):
    """More than is taken at once: a body too large, too many streams."""

    code = "too_much"


class Stale(Conflict):
    """Somebody else changed it since the version that a change was made to."""

    code = "stale"


class NotExportable(UsageError):
    """A policy that a form of export cannot carry unchanged."""

    code = "guardrail.not_exportable"


class NotReady(RemitError):
    """Something may not be done yet: a condition of it lacks, and the remedy says what provides it."""

    code = "not_ready"
    exit_status = 4
