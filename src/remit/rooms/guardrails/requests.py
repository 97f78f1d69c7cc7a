"""A stored call -> the requests that AWS authorized it by: one for each permission and resource.

The call is denied if any of its requests is. ``Translation`` reads fields (``record``): all of an event's, or only
those that a policy's keys need, so that a store can group by them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from remit.reference.aws import AwsReference
from remit.rooms.guardrails.callers import CALLER, Caller, Membership, caller_of
from remit.rooms.guardrails.global_key_readings import Asked
from remit.rooms.guardrails.keys import Keys
from remit.rooms.guardrails.owners import LISTED, owner_of, resource_account
from remit.rooms.guardrails.record import OWNERS, Row, elements, fields_of
from remit.rooms.guardrails.resources_asked import resources_asked
from remit.rooms.iam import Request

OPERATION: Final = ("service", "operation", "permissions")
"""Fields that tell what was called."""
RESOURCES: Final = ("resource_types", "resource_arns", "region", "account", OWNERS, LISTED)
"""Fields that tell on what."""


class Translation:
    """Requests for one reference and what is known of the organization."""

    def __init__(self, reference: AwsReference, membership: Membership | None = None) -> None:
        self.membership = membership
        self.keys = Keys(reference, membership)
        self._reference = reference

    def fields(self, keys: Iterable[str], *, resources: bool) -> frozenset[str]:
        """The fields that requests need when these condition keys, and the resource if so, are asked for."""
        needed = {*OPERATION, *CALLER}
        if resources:
            needed.update(RESOURCES)
        return frozenset(needed.union(*(self.keys.reading(key).fields for key in keys)))

    def asked(self, row: Row, actions: Collection[str] | None = None, *, resources: bool = True) -> Iterator[Asked]:
        """Each permission, of ``actions`` if given, on each resource it is about; None for one that is not known.
        Without ``resources`` each permission once."""
        for action in elements(row, "permissions"):
            if actions is not None and action not in actions:
                continue
            if not resources:
                yield Asked(action)
            else:
                yield from (Asked(action, each) for each in resources_asked(self._reference, row, action))

    def request(self, row: Row, asked: Asked, keys: Iterable[str], caller: Caller | None = None) -> Request:
        """The request with these condition keys."""
        caller = caller or caller_of(row)
        context: dict[str, tuple[str, ...]] = {}
        unknown: set[str] = set()
        for key in keys:
            state = self.keys.state(key, row, asked)
            if state is None:
                unknown.add(key)
            elif state:
                context[key] = state
        owner = self._owner(row, asked)
        return Request(
            principal=caller.principal,
            action=asked.action,
            resource=asked.resource,
            principal_account=caller.account,
            resource_account=owner or "",
            context=context,
            unknown_keys=frozenset(unknown),
            principal_is_service_linked=caller.service_linked,
            principal_org_management=self._manages(caller.account),
            resource_org_management=self._manages(owner),
        )

    def requests(self, event: Mapping[str, Any], keys: Iterable[str]) -> list[Request]:
        """Every request of an event given by its columns, with these condition keys."""
        row, wanted = fields_of(event), tuple(keys)
        return [self.request(row, asked, wanted) for asked in self.asked(row)]

    def _owner(self, row: Row, asked: Asked) -> str | None:
        """The account of the resource, else that of all that was called; None when the record proves neither."""
        told = resource_account(row, asked.action, asked.resource)
        owner = owner_of(row)
        return told or (owner.account if owner.proved else None)

    def _manages(self, account: str | None) -> bool:
        return self.membership is not None and account is not None and account == self.membership.management
