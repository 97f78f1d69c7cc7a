"""Whose the resource of a stored call is, as far as the record proves it.

Proof is an account in the resource's ARN, the account that the record's own list of resources gives, a record that was
delivered to another account than the caller's (CloudTrail tells the resource's owner), or a call that can only be about
the caller's own account. A bucket's ARN names no account: where nothing else tells, its owner is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from remit.rooms.guardrails.callers import CALLER, caller_of
from remit.rooms.guardrails.record import MARKER, OWNERS, UNTOLD, Row, elements
from remit.rooms.iam.request import account_of

RESOURCE_ACCOUNT: Final = "aws:ResourceAccount"
"""The key that is unknown when it is not known whose the resource is."""
LISTED: Final = MARKER + "resource_account"
"""The account that the record's list of resources gives for ARNs without one."""
PROOF: Final = (*CALLER, LISTED)
"""Fields that tell the owner of a resource whose ARN does not."""
_OF_ONES_OWN: Final = frozenset({"s3:createbucket"})
"""Actions that make something of the caller's account under an ARN without one."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The account of what was called, and whether the record proves it; else it is the account whose record it is."""

    account: str | None
    proved: bool


def owner_of(row: Row) -> Owner:
    """Of the resources of a call together; where their ARNs name several accounts, none of them is proved."""
    named, own = [*dict.fromkeys(elements(row, OWNERS))], str(row.get("account") or "") or None
    if len(named) == 1 and named[0] != UNTOLD:
        return Owner(named[0], True)
    return Owner(own, not named or _told_as_owner(row) or only_makes_its_own(row))


def resource_account(row: Row, action: str, resource: str | None) -> str | None:
    """The account of one resource; None when the record does not prove it."""
    if resource is None:
        return None
    caller, own = caller_of(row).account, str(row.get("account") or "") or None
    told = account_of(resource) or (str(row.get(LISTED) or "") if resource != "*" else None)
    if told:
        return told
    if _told_as_owner(row):
        return own
    return caller if resource == "*" or makes_its_own(action) else None


def makes_its_own(action: str) -> bool:
    """Whether what the action is about can only be of the caller's account."""
    return action.lower() in _OF_ONES_OWN


def only_makes_its_own(row: Row) -> bool:
    """Whether so can all that the call needed permissions for; False where these are not known."""
    needed = elements(row, "permissions")
    return bool(needed) and all(map(makes_its_own, needed))


def _told_as_owner(row: Row) -> bool:
    """Whether the record is in an account that is not the caller's: as the resource's, then."""
    caller = caller_of(row)
    if caller.account is not None:
        return bool(row.get("account")) and caller.account != row.get("account")
    return caller.kind in ("service", "outside") or row.get("principal_type") == "AWSAccount"
