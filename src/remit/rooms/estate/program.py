"""The program: which scene is played by which rhythm. To add to the estate, write a scene and give it a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from remit.rooms.estate import azure, ci, gcp
from remit.rooms.estate.aws import agents, denied, iac, incident, managed_mcp, people, services, workloads
from remit.rooms.estate.aws.calls import Step
from remit.rooms.estate.cast import ANA, LIAM, MAYA, NOOR, OMAR, PRODUCTION, SHARED, STAGING, Account
from remit.rooms.estate.chance import Chance
from remit.rooms.estate.feed import Item
from remit.rooms.estate.github import audit, delivery
from remit.rooms.estate.rhythm import INCIDENT_BEFORE_END, Moment, Rhythm, moments

Scene = Callable[[Moment], Iterator[Item]]
_OFFICE: Final = (7.5, 16.5)
_ALL_DAY: Final = (0.0, 24.0)
_INCIDENT_HOURS: Final = INCIDENT_BEFORE_END / 3_600_000_000


def _office(per_day: float, *always: float) -> Rhythm:
    return Rhythm(per_day, 0.0, _OFFICE, always)


def _steady(per_day: float, calm: float = 0.3, *always: float) -> Rhythm:
    return Rhythm(per_day, per_day, _ALL_DAY, always, calm)


def _once(*hours_before_end: float) -> Rhythm:
    return Rhythm(0.0, 0.0, _ALL_DAY, hours_before_end)


def _linked(account: Account, name: str, role: str, session: str, steps: tuple[Step, ...]) -> Scene:
    return services.linked_role(account, f"{name}.amazonaws.com", f"AWSServiceRoleFor{role}", session, steps)


PROGRAM: Final[dict[str, tuple[Rhythm, Scene]]] = {
    # people
    "maya in the console": (_office(0.6), people.console(MAYA, STAGING, "Developer")),
    "liam in the console": (_office(0.7), people.console(LIAM, STAGING, "Developer")),
    "omar in the console": (_office(1.0, 9.4), people.console(OMAR, PRODUCTION, "Operator")),
    "noor in the console": (_office(0.8, 12.2), people.console(NOOR, SHARED, "Administrator")),
    "ana in CloudShell": (_office(0.7, 10.6), people.shell(ANA, SHARED, "DataEngineer")),
    "maya at the command line": (_office(0.9), people.command_line(MAYA, STAGING, "Developer")),
    "liam at the command line": (_office(0.8, 8.3), people.command_line(LIAM, STAGING, "Developer")),
    "omar at the command line": (_office(0.5), people.command_line(OMAR, PRODUCTION, "Operator")),
    "a script with a long-lived key": (Rhythm(1, 1, (2.0, 2.2)), people.nightly_script),
    # pipelines
    "payments deploys": (_office(1.1, 11.5), delivery.payments),
    "storefront deploys": (_office(1.2, 9.9, 13.4), delivery.storefront),
    "platform deploys": (_office(0.6, 15.1), delivery.platform),
    "PAY-123": (_once(7.5), delivery.spotlight),
    "the orders database is made": (_once(30 * 24 - 1), delivery.founding),
    "Jenkins applies Terraform": (_office(0.8, 12.8), ci.jenkins),
    "GitLab tests": (_office(2.0, 10.1), ci.gitlab),
    "HCP Terraform applies": (_office(0.5, 16.0), iac.hcp_terraform),
    "CloudFormation updates a stack": (_office(0.7, 13.9), iac.cloudformation),
    # workloads
    "the orders worker": (_steady(6), workloads.lambda_function(PRODUCTION, "orders-worker")),
    "the invoices worker": (_steady(3.5), workloads.lambda_function(STAGING, "invoices-worker")),
    "the audit exporter": (_steady(3), workloads.SHARED_WORKER),
    "the snapshot cleaner": (Rhythm(1, 1, (3.0, 3.1)), workloads.snapshot_cleaner),
    "payments on Fargate": (_steady(3), workloads.ecs_task(PRODUCTION, "payments")),
    "orders on Fargate": (_steady(3), workloads.ecs_task(STAGING, "orders")),
    "search on EC2": (_steady(3.5), workloads.ec2_service),
    "the VPC controller on EKS": (_steady(3), workloads.irsa),
    "catalog on EKS": (_steady(2.5), workloads.pod_identity),
    # services
    "Auto Scaling": (_steady(5.5), _linked(PRODUCTION, "autoscaling", "AutoScaling", "AutoScaling", services.SCALING)),
    "AWS Config": (_steady(5.5), _linked(SHARED, "config", "Config", "configLambdaExecution", services.RECORDING)),
    "AWS Backup": (
        Rhythm(3, 3, (1.0, 4.0)),
        _linked(PRODUCTION, "backup", "Backup", "AWSBackup", services.BACKING_UP),
    ),
    "CloudTrail delivers": (_steady(5), services.log_delivery),
    "key rotation": (_steady(0.3), services.key_rotation),
    # agents
    "Claude Code for maya": (_office(0.8, 17.3), agents.claude_code(MAYA, STAGING)),
    "Claude Code for liam": (_office(0.6, 8.8), agents.claude_code(LIAM, STAGING)),
    "Kiro for liam": (_office(0.4, 11.0), agents.on_laptop(LIAM, STAGING, agents.kiro_agent)),
    "Amazon Q for ana": (_office(0.4, 12.5), agents.on_laptop(ANA, SHARED, agents.amazon_q_agent)),
    "Cursor through AWS's MCP server": (_office(0.6, 9.1), managed_mcp.managed(LIAM, STAGING, "cursor-vscode/1.0.0")),
    "Claude Code through AWS's MCP server": (
        _office(0.4, 16.6),
        managed_mcp.managed(ANA, SHARED, "claude-code/2.1.287"),
    ),
    "AWS DevOps Agent": (_steady(0.8, 0.0, 10.9, 18.4), agents.devops_agent),
    "release-bot": (_office(1.2, 7.9, 13.1), agents.release_bot),
    "the support agent on AgentCore": (_steady(2.2, 0.0, 8.1), agents.agentcore),
    # denials
    "people refused": (_office(0.7, 10.3), denied.people),
    "Claude Code in a closed region": (_office(0.4, 14.4), denied.wrong_region),
    "workloads refused": (_steady(0.5, 0.0, 17.9), denied.from_workload),
    "Jenkins refused": (_office(0.25, 12.85), denied.from_pipeline),
    "the support agent tries again": (_once(19.5, 91.0), denied.support_agent_retries),
    "failures that are no denials": (_office(1.0, 11.8), denied.no_denial),
    # the other providers
    "noor in the Azure portal": (_office(1.0, 9.6), azure.work(azure.NOOR_PORTAL, 4)),
    "ana with az": (_office(1.2, 10.8), azure.work(azure.ANA_CLI, 4)),
    "Terraform in Azure": (_office(1.0, 13.3), azure.work(azure.TERRAFORM, 8)),
    "Azure DevOps deploys": (_office(1.0, 15.4), azure.work(azure.DEVOPS, 6)),
    "the report runner's identity": (_steady(8), azure.routine),
    "the cost agent in Azure": (_steady(0.7, 0.0, 16.9), azure.work(azure.COST_AGENT, 3)),
    "Azure says no": (_office(0.4, 11.2, 12.1), azure.denied),
    "ana in Google's console": (_office(0.8, 9.7), gcp.work(gcp.ANA_CONSOLE, 3)),
    "ana with gcloud": (_office(1.0, 12.6), gcp.work(gcp.ANA_GCLOUD, 4)),
    "Gemini CLI with gcloud": (_office(0.5, 10.4), gcp.work(gcp.ANA_AGENT, 4)),
    "Claude Code with gcloud": (_office(0.4, 14.1), gcp.work(gcp.NOOR_AGENT, 3)),
    "Google's MCP server": (_office(0.6, 13.7), gcp.managed_mcp),
    "Terraform in Google Cloud": (_office(1.0, 15.9), gcp.work(gcp.TERRAFORM, 8)),
    "the report runner in Google Cloud": (_steady(9), gcp.work(gcp.RUNNER, 3, gcp.QUERIES)),
    "GKE": (_steady(5), gcp.work(gcp.GKE, 2, gcp.NODES)),
    "managed instance groups": (_steady(2), gcp.work(gcp.GOOGLE_APIS, 2, gcp.NODES)),
    "Google says no": (_office(0.4, 9.3, 10.7, 11.9, 13.0), gcp.denied),
    "GitHub's settings": (_office(0.5, 16.2), audit.administration),
    # what led to the incident
    "a break-glass drill": (_once(11 * 24, 25 * 24), incident.before),
    "STG-482": (_once(_INCIDENT_HOURS + 0.6), delivery.staging_ticket),
}


def play(end: int, seed: int) -> Iterator[Item]:
    """Every record of the estate that is not after ``end``, unsorted."""
    for name, (rhythm, scene) in PROGRAM.items():
        for moment in moments(rhythm, end, Chance(seed, end, name)):
            yield from scene(moment)
    yield from incident.scenes(end, Chance(seed, end, "incident"))
