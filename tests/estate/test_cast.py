"""The cast is told apart: everything decodes, every denial has its policy, every member reads as what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from remit.rooms.attribution.signals import Rules
from remit.rooms.estate import SCENES, Scene
from remit.rooms.query import read_query
from remit.rooms.query.matches import matches

from .conftest import END, HOUR, Row


class Member(NamedTuple):
    """A member of the cast: which rows are its own, and what all of them must be judged to be."""

    name: str
    provider: str
    mine: Callable[[Row], bool]
    expected: dict[str, Any]


def holding(column: str, part: str) -> Callable[[Row], bool]:
    return lambda row: part in (row.get(column) or "")


def both(*tests: Callable[[Row], bool]) -> Callable[[Row], bool]:
    return lambda row: all(test(row) for test in tests)


def role(name: str) -> Callable[[Row], bool]:
    return lambda row: (row.get("issuer") or "").endswith(f"/{name}")


def person_without_agent(row: Row) -> bool:
    cloud_shell_or_cli = "aws-cli/2.31.1 md" in (row["user_agent"] or "")
    marked = "AmazonQ" in (row["user_agent"] or "") or ",AX " in (row["user_agent"] or "")
    return cloud_shell_or_cli and not marked and not row["invoked_by"]


def entered(act: str) -> Callable[[Row], bool]:
    return lambda row: row["operation"] == act


AGENT, PERSON, PIPELINE, WORKLOAD, SERVICE = "agent", "person", "pipeline", "workload", "service"
CAST = (
    Member(
        "a person in the console",
        "aws",
        holding("user_agent", "AWS Internal"),
        {"actor_kind": PERSON, "source": "ClickOps"},
    ),
    Member("a person at a command line", "aws", person_without_agent, {"actor_kind": PERSON, "path": "cli"}),
    Member("a sign-in to the console", "aws", entered("ConsoleLogin"), {"actor_kind": PERSON, "path": "console"}),
    Member(
        "the unmarked script",
        "aws",
        holding("principal", "user/nightly-export"),
        {"actor_kind": "unknown", "source": "CLI/SDK"},
    ),
    Member(
        "Terraform in GitHub Actions",
        "aws",
        both(role("github-deploy"), holding("user_agent", "Terraform/")),
        {"actor_kind": PIPELINE, "source": "IaC", "governed": "pipeline"},
    ),
    Member("HCP Terraform", "aws", role("hcp-terraform"), {"actor_kind": PIPELINE, "source": "IaC"}),
    Member(
        "Terraform in Jenkins on EC2", "aws", role("jenkins-deploy"), {"path": "iac", "source": "IaC", "agent": None}
    ),
    Member("CloudFormation's calls", "aws", holding("invoked_by", "cloudformation"), {"path": "iac", "source": "IaC"}),
    Member("a Lambda function", "aws", role("orders-worker-role"), {"actor_kind": WORKLOAD, "source": "CLI/SDK"}),
    Member("a task on ECS", "aws", role("payments-task"), {"actor_kind": WORKLOAD}),
    Member("a service on EC2", "aws", role("search-node"), {"actor_kind": WORKLOAD}),
    Member("a pod with IRSA", "aws", role("eks-vpc-controller"), {"actor_kind": WORKLOAD}),
    Member("a pod with Pod Identity", "aws", role("catalog-pod"), {"actor_kind": WORKLOAD}),
    Member(
        "a service-linked role",
        "aws",
        holding("issuer", "/aws-service-role/"),
        {"actor_kind": SERVICE, "source": "Mutation"},
    ),
    Member(
        "a service principal",
        "aws",
        both(lambda row: row["principal_type"] == "AWSService", holding("source_ip", "cloudtrail")),
        {"actor_kind": SERVICE},
    ),
    Member(
        "Claude Code by awslabs' MCP server",
        "aws",
        holding("user_agent", "MCPClient/claude-code"),
        {"agent": "Claude Code", "path": "mcp", "source": "AgentOps"},
    ),
    Member(
        "Cursor's tool calls",
        "aws",
        both(entered("CallReadWriteTool"), holding("user_agent", "cursor")),
        {"agent": "Cursor", "path": "mcp", "counted": False},
    ),
    Member(
        "calls made by AWS's MCP server",
        "aws",
        holding("invoked_by", "aws-mcp"),
        {"actor_kind": AGENT, "path": "mcp", "counted": True},
    ),
    Member("Kiro", "aws", holding("user_agent", "m/Z,b,E,s,AX "), {"agent": "Kiro", "source": "AgentOps"}),
    Member("Amazon Q", "aws", holding("user_agent", "exec-env/AmazonQ-For-CLI"), {"actor_kind": AGENT, "path": "cli"}),
    Member("AWS DevOps Agent", "aws", role("DevOpsAgentRole"), {"agent": "AWS DevOps Agent", "source": "AgentOps"}),
    Member("the agent made here", "aws", role("release-bot"), {"agent": "release-bot", "on_behalf_of": "Release team"}),
    Member(
        "the agent on AgentCore", "aws", role("support-agent-runtime"), {"actor_kind": AGENT, "agent": "support-agent"}
    ),
    Member(
        "a person in the Azure portal",
        "azure",
        both(holding("app_id", "c44b4083"), holding("principal", "noor")),
        {"actor_kind": PERSON, "path": "console"},
    ),
    Member("az", "azure", holding("app_id", "04b07795"), {"actor_kind": PERSON, "path": "cli"}),
    Member(
        "Terraform in Azure",
        "azure",
        lambda row: row["actor_name"] == "Terraform in Azure",
        {"actor_kind": PIPELINE, "source": "IaC"},
    ),
    Member("a managed identity", "azure", holding("principal_name", "report-runner"), {"actor_kind": WORKLOAD}),
    Member(
        "Google's console",
        "gcp",
        both(holding("user_agent", "Mozilla"), holding("principal", "ana")),
        {"actor_kind": PERSON, "path": "console"},
    ),
    Member(
        "gcloud by a person",
        "gcp",
        both(holding("user_agent", "gcloud/"), lambda row: "agent-name" not in row["user_agent"]),
        {"actor_kind": PERSON, "path": "cli"},
    ),
    Member(
        "Gemini CLI with gcloud",
        "gcp",
        holding("user_agent", "agent-name/gemini_cli"),
        {"agent": "Gemini CLI", "source": "AgentOps"},
    ),
    Member(
        "Claude Code with gcloud",
        "gcp",
        holding("user_agent", "agent-name/claude_code"),
        {"agent": "Claude Code", "source": "AgentOps"},
    ),
    Member("Google's MCP server", "gcp", entered("tools/call"), {"actor_kind": AGENT, "path": "mcp"}),
    Member("Terraform in Google Cloud", "gcp", holding("user_agent", "Terraform/"), {"path": "iac", "source": "IaC"}),
    Member("a workload on a VM", "gcp", both(holding("principal", "report-runner@")), {"actor_kind": WORKLOAD}),
    Member("GKE's service agent", "gcp", holding("principal", "container-engine-robot"), {"actor_kind": SERVICE}),
    Member(
        "Copilot's pull requests",
        "github",
        lambda row: row["principal"] == "Copilot",
        {"actor_kind": AGENT, "source": "VCS"},
    ),
    Member(
        "a person's merges",
        "github",
        lambda row: row["principal"] == "noor-acme" and row["event_type"] == "pull_request",
        {"actor_kind": PERSON, "source": "VCS"},
    ),
    Member(
        "deployment runs",
        "github",
        lambda row: row["event_type"] == "workflow_run",
        {"path": "workflow", "source": "Workflow"},
    ),
)


@pytest.mark.parametrize("member", [pytest.param(member, id=member.name) for member in CAST])
def test_the_member_reads_as_what_it_is(member: Member, judged: list[Row], rules: Rules) -> None:
    if not any(signal.id.startswith(f"{member.provider}.") for signal in rules.signals):
        pytest.skip(f"no signals for {member.provider} in this checkout: its cast is NOT checked")
    rows = [row for row in judged if row["provider"] == member.provider and member.mine(row)]
    assert len(rows) >= 5
    wrong = Counter(
        (name, row[name], row["operation"], tuple(e.partition("=")[0] for e in row["evidence"]))
        for row in rows
        for name, value in member.expected.items()
        if row[name] != value
    )
    assert not wrong, wrong.most_common(5)


def test_every_record_decodes_to_an_event_of_its_own(decoded: list[Row], parsed: dict[str, list[Any]]) -> None:
    assert len(decoded) == sum(len(found) for found in parsed.values())
    assert len({row["event_id"] for row in decoded}) == len(decoded)
    assert all(END - 31 * 24 * HOUR <= row["time"] <= END for row in decoded)


def test_every_kind_of_denial_is_there_and_a_failure_is_no_denial(decoded: list[Row]) -> None:
    kinds = Counter(row["deny_policy_type"] for row in decoded if row["denied"])
    wanted = "scp rcp identity boundary session vpc_endpoint role_trust azure_rbac azure_policy gcp_iam gcp_vpc_sc"
    assert set(kinds) >= {*wanted.split(), "gcp_org_policy", "unknown"}
    failures = {row["error_code"] for row in decoded if row["outcome"] == "failure"}
    assert {"ThrottlingException", "NoSuchBucketPolicy", "NoSuchEntityException"} <= failures


def test_one_agent_is_refused_the_same_thing_again_and_again(judged: list[Row]) -> None:
    groups = Counter(
        (row["agent"], row["operation"]) for row in judged if row["denied"] and row["actor_kind"] == "agent"
    )
    assert groups["support-agent", "GetObject"] >= 20


def test_a_ticket_leads_from_a_commit_through_a_run_to_a_role_session(judged: list[Row]) -> None:
    code = [row for row in judged if row.get("ticket") == "PAY-123"]
    assert {row["data_source"] for row in code} >= {"git", "github-webhook"}
    run = next(row["run"] for row in code if row["event_type"] == "workflow_run")
    calls = [row for row in judged if row["provider"] == "aws" and (row["role_session"] or "").endswith(f"-run-{run}")]
    door = [
        row
        for row in judged
        if row["operation"] == "AssumeRoleWithWebIdentity" and f"key:{calls[0]['access_key']}" in row["link_offers"]
    ]
    assert len(calls) >= 5
    assert [row["federation_subject"] for row in door] == ["repo:acme-demo/payments:ref:refs/heads/main"]


def test_every_scene_has_a_sentence_and_a_query() -> None:
    assert all(scene.sentence.endswith((".", "?")) and scene.query for scene in SCENES)


FOUND = {
    "Nine seconds": (8, 12),
    "The one that was stopped": (1, 1),
    "From ticket to call": (5, 12),
    "Trying again": (14, 60),
    "Undecided": (100, 200),
    "Approved by a person": (3, 40),
    "Made here": (50, 300),
}


@pytest.mark.parametrize("scene", [pytest.param(scene, id=scene.name) for scene in SCENES])
def test_the_scenes_query_finds_it(scene: Scene, judged: list[Row]) -> None:
    predicate = read_query(scene.query, END)
    low, high = FOUND[scene.name]
    assert low <= sum(matches(predicate, row) for row in judged) <= high
