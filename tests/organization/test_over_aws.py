"""The Organizations API, played by moto, and the command that asks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from tests.s3server import ENVIRONMENT, serving

from remit.adapters.clouds.aws import organizations
from remit.app.application import RemitApplication
from remit.faces.cli.main import run
from remit.model.errors import Unavailable
from remit.rooms.organization.exports import read_exports
from remit.rooms.organization.structure import SCP

DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*"}]}'
NOW = 1_790_000_000_000_000


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server with an organization: one unit, one member in it, one policy on it."""
    with pytest.MonkeyPatch.context() as patch, serving() as address:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        client = boto3.client("organizations", region_name="us-east-1", endpoint_url=address)
        client.create_organization(FeatureSet="ALL")
        root = client.list_roots()["Roots"][0]["Id"]
        client.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
        unit = client.create_organizational_unit(ParentId=root, Name="Prod")["OrganizationalUnit"]["Id"]
        made = client.create_account(Email="shop@example.com", AccountName="shop")
        account = made["CreateAccountStatus"]["AccountId"]
        client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
        policy = client.create_policy(Content=DENY, Description="d", Name="NoInstances", Type="SERVICE_CONTROL_POLICY")
        policy = policy["Policy"]["PolicySummary"]["Id"]
        client.attach_policy(PolicyId=policy, TargetId=unit)
        yield address


def test_the_api_says_the_same_as_exports_would(endpoint: str) -> None:
    found, notes = read_exports(organizations.answers(organizations.client(endpoint_url=endpoint)))
    assert notes == []
    account = next(each for each in found.accounts.values() if each.name == "shop")
    levels = found.in_force(account.id, NOW, SCP)
    assert "NoInstances" in [each.policy.name for each in levels[1].policies]
    assert found.management_account in found.accounts


def test_an_api_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    client = boto3.client(
        "organizations", region_name="us-east-1", endpoint_url="http://127.0.0.1:9", config=_impatient()
    )
    with pytest.raises(Unavailable, match="does not answer"):
        organizations.answers(client)


def _impatient() -> object:
    from botocore.config import Config

    return Config(retries={"total_max_attempts": 1}, connect_timeout=1)


def test_the_command_brings_it_in_and_shows_it(
    endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def remit(*arguments: str) -> str:
        status = run(RemitApplication(lambda text: None), [*arguments, "--data", str(tmp_path / "data")])
        captured = capsys.readouterr()
        assert status == 0, captured.err
        return captured.out

    assert "2 accounts, units below the root: 1, policies: 1" in remit(
        "organization", "import", "aws", "--endpoint-url", endpoint
    )
    tree = remit("organization", "show")
    assert "Prod" in tree
    assert "management account" in tree
    shown = json.loads(remit("organization", "show", "Prod", "--json"))
    assert shown["in_force"][0]["levels"]["SCP"][1]["name"] == "Prod"
    nowhere = ["organization", "show", "Nope", "--data", str(tmp_path / "data")]
    assert run(RemitApplication(lambda text: None), nowhere) == 2
