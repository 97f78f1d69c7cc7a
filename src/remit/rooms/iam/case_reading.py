"""One case read strictly: its request and its policies, every trouble told with its place in the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from remit.model.errors import PolicyError
from remit.rooms.iam.accounts import contradictions
from remit.rooms.iam.document import Document, escaped
from remit.rooms.iam.kinds import check_kind
from remit.rooms.iam.placed import Number
from remit.rooms.iam.policies import Policies
from remit.rooms.iam.reading import parse_document
from remit.rooms.iam.request import (
    CANONICAL_USER,
    RESOURCE,
    Principal,
    Request,
    check_action,
    principal_of,
    service_principal,
)
from remit.rooms.iam.vocabulary import fold

T = TypeVar("T")
MOST_VALUES: Final = 250
"""Values of one key of a request's context."""
_LONGEST_VALUE: Final = 8192
_REQUEST: Final = frozenset(
    {
        "principal",
        "principal_account",
        "action",
        "resource",
        "resource_account",
        "context",
        "unknown_keys",
        "principal_is_service_linked",
        "principal_org_management",
        "resource_org_management",
        "principal_canonical_user",
    }
)
_UNKNOWN_MEMBERS: Final = frozenset({"*", RESOURCE, CANONICAL_USER})
_LISTS: Final = ("identity", "boundary", "session", "endpoint")
_LEVELS: Final = {"scps": "scp", "rcps": "rcp"}


def read_case(case: Any, name: str = "case") -> tuple[Request, Policies]:
    """The request and the policies of one case, whatever notes stand beside them. Raises ``PolicyError`` naming the
    member that is wrong."""
    whole = _object(case, name, "")
    if "policies" not in whole:  # a member that is not known may be the policies, misspelled
        _only(whole, {"request", "policies", "name", "comment", "expect"}, name, "")
    if "request" not in whole:
        raise _error("The case has no request", name, "")
    request = read_request(whole["request"], name)
    return request, read_policies(whole.get("policies", {}), name)


def read_request(value: Any, name: str = "case") -> Request:
    """The request of a case."""
    asked = _object(value, name, "/request")
    _only(asked, _REQUEST, name, "/request")
    for member in ("principal", "action"):
        if member not in asked:
            raise _error(f"The request has no {member}", name, "/request")
    action = _text(asked, "action", name)
    _placed(lambda: check_action(action), name, "/request/action")
    request = Request(
        principal=_placed(lambda: _principal(asked["principal"], name), name, "/request/principal"),
        action=action,
        resource=_optional(asked, "resource", name),
        principal_account=_account(asked, "principal_account", name),
        resource_account=_account(asked, "resource_account", name),
        context=_context(asked.get("context", {}), name),
        unknown_keys=frozenset(_keys(asked.get("unknown_keys", []), name)),
        principal_is_service_linked=_flag(asked, "principal_is_service_linked", name),
        principal_org_management=_flag(asked, "principal_org_management", name),
        resource_org_management=_flag(asked, "resource_org_management", name),
        principal_canonical_user=_optional(asked, "principal_canonical_user", name),
    )
    for place, what in contradictions(request):
        raise _error(what, name, f"/request/{place}", "Give the account once, or the same one in every place.")
    return request


def _placed(read: Callable[[], T], name: str, pointer: str) -> T:
    """What ``read`` gives; its trouble is told with the place in the case."""
    try:
        return read()
    except PolicyError as error:
        raise _error(error.what, name, pointer, error.remedy) from None


def read_policies(value: Any, name: str = "case") -> Policies:
    """The policies of a case; a kind that is absent, null or an empty list does not apply."""
    given = _object(value, name, "/policies")
    _only(given, {"resource", *_LISTS, *_LEVELS}, name, "/policies")
    resource = given.get("resource")
    of_kind = {kind: tuple(_documents(given.get(kind), kind, name, f"/policies/{kind}")) for kind in _LISTS}
    levels = {member: _levels(given.get(member), kind, name, f"/policies/{member}") for member, kind in _LEVELS.items()}
    return Policies(
        identity=of_kind["identity"],
        resource=None if resource is None else _document(resource, "resource", name, "/policies/resource"),
        boundary=of_kind["boundary"],
        session=of_kind["session"],
        endpoint=of_kind["endpoint"],
        scps=levels["scps"],
        rcps=levels["rcps"],
    )


def _levels(value: Any, kind: str, name: str, pointer: str) -> tuple[tuple[Document, ...], ...]:
    if value is None:
        return ()
    return tuple(
        tuple(_documents(_listed(level, name, f"{pointer}/{index}"), kind, name, f"{pointer}/{index}"))
        for index, level in enumerate(_listed(value, name, pointer))
    )


def _documents(value: Any, kind: str, name: str, pointer: str) -> list[Document]:
    if value is None:
        return []
    given = _listed(value, name, pointer)
    return [_document(one, kind, name, f"{pointer}/{index}") for index, one in enumerate(given)]


def _document(value: Any, kind: str, name: str, pointer: str) -> Document:
    """One document, called by its Id or by its place among the policies."""
    if not isinstance(value, Mapping | str):
        raise _error("A policy is a JSON object", name, pointer)
    own = value.get("Id") if isinstance(value, Mapping) else None
    called = own if isinstance(own, str) and own else pointer.removeprefix("/policies/")
    try:
        document = parse_document(value, called)
        check_kind(document, kind)
    except PolicyError as error:
        raise PolicyError(
            error.what,
            name=name,
            pointer=pointer + error.pointer,
            line=error.line,
            column=error.column,
            remedy=error.remedy,
        ) from None
    return document


def _principal(value: Any, name: str) -> Principal:
    if isinstance(value, str):
        return Principal("anonymous", "*") if value == "*" else principal_of(value)
    given = _object(value, name, "/request/principal")
    if len(given) == 1:
        for form in ("service", "federated"):
            text = given.get(form)
            if isinstance(text, str) and 0 < len(text) <= 256:
                return service_principal(text) if form == "service" else Principal(form, text)
    remedy = 'Give an ARN, {"service": name}, {"federated": name}, or "*" for nobody known.'
    raise _error("This is no principal", name, "/request/principal", remedy)


def _context(value: Any, name: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    folded: set[str] = set()
    for key, given in _object(value, name, "/request/context").items():
        pointer = f"/request/context/{escaped(str(key))}"
        if not isinstance(key, str) or ":" not in key or len(key) > 512:
            raise _error(f"{str(key)[:60]!r} is no condition key", name, pointer)
        if fold(key) in folded:
            raise _error(f"The key {key[:60]!r} is given twice in different letter case", name, pointer)
        folded.add(fold(key))
        values = _values(given, name, pointer)
        if values:
            found[key] = values
    return found


def _values(given: Any, name: str, pointer: str) -> tuple[str, ...]:
    if given is None:
        return ()
    several = given if isinstance(given, list | tuple) else [given]
    if len(several) > MOST_VALUES:
        raise _error(f"A key has more than {MOST_VALUES:,} values", name, pointer)
    found = tuple(
        one if isinstance(one, str) else str(one).lower()
        for one in several
        if isinstance(one, str | bool | int | float)
    )
    if len(found) != len(several):
        raise _error("A key's value is text, a number, a boolean or a list of them", name, pointer)
    if any(len(one) > _LONGEST_VALUE for one in found):
        raise _error(f"A value has more than {_LONGEST_VALUE:,} characters", name, pointer)
    return found


def _keys(value: Any, name: str) -> list[str]:
    given = _listed(value, name, "/request/unknown_keys")
    for index, key in enumerate(given):
        if not isinstance(key, str) or not key or len(key) > 512:
            raise _error("An unknown key is named by text", name, f"/request/unknown_keys/{index}")
        if ":" not in key and key not in _UNKNOWN_MEMBERS:
            remedy = f"Give a key such as aws:SourceIp, *, {' or '.join(sorted(_UNKNOWN_MEMBERS - {'*'}))}."
            raise _error(f"{key[:60]!r} is no condition key", name, f"/request/unknown_keys/{index}", remedy)
    return list(given)


def _account(asked: Mapping[str, Any], member: str, name: str) -> str | None:
    text = _optional(asked, member, name)
    if text is not None and not (len(text) == 12 and text.isascii() and text.isdigit()):
        raise _error(f"{text[:40]!r} is no account id of twelve digits", name, f"/request/{member}")
    return text


def _optional(asked: Mapping[str, Any], member: str, name: str) -> str | None:
    return None if asked.get(member) is None else _text(asked, member, name)


def _text(asked: Mapping[str, Any], member: str, name: str) -> str:
    value = asked[member]
    if not isinstance(value, str) or isinstance(value, Number) or not value or len(value) > _LONGEST_VALUE:
        raise _error(f"{member} is text of 1 to {_LONGEST_VALUE:,} characters", name, f"/request/{member}")
    return value


def _flag(asked: Mapping[str, Any], member: str, name: str) -> bool:
    value = asked.get(member)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise _error(f"{member} is true or false", name, f"/request/{member}")


def _object(value: Any, name: str, pointer: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise _error("Expected a JSON object", name, pointer)


def _listed(value: Any, name: str, pointer: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise _error("Expected a list", name, pointer)


def _only(value: Mapping[str, Any], known: set[str] | frozenset[str], name: str, pointer: str) -> None:
    for member in value:
        if member not in known:
            remedy = f"Known are {', '.join(sorted(known))}."
            raise _error(f"{str(member)[:60]!r} is not known here", name, f"{pointer}/{escaped(str(member))}", remedy)


def _error(what: str, name: str, pointer: str, remedy: str = "") -> PolicyError:
    return PolicyError(what, name=name, pointer=pointer, remedy=remedy)
