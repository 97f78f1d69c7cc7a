"""Values that signals test but no column stores: parts of a user agent, parts of a role's ARN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_READ: Final = 8192
"""Characters of a user agent whose parts are looked at: the web servers behind every API refuse longer headers."""


def unbracketed(user_agent: str) -> str:
    """The user agent without the brackets that some AWS services put around it."""
    return user_agent[1:-1] if user_agent.startswith("[") and user_agent.endswith("]") else user_agent


def _tokens(user_agent: str) -> list[str]:
    return unbracketed(user_agent)[:_READ].split()


def _prefixed(user_agent: str, prefix: str) -> list[str]:
    size = len(prefix)
    return [token[size:] for token in _tokens(user_agent) if token.startswith(prefix)]


def ua_products(user_agent: str) -> list[str]:
    """Lower-cased product names: the part before ``/`` of each token, without brackets and commas."""
    return [token.partition("/")[0].strip("()[];,").lower() for token in _tokens(user_agent)]


def ua_features(user_agent: str) -> list[str]:
    """Feature ids of every ``m/`` token, split at commas and nothing else: ``m/A,AC`` is ``A`` and ``AC``."""
    return [feature for ids in _prefixed(user_agent, "m/") for feature in ids.split(",") if feature]


def ua_apps(user_agent: str) -> list[str]:
    """The ``app/`` ids the caller configured."""
    return _prefixed(user_agent, "app/")


def ua_exec_envs(user_agent: str) -> list[str]:
    """The ``exec-env/`` values: where an AWS SDK says it runs."""
    return _prefixed(user_agent, "exec-env/")


def ua_metadata(user_agent: str) -> list[str]:
    """The ``md/`` values, such as ``command#s3.ls``."""
    return _prefixed(user_agent, "md/")


def role_name(issuer: str) -> list[str]:
    """The last part of a role's ARN; nothing when the issuer is no role."""
    _, marker, tail = issuer.partition(":role/")
    return [tail.rpartition("/")[2]] if marker else []


def role_path(issuer: str) -> list[str]:
    """The path of a role's ARN, ``/aws-service-role/…/``; ``/`` for a role without one."""
    _, marker, tail = issuer.partition(":role/")
    return [f"/{tail.rpartition('/')[0]}/" if "/" in tail else "/"] if marker else []


DERIVATIONS: Final[dict[str, Callable[[str], list[str]]]] = {
    "role_name": role_name,
    "role_path": role_path,
    "ua.product": ua_products,
    "ua.feature": ua_features,
    "ua.app": ua_apps,
    "ua.exec_env": ua_exec_envs,
    "ua.md": ua_metadata,
}


def derivation(field: str) -> Callable[[str], list[str]] | None:
    """How to get ``field`` from its column's value; ``None`` when it is the column itself."""
    if field.startswith("markers."):
        prefix = field.removeprefix("markers.") + "="
        return lambda marker: [marker.removeprefix(prefix)] if marker.startswith(prefix) else []
    return DERIVATIONS.get(field)
