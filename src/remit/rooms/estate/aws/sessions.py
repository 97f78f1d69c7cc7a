"""How sessions begin: the records that hand out credentials, and the callers who then hold them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from remit.rooms.estate.aws.calls import Caller, Step, call
from remit.rooms.estate.aws.clients import BROWSER, CONSOLE, GITHUB_ACTIONS
from remit.rooms.estate.aws.identity import (
    foreign_account,
    role_arn,
    role_id,
    role_session,
    service,
    session_arn,
    sso_session,
    web_identity,
)
from remit.rooms.estate.cast import Account, Person
from remit.rooms.estate.chance import Chance
from remit.rooms.estate.feed import Item, Json
from remit.rooms.estate.instants import HOUR, to_prose


def issued(account: Account, role: str, session: str, key: str, at: int) -> Json:
    """STS's answer: the key and the session it belongs to. The session token is withheld here as no one needs it."""
    return {
        "credentials": {"accessKeyId": key, "expiration": to_prose(at + HOUR)},
        "assumedRoleUser": {
            "assumedRoleId": f"{role_id(account, role)}:{session}",
            "arn": session_arn(account, role, session),
        },
    }


def _assume(api: str, account: Account, role: str, session: str, key: str, at: int, **request: object) -> Step:
    arn = role_arn(account, role)
    return Step(
        api,
        {"roleArn": arn, "roleSessionName": session, **request, "durationSeconds": 3600},
        issued(account, role, session, key, at),
        [("AWS::IAM::Role", arn)],
    )


def console_sign_in(
    account: Account, permission_set: str, person: Person, at: int, chance: Chance
) -> tuple[Item, Caller]:
    """A person opens the console from the Identity Center portal."""
    key = chance.access_key()
    identity = sso_session(account, permission_set, person.email, at, key)
    browser = Caller(account, identity, person.address, BROWSER)
    login = Step(
        "signin:ConsoleLogin",
        None,
        {"ConsoleLogin": "Success"},
        extra={
            "eventType": "AwsConsoleSignIn",
            "additionalEventData": {"MobileVersion": "No", "MFAUsed": "No"},
            "readOnly": False,
        },
    )
    return call(browser, login, at, chance), replace(browser, agent=CONSOLE, console=True)


def laptop(
    account: Account, permission_set: str, person: Person, at: int, chance: Chance, agent: str | Callable[[str], str]
) -> Caller:
    """A person's SSO credentials on their own machine; whether hands or an agent use them, the key is the same."""
    identity = sso_session(account, permission_set, person.email, at, chance.access_key())
    return Caller(account, identity, person.address, agent)


def oidc(
    account: Account, role: str, session: str, issuer: str, subject: str, at: int, chance: Chance, address: str
) -> tuple[Item, Caller]:
    """A pipeline trades its OIDC token for a role's temporary key."""
    key = chance.access_key()
    step = _assume("sts:AssumeRoleWithWebIdentity", account, role, session, key, at)
    step.response.update(
        subjectFromWebIdentityToken=subject,
        provider=f"arn:aws:iam::{account.id}:oidc-provider/{issuer}",
        audience="sts.amazonaws.com",
    )
    door = Caller(account, web_identity(account, issuer, subject), address, GITHUB_ACTIONS)
    return call(door, step, at, chance), replace(door, identity=role_session(account, role, session, at, key=key))


def by_service(
    principal: str, account: Account, role: str, session: str, at: int, chance: Chance, address: str, agent: str
) -> tuple[Item, Caller]:
    """An AWS service assumes a role to run the customer's code in it."""
    key = chance.access_key()
    provider = Caller(account, service(principal), principal, principal)
    issue = call(provider, _assume("sts:AssumeRole", account, role, session, key, at), at, chance)
    holder = Caller(account, role_session(account, role, session, at, key=key), address, agent)
    return issue, holder


def chained(
    caller: Caller, account: Account, role: str, session: str, at: int, chance: Chance, **request: str
) -> tuple[list[Item], Caller]:
    """A caller assumes a role, perhaps in another account: then both accounts record it under one shared id."""
    key = chance.access_key()
    step = _assume("sts:AssumeRole", account, role, session, key, at, **request)
    shared = {"sharedEventID": chance.uuid()}
    records = [call(caller, replace(step, extra=shared), at, chance)]
    if account != caller.account:
        outside = foreign_account(caller.account, str(caller.identity["principalId"]))
        owner = replace(caller, account=account, identity=outside)
        twin = call(owner, replace(step, extra=shared), at, chance)
        twin.record["requestID"] = records[0].record["requestID"]
        records.append(twin)
    source = {"sourceIdentity": request["sourceIdentity"]} if "sourceIdentity" in request else {}
    identity = role_session(account, role, session, at, key=key, **source)
    return records, replace(caller, account=account, identity=identity)
