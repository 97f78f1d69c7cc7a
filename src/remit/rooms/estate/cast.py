"""The cast: accounts, people and addresses of Acme Demo. All of it is invented; addresses and hosts are from the
ranges reserved for documentation (RFC 5737, RFC 2606)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from remit.rooms.estate.chance import stable_digits, stable_number, stable_uuid

ORGANIZATION: Final = "Acme Demo"
GITHUB_ORG: Final = "acme-demo"
GITHUB_ORG_ID: Final = 70010001
AWS_ORG: Final = "o-acmedemo01"
REGION: Final = "eu-west-1"


@dataclass(frozen=True, slots=True)
class Account:
    """One AWS account."""

    id: str
    environment: str

    @property
    def name(self) -> str:
        return f"acme-{self.environment}"


PRODUCTION: Final = Account("111122223333", "production")
STAGING: Final = Account("444455556666", "staging")
SHARED: Final = Account("777788889999", "shared")
ACCOUNTS: Final = (PRODUCTION, STAGING, SHARED)


@dataclass(frozen=True, slots=True)
class Person:
    """One human of the cast, with the address their machine calls from."""

    name: str
    team: str
    address: str

    @property
    def email(self) -> str:
        return f"{self.name.lower()}@example.com"

    @property
    def login(self) -> str:
        return f"{self.name.lower()}-acme"

    @property
    def github_id(self) -> int:
        return stable_number("github", self.login, digits=8)

    @property
    def object_id(self) -> str:
        return stable_uuid("entra", self.email)

    @property
    def commit_email(self) -> str:
        return f"{self.github_id}+{self.login}@users.noreply.github.com"


MAYA: Final = Person("Maya", "Payments", "203.0.113.24")
LIAM: Final = Person("Liam", "Storefront", "203.0.113.31")
ANA: Final = Person("Ana", "Data", "203.0.113.47")
OMAR: Final = Person("Omar", "Reliability", "203.0.113.52")
NOOR: Final = Person("Noor", "Platform", "203.0.113.66")
PEOPLE: Final = (MAYA, LIAM, ANA, OMAR, NOOR)

AZURE_TENANT: Final = stable_uuid("tenant")
AZURE_SUBSCRIPTION: Final = stable_uuid("subscription", "acme-demo-analytics")
GCP_PROJECT: Final = "acme-demo-analytics"
GCP_PROJECT_NUMBER: Final = 100000000042

PROTECT_REGIONS_SCP: Final = (
    f"arn:aws:organizations::{SHARED.id}:policy/{AWS_ORG}/service_control_policy/p-"
    + stable_digits("scp-regions", digits=8)
)
PROTECT_BACKUPS_SCP: Final = (
    f"arn:aws:organizations::{SHARED.id}:policy/{AWS_ORG}/service_control_policy/p-"
    + stable_digits("scp-backups", digits=8)
)
DATA_PERIMETER_RCP: Final = (
    f"arn:aws:organizations::{SHARED.id}:policy/{AWS_ORG}/resource_control_policy/p-"
    + stable_digits("rcp-perimeter", digits=8)
)
