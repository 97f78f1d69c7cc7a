"""How an Azure operation ended: stage, status and the error inside the error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from remit.rooms.events.azure.shape import Activity
from remit.rooms.events.lenient import embedded, fields, first, folded, text

_FAILED: Final = frozenset(("failed", "failure", "fail", "error", "canceled", "cancelled"))
_BEGUN: Final = frozenset(("started", "start", "begin"))
_GOING: Final = frozenset(("accepted", "accept", "in progress", "inprogress", "running", "updated"))
_SUCCEEDED: Final = frozenset(("succeeded", "success", "active", "activated", "resolved", "completed", "ok"))
_STATUS_WORDS: Final = {
    "ok": 200,
    "created": 201,
    "accepted": 202,
    "nocontent": 204,
    "badrequest": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "notfound": 404,
    "conflict": 409,
    "preconditionfailed": 412,
    "toomanyrequests": 429,
    "internalservererror": 500,
    "serviceunavailable": 503,
}
_NUMBER: Final = re.compile(r"\b([1-5]\d\d)\b", re.ASCII)
_DEEPEST: Final = 8
_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class ErrorSaid:
    """One error object: its code, its message, and whatever else stood beside them."""

    code: str
    message: str | None
    more: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """``stage`` is ``begin``, ``progress`` or ``end``; ``outcome`` is ``None`` when the record does not say.

    ``errors`` go from the outermost inwards: a failed deployment holds the reason further in.
    """

    stage: str
    outcome: str | None
    http: int | None
    detail: str | None
    errors: tuple[ErrorSaid, ...]


def result(view: Activity) -> Result:
    """Everything the record says about the end of the operation."""
    status = (view.said("status") or view.said("resulttype") or "").lower()
    detail = view.said("substatus") or view.said("resultsignature")
    http = _http(view, detail)
    failed = status in _FAILED or (http is not None and http >= 400)
    errors = tuple(_errors(view)) if failed else ()
    return Result(_stage(view, status), _outcome(status, failed, http), http, detail, errors)


def _stage(view: Activity, status: str) -> str:
    if status in _BEGUN or (not status and view.said("eventname") == "BeginRequest"):
        return "begin"
    return "progress" if status in _GOING else "end"


def _outcome(status: str, failed: bool, http: int | None) -> str | None:
    if failed:
        return "failure"
    known = status in _SUCCEEDED or status in _BEGUN or status in _GOING or http is not None
    return "success" if known else None


def _http(view: Activity, detail: str | None) -> int | None:
    """The HTTP status from ``403``, ``Forbidden``, ``Succeeded.Created`` or ``Created (HTTP Status Code: 201)``."""
    for said in (view.properties.get("statuscode"), detail):
        written = text(said)
        if written is None:
            continue
        number = _NUMBER.search(written)
        if number:
            return int(number.group(1))
        word = _STATUS_WORDS.get(written.rpartition(".")[2].replace(" ", "").lower())
        if word:
            return word
    return None


def _errors(view: Activity) -> Iterator[ErrorSaid]:
    budget = [_MOST]
    for source in (view.properties.get("statusmessage"), view.top.get("resultdescription"), view.properties):
        yield from _errors_in(source, _DEEPEST, budget)


def _errors_in(value: object, depth: int, budget: list[int]) -> Iterator[ErrorSaid]:
    """Error objects in ``value``, in the order they stand; messages may hold further errors as JSON text."""
    if depth == 0 or budget[0] <= 0:
        return
    budget[0] -= 1
    opened = embedded(value)
    if isinstance(opened, list):
        for item in opened[:_MOST]:
            yield from _errors_in(item, depth - 1, budget)
    if not isinstance(opened, dict):
        return
    inner = folded(opened)
    code = first(inner.get("code"), inner.get("errorcode"))
    message = first(inner.get("message"), inner.get("errormessage"))
    if code and "error" not in inner:
        yield ErrorSaid(code, message, inner)
    for name in ("error", "details", "innererror", "message", "statusmessage", "responsebody"):
        if isinstance(inner.get(name), (dict, list, str)):
            yield from _errors_in(inner[name], depth - 1, budget)


def policies_named(view: Activity) -> dict[str, Any]:
    """The first policy of a policy event, by folded keys; empty when there is none."""
    listed = embedded(view.properties.get("policies"))
    return folded(listed[0]) if isinstance(listed, list) and listed else folded(fields(listed))
