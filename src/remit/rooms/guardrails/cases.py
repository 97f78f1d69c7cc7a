"""What each guardrail must deny and must allow, as requests with an outcome somebody stated.

A case says nothing of the policy: it gives a request and what becomes of it. That is what makes it a proof of the
policy and of its parameters. The files hold, for each guardrail, the parameters' values, what its requests have in
common, and what each case has of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from remit.model.errors import ConfigError

DENY = "deny"
ALLOW = "allow"


class Case(msgspec.Struct, frozen=True):
    """One request and whether the policy, rendered with ``values``, denies it.

    ``request`` has ``principal`` (an ARN, or ``{"service": name}``), ``principal_account``, ``action``, ``resource``,
    ``resource_account`` and ``context`` (condition key -> value or list of values).
    """

    name: str
    expect: Literal["deny", "allow"]
    values: dict[str, list[str]]
    request: dict[str, Any]


class _Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a case has of its own. A context value of null takes the common one away."""

    name: str
    expect: Literal["deny", "allow"]
    action: str | None = None
    resource: str | None = None
    principal: str | dict[str, str] | None = None
    principal_account: str | None = None
    resource_account: str | None = None
    context: dict[str, str | list[str] | None] = {}


class _Common(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    request: dict[str, Any]
    cases: tuple[_Own, ...]
    values: dict[str, list[str]] = {}


_FILE = msgspec.json.Decoder(dict[str, _Common])


def read_cases(name: str, data: bytes) -> dict[str, tuple[Case, ...]]:
    """The cases of one file, by guardrail. Raises ``ConfigError`` when it cannot be read."""
    try:
        written = _FILE.decode(data)
    except msgspec.MsgspecError as error:
        raise ConfigError(f"The cases of the guardrails cannot be read: {error}", where=name) from error
    return {each: tuple(_case(common, own) for own in common.cases) for each, common in written.items()}


def _case(common: _Common, own: _Own) -> Case:
    request = {**common.request}
    for field in ("action", "resource", "principal", "principal_account", "resource_account"):
        given = getattr(own, field)
        if given is not None:
            request[field] = given
    request["context"] = _merged(common.request.get("context", {}), own.context)
    return Case(own.name, own.expect, common.values, request)


def _merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**common, **own}.items() if value is not None}
