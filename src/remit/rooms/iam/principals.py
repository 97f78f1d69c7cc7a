"""Whether a statement names the principal of a request, and how: what a grant is worth depends on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from remit.rooms.iam.document import Principals
from remit.rooms.iam.request import Request

NO: Final = 0
ACCOUNT: Final = 1
"""By its account: access is left to the account's own policies."""
ROLE: Final = 2
"""By the role whose session asks: boundary and session policy still limit it."""
DIRECT: Final = 3
"""By itself, or with everyone: within one account the grant is complete."""

Named = Callable[[Request], int | None]
"""NO, ACCOUNT, ROLE or DIRECT; None when the canonical user id of the principal's account would be needed."""


def naming(principals: Principals, effect: str) -> Named:
    """How ``Principal`` or ``NotPrincipal`` names a request's principal."""
    named = _listed(principals)
    if not principals.negated:
        return named
    return _all_but(principals) if effect == "Deny" else _none_of(named)


def _account_of(text: str) -> str:
    """The account that ``text`` stands for: an account id or the ARN of an account's root."""
    if len(text) == 12 and text.isdigit():
        return text
    return text.split(":")[4] if text.endswith(":root") else ""


def _roles(principals: Principals) -> frozenset[tuple[str, str]]:
    """Account and name of every role listed; a role's name is unique in its account whatever its path."""
    arns = (text.split(":", 5) for text in principals.aws if ":role/" in text)
    return frozenset((parts[4], parts[5].rpartition("/")[2]) for parts in arns)


def _names_role(request: Request, texts: frozenset[str], roles: frozenset[tuple[str, str]]) -> bool:
    """Whether the session's role is listed. A session's ARN has no path: where ``aws:PrincipalArn`` tells the
    role's own ARN that one must be listed, else a role of that name."""
    account, role = request.principal_account or "", request.principal.role
    if (account, role) not in roles:
        return False
    told = request.facts.get("aws:principalarn") or ("",)
    parts = told[0].split(":", 5)
    its_own = len(told) == 1 and parts[4:5] == [account] and parts[-1].startswith("role/")
    return told[0] in texts if its_own and told[0].endswith(f"/{role}") else True


def _listed(principals: Principals) -> Named:
    accounts = frozenset(filter(None, map(_account_of, principals.aws)))
    texts, roles = frozenset(principals.aws), _roles(principals)
    outside = {"service": frozenset(principals.service), "federated": frozenset(principals.federated)}
    canonical, anyone = principals.canonical, principals.anyone

    def named(request: Request) -> int | None:
        principal = request.principal
        if anyone:
            return DIRECT
        if principal.form in outside:
            return DIRECT if principal.text in outside[principal.form] else NO
        account = request.principal_account
        if principal.form == "role":
            found = ROLE if principal.text in texts else NO
        elif principal.text in texts or (principal.form == "root" and account in accounts):
            found = DIRECT
        else:
            found = ROLE if principal.role and _names_role(request, texts, roles) else NO
        if found:
            return found
        if account is not None and account in accounts:
            return ACCOUNT
        if canonical and account is not None:
            user = request.principal_canonical_user
            return None if user is None else ACCOUNT if user in canonical else NO
        return NO

    return named


def _all_but(principals: Principals) -> Named:
    """NotPrincipal in a Deny: spared is only who is listed together with the account (and, for a session, the role);
    AWS checks the account first, then the role, then the session."""
    accounts = frozenset(filter(None, map(_account_of, principals.aws)))
    texts, roles = frozenset(principals.aws), _roles(principals)
    outside = {"service": frozenset(principals.service), "federated": frozenset(principals.federated)}

    def named(request: Request) -> int | None:
        principal = request.principal
        if principals.anyone:
            return NO
        if principal.form in outside:
            return NO if principal.text in outside[principal.form] else DIRECT
        account = request.principal_account
        if account is None or account not in accounts:
            return DIRECT
        if principal.form == "session":
            return NO if _names_role(request, texts, roles) else DIRECT
        return NO if principal.form == "root" or principal.text in texts else DIRECT

    return named


def _none_of(named: Named) -> Named:
    """NotPrincipal in an Allow: everyone who is not named in any way."""

    def none(request: Request) -> int | None:
        found = named(request)
        return None if found is None else NO if found else DIRECT

    return none
