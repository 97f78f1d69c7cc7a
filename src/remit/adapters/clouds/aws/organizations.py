"""The Organizations API, asked for all that ``rooms.organization`` reads: the answers as files of the same names.

Needs the read permissions ``organizations:Describe*`` and ``organizations:List*`` in the management account or a
delegated administrator's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from remit.model.errors import Unavailable

Tell = Callable[[int], None]
"""Called with how many answers there are so far."""
_TYPES: Final = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
_REGION: Final = "us-east-1"


def client(profile: str | None = None, endpoint_url: str | None = None) -> Any:
    """A boto3 client; credentials come from where AWS's own tools look for them."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        session = boto3.Session(profile_name=profile or None)
        patient = Config(retries={"mode": "adaptive", "max_attempts": 10})
        return session.client("organizations", region_name=_REGION, endpoint_url=endpoint_url, config=patient)
    except (BotoCoreError, ValueError) as error:
        raise Unavailable(f"AWS cannot be reached: {error}", remedy="Check --profile and your credentials.") from error


def answers(organizations: Any, tell: Tell = lambda _: None) -> Mapping[str, bytes]:
    """File name -> content, as if each command of AWS's own command line had been run and saved.

    :raises Unavailable: if AWS does not answer, or refuses.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    found: dict[str, bytes] = {}
    try:
        for name, answer in _asked(organizations):
            found[name] = json.dumps(answer, default=str).encode()
            tell(len(found))
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(
            f"The Organizations API does not answer: {error}",
            where=f"after {len(found)} answers",
            remedy="Use credentials of the management account, or of a delegated administrator, that may "
            "organizations:Describe* and organizations:List*.",
        ) from error
    return found


def _asked(organizations: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "describe-organization.json", _plain(organizations.describe_organization())
    roots = _listed(organizations, "list_roots", "Roots")
    yield "list-roots.json", {"Roots": roots}
    waiting = [root["Id"] for root in roots]
    while waiting:
        parent = waiting.pop()
        units = _listed(organizations, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent)
        yield f"list-organizational-units-for-parent-{parent}.json", {"OrganizationalUnits": units}
        accounts = _listed(organizations, "list_accounts_for_parent", "Accounts", ParentId=parent)
        yield f"list-accounts-for-parent-{parent}.json", {"Accounts": accounts}
        waiting += [unit["Id"] for unit in units]
    enabled = {each["Type"] for root in roots for each in root.get("PolicyTypes", ()) if each["Status"] == "ENABLED"}
    for kind in _TYPES:
        if kind in enabled:
            yield from _policies(organizations, kind)


def _policies(organizations: Any, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    policies = _listed(organizations, "list_policies", "Policies", Filter=kind)
    yield f"list-policies-{kind}.json", {"Policies": policies}
    for policy in (each["Id"] for each in policies):
        yield f"describe-policy-{policy}.json", _plain(organizations.describe_policy(PolicyId=policy))
        targets = _listed(organizations, "list_targets_for_policy", "Targets", PolicyId=policy)
        yield f"list-targets-for-policy-{policy}.json", {"Targets": targets}


def _listed(organizations: Any, call: str, member: str, **arguments: str) -> list[Mapping[str, Any]]:
    """All pages of a list."""
    found: list[Mapping[str, Any]] = []
    for page in organizations.get_paginator(call).paginate(**arguments):
        found += page[member]
    return found


def _plain(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
