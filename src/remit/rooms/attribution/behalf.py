"""On whose behalf, said one way: the registry's name where it knows the value, the e-mail where one is in it, and
nobody where the one named is the actor."""

from __future__ import annotations

import re
from typing import Final

from remit.rooms.attribution.registry import Registry

_OPERATOR: Final = re.compile(r"op\.(?P<operator>.+)\.apr\.[0-9A-Za-z-]*")
"""The source identity that AWS DevOps Agent sets for an action a person directed: ``op.OPERATOR.apr.APPROVAL``."""
_EMAIL: Final = re.compile(r"(?:[A-Z0-9]{4,128}-)?(?P<email>[^@\s]+@[^@\s]+)")
"""An operator of the console is ``AROAEXAMPLE-ana@example.com``: the role's id, then the session's e-mail."""


def shown_behalf(value: str | None, actor: str | None, registry: Registry) -> str | None:
    """The name to show for ``value``, None when it says nobody or only the actor again."""
    if not value:
        return None
    operator = operator_of(value)
    position = next((at for each in (value, operator) if (at := registry.find(each)) is not None), None)
    name = operator if position is None else registry.entries[position].name
    return None if actor is not None and actor in (value, operator, name) else name


def operator_of(value: str) -> str:
    """The operator in a source identity of AWS DevOps Agent, an e-mail where there is one; any other value as it is."""
    directed = _OPERATOR.fullmatch(value)
    if directed is None:
        return value
    named = _EMAIL.fullmatch(directed["operator"])
    return named["email"] if named else directed["operator"]
