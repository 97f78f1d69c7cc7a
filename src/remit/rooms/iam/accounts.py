"""Whether what a request says of accounts agrees with itself: its ARNs, its members and its condition keys.

A contradiction is an error and not a decision, for either of the two could be the mistake, and each leads to another
answer. An ARN without an account, such as a bucket's, contradicts nothing; nor does the ARN of an S3 access point,
whose bucket may belong to another account. What is unknown contradicts nothing either.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.rooms.iam.request import Request, account_of
from remit.rooms.iam.vocabulary import fold

Contradiction = tuple[str, str]
"""Where it is: a member of the request, or ``context`` and a key; and what it is, in words."""


def contradictions(request: Request) -> Iterator[Contradiction]:
    """What the request says of the principal's and of the resource's account in two ways that differ."""
    principal, resource = request.principal.account, account_of(request.resource)
    if principal is not None and request.principal_account != principal:
        yield "principal_account", f"The principal's ARN is of account {principal}, not {request.principal_account}"
    elif request.principal_account is not None:
        yield from _keys(request, "aws:PrincipalAccount", request.principal_account, "principal")
    if resource is not None and request.resource_account != resource:
        yield "resource_account", f"The resource's ARN is of account {resource}, not {request.resource_account}"
    elif request.resource_account is not None:
        yield from _keys(request, "aws:ResourceAccount", request.resource_account, "resource")


def _keys(request: Request, key: str, account: str, whose: str) -> Iterator[Contradiction]:
    stated = request.facts.get(fold(key))
    if stated and any(value != account for value in stated):
        spelled = next(name for name in request.context if fold(name) == fold(key))
        yield f"context/{spelled}", f"{key} is {', '.join(stated)[:60]}, and the {whose}'s account is {account}"
