"""The registry of the demonstration, as text for ``identities.toml``.

Some identities are left out on purpose: the script's user, Jenkins's role, the Azure identities but one, the Google
service accounts. ``remit identities suggest`` finds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.estate import azure
from remit.rooms.estate.aws.identity import role_arn
from remit.rooms.estate.cast import (
    ACCOUNTS,
    AZURE_SUBSCRIPTION,
    GCP_PROJECT,
    GITHUB_ORG,
    LIAM,
    MAYA,
    NOOR,
    OMAR,
    PRODUCTION,
    SHARED,
    STAGING,
)
from remit.rooms.estate.github.accounts import PAYMENTS, STOREFRONT

_HEADER: Final = """\
# Acme Demo: everything here is invented. Who is who in the demonstration estate, and which account is which.
# Some principals are left out on purpose: `remit identities suggest` proposes entries for them.
"""
_OWNERS: Final = {"production": "Platform", "staging": "Payments", "shared": "Platform"}
_MAPPED_PEOPLE: Final = (MAYA, LIAM, OMAR, NOOR)


def identities_toml() -> str:
    """The demonstration's registry: accounts with environment and owner, agents, people, pipelines, workloads."""
    return _HEADER + "".join(_tables())


def _tables() -> Iterator[str]:
    for account in ACCOUNTS:
        owner = _OWNERS[account.environment]
        yield _table("account", id=account.id, name=account.name, environment=account.environment, owner=owner)
    yield _table("account", id=AZURE_SUBSCRIPTION, name="acme-analytics", environment="production", owner="Data")
    yield _table("account", id=GCP_PROJECT, name="acme-demo-analytics", environment="production", owner="Data")
    yield _table("account", id=GITHUB_ORG, name="acme-demo", environment="shared", owner="Platform")
    bot = [role_arn(SHARED, "release-bot")]
    yield _table(
        "agent", name="release-bot", match=bot, owner="Platform", on_behalf_of="Release team", note="Made here"
    )
    support = [role_arn(PRODUCTION, "support-agent-runtime")]
    yield _table("agent", name="support-agent", match=support, owner="Support", on_behalf_of="Support desk")
    for person in _MAPPED_PEOPLE:
        yield _table("person", name=person.name, match=_patterns(person.email, person.login), owner=person.team)
    subjects = [
        f"{PAYMENTS.subject[: -len('ref:refs/heads/main')]}*",
        f"{STOREFRONT.subject[: -len('ref:refs/heads/main')]}*",
    ]
    yield _table("pipeline", name="GitHub deploy", match=subjects, owner="Platform", governed="pipeline")
    deploys = [role_arn(account, "github-deploy") for account in (PRODUCTION, STAGING)]
    yield _table("pipeline", name="GitHub deploy role", match=deploys, owner="Platform", governed="pipeline")
    yield _table("pipeline", name="Terraform in Azure", match=[azure.TERRAFORM_APP], owner="Data", governed="pipeline")
    for worker, owner in (("orders-worker", "Payments"), ("snapshot-cleaner", "Platform")):
        yield _table("workload", name=worker, match=[role_arn(PRODUCTION, f"{worker}-role")], owner=owner)


def _patterns(email: str, login: str) -> list[str]:
    return [email, f"arn:aws:sts::*:assumed-role/AWSReservedSSO_*/{email}", login]


def _table(kind: str, **values: str | list[str]) -> str:
    lines = (f"{key} = {_value(value)}" for key, value in values.items())
    return f"\n[[{kind}]]\n" + "\n".join(lines) + "\n"


def _value(value: str | list[str]) -> str:
    return f'"{value}"' if isinstance(value, str) else "[" + ", ".join(f'"{item}"' for item in value) + "]"
