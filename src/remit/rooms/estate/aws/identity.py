"""CloudTrail's ``userIdentity`` in the forms the cast needs."""

from __future__ import annotations

from remit.rooms.estate.cast import Account
from remit.rooms.estate.chance import stable_digits, stable_unique_id
from remit.rooms.estate.feed import Json
from remit.rooms.estate.instants import to_seconds

GITHUB_ISSUER = "token.actions.githubusercontent.com"


def role_arn(account: Account, role: str, path: str = "/") -> str:
    return f"arn:aws:iam::{account.id}:role{path}{role}"


def session_arn(account: Account, role: str, session: str) -> str:
    return f"arn:aws:sts::{account.id}:assumed-role/{role}/{session}"


def role_id(account: Account, role: str) -> str:
    return stable_unique_id("AROA", account.id, role)


def role_session(
    account: Account,
    role: str,
    session: str,
    created: int,
    *,
    key: str | None = None,
    path: str = "/",
    **context: object,
) -> Json:
    """An assumed role's session; ``context`` goes into ``sessionContext``."""
    issuer = {
        "type": "Role",
        "principalId": role_id(account, role),
        "arn": role_arn(account, role, path),
        "accountId": account.id,
        "userName": role,
    }
    attributes = {"creationDate": to_seconds(created), "mfaAuthenticated": "false"}
    identity: Json = {
        "type": "AssumedRole",
        "principalId": f"{role_id(account, role)}:{session}",
        "arn": session_arn(account, role, session),
        "accountId": account.id,
    }
    if key:
        identity["accessKeyId"] = key
    identity["sessionContext"] = {"sessionIssuer": issuer, "attributes": attributes, **context}
    return identity


def sso_role(permission_set: str, account: Account) -> str:
    return f"AWSReservedSSO_{permission_set}_{stable_digits('sso', permission_set, account.id, digits=16)}"


def sso_session(account: Account, permission_set: str, user: str, created: int, key: str) -> Json:
    """A person's session by IAM Identity Center. Only AWS can make roles on this path."""
    path = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
    return role_session(account, sso_role(permission_set, account), user, created, key=key, path=path)


def iam_user(account: Account, name: str) -> Json:
    return {
        "type": "IAMUser",
        "principalId": stable_unique_id("AIDA", account.id, name),
        "arn": f"arn:aws:iam::{account.id}:user/{name}",
        "accountId": account.id,
        "accessKeyId": f"AKIA{stable_unique_id('', account.id, name, 'key')[:12]}DEMO",
        "userName": name,
    }


def service(principal: str) -> Json:
    """The provider itself."""
    return {"type": "AWSService", "invokedBy": principal}


def foreign_account(account: Account, principal_id: str) -> Json:
    """A caller from another account, as the account that owns the resource sees it."""
    return {"type": "AWSAccount", "principalId": principal_id, "accountId": account.id}


def web_identity(account: Account, issuer: str, subject: str) -> Json:
    """An OIDC token at the door; the audience is STS."""
    provider = f"arn:aws:iam::{account.id}:oidc-provider/{issuer}"
    return {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }
