"""An organization -> ``organization.json``, and a newer reading of it added to the history that is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from remit.rooms.organization.reading import FORMAT
from remit.rooms.organization.structure import (
    FULL_ACCESS,
    Attachment,
    Organization,
    Policy,
    Version,
)

Json = dict[str, Any]


def organization_json(found: Organization) -> Json:
    """The file's content. AWS's own policies are left out: every reader knows them."""
    root = found.units[found.root]
    return {
        "format": FORMAT,
        "id": found.id,
        "management_account": found.management_account,
        "enabled": sorted(found.enabled, reverse=True),
        "root": {"id": root.id, "name": root.name},
        "units": [
            {"id": each.id, "name": each.name, "parent": each.parent} for each in found.units.values() if each.parent
        ],
        "accounts": [
            {"id": each.id, "name": each.name, "parent": each.parent}
            | ({"status": each.status} if each.status != "ACTIVE" else {})
            for each in found.accounts.values()
        ],
        "policies": [_policy(each) for each in found.policies.values() if each.id not in FULL_ACCESS],
        "attachments": [_attachment(each) for each in found.attachments],
    }


def succeeding(known: Organization, read: Organization, moment: int) -> Organization:
    """What was read at a moment, with what is known of before: a document that changed is a new version from then on,
    an attachment that is gone ended then, a new one began then. A policy that is gone keeps its history."""
    policies = dict(read.policies)
    for policy in known.policies.values():
        newer = read.policies.get(policy.id)
        policies[policy.id] = policy if newer is None else _with_history(policy, newer, moment)
    now = {(each.policy, each.target) for each in read.attachments}
    held = {(each.policy, each.target) for each in known.attachments if each.valid_until is None}
    past = [
        replace(each, valid_until=moment)
        if each.valid_until is None and (each.policy, each.target) not in now
        else each
        for each in known.attachments
        if _still_there(each, read)
    ]
    begun = [replace(each, valid_from=moment) for each in read.attachments if (each.policy, each.target) not in held]
    return replace(read, policies=policies, attachments=(*past, *begun))


def _still_there(attachment: Attachment, read: Organization) -> bool:
    """A target that no longer exists has nobody under it."""
    return attachment.target in read.units or attachment.target in read.accounts


def _with_history(known: Policy, read: Policy, moment: int) -> Policy:
    same = _plain(known.versions[-1].document) == _plain(read.versions[-1].document)
    newer = () if same else (Version(read.versions[-1].document, moment),)
    return replace(read, versions=(*known.versions, *newer))


def _plain(document: Mapping[str, Any] | str) -> Any:
    """The document as data, so that another spacing is no other version."""
    if not isinstance(document, str):
        return document
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        return document


def _policy(policy: Policy) -> Json:
    versions = [{**_since("valid_from", each.valid_from), "document": each.document} for each in policy.versions]
    arn = {"arn": policy.arn} if policy.arn else {}
    return {"id": policy.id, "name": policy.name, "type": policy.kind, **arn, "versions": versions}


def _attachment(each: Attachment) -> Json:
    bounds = _since("valid_from", each.valid_from) | _since("valid_until", each.valid_until)
    return {"policy": each.policy, "target": each.target, **bounds}


def _since(name: str, moment: int | None) -> Json:
    return {} if moment is None else {name: moment_text(moment)}


def moment_text(moment: int) -> str:
    """A moment as RFC 3339, UTC."""
    return datetime.fromtimestamp(moment / 1_000_000, UTC).isoformat().replace("+00:00", "Z")
