"""The library of guardrails as it is packaged, an AWS organization on loopback, and proposals over a real state."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.s3server import ENVIRONMENT, serving

from remit.adapters.clouds.aws.policies import OrganizationPolicies
from remit.adapters.store.state.proposals import BacktestTable, ProposalTable
from remit.adapters.store.state.state import State
from remit.app.catalogue import load_guardrails
from remit.flows.attaching.attaching import Attaching
from remit.flows.library import GuardrailLibrary
from remit.rooms.guardrails.catalogue import Catalogue
from remit.rooms.guardrails.exports.digest import digest
from remit.rooms.guardrails.exports.policy import OrganizationPolicy


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """Every guardrail with its cases."""
    return load_guardrails()


@pytest.fixture
def library(catalogue: Catalogue) -> GuardrailLibrary:
    """The calls on it."""
    return GuardrailLibrary(catalogue)


@dataclass
class Organization:
    """An organization with two units, two accounts and both types of policy enabled."""

    endpoint: str
    client: Any
    shared: OrganizationPolicies
    root: str
    units: tuple[str, str]
    account: str

    def api(self) -> OrganizationPolicies:
        return self.shared

    def attached(self, target: str, kind: str = "SERVICE_CONTROL_POLICY") -> dict[str, str]:
        """Name -> text of the policies attached to a target, but for AWS's own."""
        found = self.client.list_policies_for_target(TargetId=target, Filter=kind)["Policies"]
        described = [self.client.describe_policy(PolicyId=each["Id"])["Policy"] for each in found]
        return {
            each["PolicySummary"]["Name"]: each["Content"]
            for each in described
            if not each["PolicySummary"]["AwsManaged"]
        }


@pytest.fixture(scope="session")
def organizations() -> Iterator[tuple[str, Any, OrganizationPolicies]]:
    """The address of moto's Organizations, a client of boto3 and one of ours: making one takes longer than using it."""
    with pytest.MonkeyPatch.context() as patch, serving() as address:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        client = boto3.client("organizations", region_name="us-east-1", endpoint_url=address)
        client.create_organization(FeatureSet="ALL")
        root = client.list_roots()["Roots"][0]["Id"]
        for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            client.enable_policy_type(RootId=root, PolicyType=kind)
        client.create_account(Email="shop@example.com", AccountName="shop")
        ours = OrganizationPolicies(endpoint_url=address)
        assert ours.organization_id()
        yield address, client, ours


_NAMES = itertools.count()


@pytest.fixture
def organization(organizations: tuple[str, Any, OrganizationPolicies], s3_environment: None) -> Organization:
    """With units that no other test has seen."""
    endpoint, client, ours = organizations
    root = client.list_roots()["Roots"][0]["Id"]
    made = [client.create_organizational_unit(ParentId=root, Name=f"Unit {next(_NAMES)}") for _ in range(2)]
    first, second = (each["OrganizationalUnit"]["Id"] for each in made)
    accounts = client.list_accounts()["Accounts"]
    account = next(each["Id"] for each in accounts if each["Name"] == "shop")
    return Organization(endpoint, client, ours, root, (first, second), account)


@dataclass
class House:
    """The steps of attaching over a state, with a clock that is set and findings that are given."""

    attaching: Attaching
    state: State
    backtests: BacktestTable
    findings: list[dict[str, Any]] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def backtest(self, policy: OrganizationPolicy) -> None:
        at = self.now.isoformat(timespec="seconds")
        counts = {"considered": 120, "would_deny": 3, "unknown": 1}
        self.backtests.record(digest(policy.document), policy.kind, policy.targets, at, "local:ann", counts)

    def told(self, what: str) -> list[dict[str, Any]]:
        """The journal's records of a kind, the oldest first."""
        return [each for each in reversed(self.state.journalled()) if each["what"] == what]


def house_over(state: State, **more: Any) -> House:
    numbers = itertools.count(1)
    backtests = BacktestTable(state)
    house = House(None, state, backtests)  # type: ignore[arg-type]
    house.attaching = Attaching(
        ProposalTable(state),
        lambda policy: house.findings,
        backtests,
        lambda: house.now,
        lambda: f"p{next(numbers)}",
        **more,
    )
    return house


@pytest.fixture
def house(state_url: str) -> Iterator[House]:
    state = State.open(state_url)
    yield house_over(state)
    state.close()


@pytest.fixture
def one_house(tmp_path: Path) -> Iterator[House]:
    """The same, in SQLite alone."""
    state = State.open(f"sqlite:///{tmp_path / 'state.db'}")
    yield house_over(state)
    state.close()
