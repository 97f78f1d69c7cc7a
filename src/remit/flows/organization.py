"""What is told of the organization, and how a newer reading of it is taken in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from remit.model.errors import UsageError
from remit.model.event_json import rfc3339
from remit.rooms.guardrails.exports.policy import is_target_id
from remit.rooms.organization.exports import read_exports
from remit.rooms.organization.structure import FULL_ACCESS, KINDS, InForce, Level, Organization, Policy
from remit.rooms.organization.writing import succeeding

Json = dict[str, Any]


def described(found: Organization, moment: int, target: str = "") -> Json:
    """``{id, management_account, enabled, at, tree, policies, in_force}``; ``in_force`` by kind of policy, root first,
    when an account is asked for (or every account of a unit is, by id)."""
    accounts = []
    if target:
        chosen = found.target(target)
        accounts = [chosen] if chosen in found.accounts else sorted(found.members(chosen))
    return {
        "id": found.id,
        "management_account": found.management_account,
        "enabled": sorted(found.enabled, reverse=True),
        "at": rfc3339(moment),
        "tree": _tree(found, found.root, moment),
        "policies": [_standing(found, policy, moment) for policy in found.policies.values()],
        "in_force": [_account(found, account, moment) for account in accounts],
    }


def target_ids(known: Organization | None, targets: Sequence[str]) -> list[str]:
    """The ids of roots, units and accounts given by their ids or names. An id stays as it is, known or not: AWS may
    have what the organization file has not.

    :raises UsageError: for a name that nobody or more than one bears, or that cannot be looked up.
    """
    found = []
    for target in map(str.strip, targets):
        if is_target_id(target):
            found.append(target)
        elif known is None:
            raise UsageError(
                f"{target[:80]!r} is no target of a policy by its id, and no organization is known to look its name up",
                remedy="A target's id is that of a root (r-ab12), an organizational unit (ou-ab12-cdefgh34) or an "
                "account (twelve digits). The organization comes in with `remit organization import`.",
            )
        else:
            found.append(known.target(target))
    return found


def holds(known: Organization | None, policy: str, content: str, targets: Sequence[str], moment: int) -> bool:
    """Whether the organization that is known has a policy, by its id, with this document and on all these targets.
    ``content`` is the document as JSON."""
    standing = known.policies.get(policy) if known else None
    version = standing.at(moment) if standing else None
    if known is None or version is None:
        return False
    try:
        said = json.loads(version.document) if isinstance(version.document, str) else version.document
    except ValueError:
        return False
    attached = {each.target for each in known.attachments if each.policy == policy and each.holds(moment)}
    return bool(said == json.loads(content)) and set(targets) <= attached


def take(files: Mapping[str, bytes], known: Organization | None, moment: int, where: str) -> tuple[Organization, Json]:
    """The organization with the history that is known of it, and ``{id, accounts, units, policies, attachments,
    changed, notes}``: what there is now (units below the root, policies not AWS's own), and which policies changed.

    :raises OrganizationError: for files that do not make an organization, or another one than is known.
    """
    read, notes = read_exports(files, where)
    if known is not None and known.id != read.id:
        notes = [*notes, f"The organization known before was {known.id}: its history was not kept."]
        known = None
    found = read if known is None else succeeding(known, read, moment)
    began = {each.id: len(each.versions) for each in known.policies.values()} if known else {}
    anew = sorted(
        policy.name for policy in found.policies.values() if len(policy.versions) > began.get(policy.id, 0) and known
    )
    return found, {
        "id": found.id,
        "accounts": len(found.accounts),
        "units": len(found.units) - 1,
        "policies": len(read.policies.keys() - FULL_ACCESS.keys()),
        "attachments": len(read.attachments),
        "changed": anew,
        "notes": notes,
    }


def _standing(found: Organization, policy: Policy, moment: int) -> Json:
    attached = [each.target for each in found.attachments if each.policy == policy.id and each.holds(moment)]
    return {
        "id": policy.id,
        "name": policy.name,
        "type": policy.kind,
        "arn": policy.arn,
        "versions": [rfc3339(version.valid_from) for version in policy.versions],
        "targets": attached,
    }


def _tree(found: Organization, unit: str, moment: int) -> Json:
    units, accounts = found.children(unit)
    return {
        "id": unit,
        "name": found.named(unit),
        "policies": _names(found, unit, moment),
        "units": [_tree(found, each.id, moment) for each in units],
        "accounts": [
            {
                "id": each.id,
                "name": each.name,
                "status": each.status,
                "management": each.id == found.management_account,
                "policies": _names(found, each.id, moment),
            }
            for each in accounts
        ],
    }


def _names(found: Organization, target: str, moment: int) -> list[str]:
    attached = [each.policy for each in found.attached_to(target) if each.holds(moment)]
    return [found.policies[policy].name for policy in dict.fromkeys(attached)]


def _account(found: Organization, account: str, moment: int) -> Json:
    return {
        "account": account,
        "name": found.named(account),
        "management": account == found.management_account,
        "levels": {kind: [_level(each) for each in found.in_force(account, moment, kind)] for kind in KINDS},
    }


def _level(level: Level) -> Json:
    return {"target": level.target, "name": level.name, "policies": [_policy(each) for each in level.policies]}


def _policy(each: InForce) -> Json:
    return {
        "id": each.policy.id,
        "name": each.policy.name,
        "valid_from": rfc3339(each.version.valid_from) if each.told else None,
        "document": each.version.document if each.told else None,
        "told": each.told,
    }
