"""Every guardrail of the library, exported: AWS's own store takes each, and each tool reads the same policy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from tests.guardrails.conftest import Organization
from tests.guardrails.readers import NODE, TERRAFORM, by_cfn_lint, by_hcl2, by_node, by_python, by_terraform

from remit.app.findings import make_insights
from remit.flows.library import GuardrailLibrary
from remit.rooms.guardrails.catalogue import Catalogue
from remit.rooms.guardrails.exports.forms import export
from remit.rooms.guardrails.exports.policy import OrganizationPolicy, organization_policy
from remit.rooms.guardrails.rendering import example_values, render


@pytest.fixture(scope="module")
def policies(catalogue: Catalogue) -> Sequence[OrganizationPolicy]:
    """Every guardrail with its example values, on a unit."""
    return [
        organization_policy(
            each.id, each.type, render(each, example_values(each)), each.title, ("ou-ab12-cdefgh34", "123456789012")
        )
        for each in catalogue.guardrails
    ]


@pytest.fixture(params=[pytest.param(1, marks=pytest.mark.heavy), 20], ids=["each", "one in twenty"])
def some(request: pytest.FixtureRequest, policies: Sequence[OrganizationPolicy]) -> Sequence[OrganizationPolicy]:
    """For the slow tools: by default one policy in twenty, every one in make test-all."""
    return policies[:: request.param]


def test_organizations_takes_the_json_of_each(
    organization: Organization, policies: Sequence[OrganizationPolicy]
) -> None:
    client = organization.client
    for policy in policies:
        made = client.create_policy(
            Name=f"library-{policy.name}",
            Type=policy.aws_type,
            Description=policy.description,
            Content=export(policy, "json"),
        )["Policy"]
        assert json.loads(made["Content"]) == policy.document
        client.delete_policy(PolicyId=made["PolicySummary"]["Id"])


def test_terraform_reads_the_same_policies(some: Sequence[OrganizationPolicy], tmp_path: Path) -> None:
    texts = [export(policy, "terraform") for policy in some]
    for policy, text in zip(some, texts, strict=True):
        assert by_hcl2(text)["aws_organizations_policy"]["content"] == policy.document, policy.name
    if TERRAFORM:
        contents = by_terraform(texts, tmp_path)
        assert [json.loads(content) for content in contents] == [policy.document for policy in some]


@pytest.mark.skipif(not TERRAFORM, reason="no terraform here: its own formatter was not asked")
def test_terraform_would_lay_each_out_in_the_same_way(policies: Sequence[OrganizationPolicy], tmp_path: Path) -> None:
    for policy in policies:
        (tmp_path / f"{policy.name}.tf").write_text(export(policy, "terraform"), encoding="utf-8")
    ran = subprocess.run([TERRAFORM, "fmt", "-check", tmp_path], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_cloudformation_reads_the_same_policies(some: Sequence[OrganizationPolicy]) -> None:
    resources: dict[str, Any] = {}
    for number, policy in enumerate(some):
        properties = by_cfn_lint(export(policy, "cloudformation"))
        assert properties["Content"] == policy.document, policy.name
        resources[f"Policy{number}"] = {"Type": "AWS::Organizations::Policy", "Properties": properties}
    faults = lint(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}))
    assert [str(fault) for fault in faults] == []


def test_the_cdk_is_given_the_same_policies(policies: Sequence[OrganizationPolicy]) -> None:
    for policy in policies:
        assert by_python(export(policy, "cdk-python"))["content"] == policy.document, policy.name
    if NODE:
        made = by_node([export(policy, "cdk-typescript") for policy in policies])
        assert [each["content"] for each in made] == [policy.document for policy in policies]


def test_a_policy_of_the_library_is_called_by_its_id(library: GuardrailLibrary) -> None:
    from remit.flows.exporting import Exporter

    exporter = Exporter(library, make_insights())
    policy = exporter.guardrail("org-deny-leave", {})
    assert policy.name == "org-deny-leave"
    assert exporter.guardrail("org-deny-leave", {}, name="ours").name == "ours"
    assert set(exporter.forms()) == {"json", "terraform", "cloudformation", "cdk-typescript", "cdk-python"}
    assert all(exporter.export(policy, form)["text"] for form in exporter.forms())
