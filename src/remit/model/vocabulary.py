"""The words of the product, each with its closed set of values, and the one table that derives ``source``."""

from __future__ import annotations

from typing import Final

PROVIDERS: Final = ("aws", "azure", "gcp", "github", "ci", "git")
DATA_SOURCES: Final = (
    "cloudtrail",
    "azure-activity",
    "gcp-audit",
    "github-audit",
    "github-webhook",
    "ci-build",
    "git",
)
ACTOR_KINDS: Final = ("person", "agent", "pipeline", "workload", "service", "unknown")
PATHS: Final = ("console", "cli", "sdk", "iac", "mcp", "gateway", "vcs", "workflow", "provider", "unknown")
SOURCES: Final = ("AgentOps", "ClickOps", "IaC", "CLI/SDK", "Mutation", "VCS", "Workflow", "Unknown")
SOURCE_GROUPS: Final = {
    "Cloud": ("AgentOps", "ClickOps", "IaC", "CLI/SDK", "Mutation"),
    "Code": ("VCS", "Workflow"),
}
ACTION_KINDS: Final = ("read", "create", "update", "delete", "permission", "login", "other")
CHANGE_KINDS: Final = ("create", "update", "delete", "permission")
"""Action kinds that change something; a read, a login and ``other`` are not changes."""
OUTCOMES: Final = ("success", "failure", "denied")
GOVERNED: Final = ("gateway", "pipeline", "exempt", "none", "unknown")
POLICY_TYPES: Final = (
    "scp",
    "rcp",
    "identity",
    "resource",
    "boundary",
    "session",
    "vpc_endpoint",
    "role_trust",
    "azure_policy",
    "azure_rbac",
    "gcp_iam",
    "gcp_org_policy",
    "gcp_vpc_sc",
    "unknown",
)
POLICY_WORDS: Final = {
    "scp": "Service control policy",
    "rcp": "Resource control policy",
    "identity": "Identity policy",
    "resource": "Resource policy",
    "boundary": "Permissions boundary",
    "session": "Session policy",
    "vpc_endpoint": "VPC endpoint policy",
    "role_trust": "Role trust policy",
    "azure_policy": "Azure Policy",
    "azure_rbac": "Azure RBAC",
    "gcp_iam": "Google Cloud IAM",
    "gcp_org_policy": "Organization policy",
    "gcp_vpc_sc": "VPC Service Controls",
    "unknown": "Policy type not stated",
}
"""Policy types as people call them."""
STRENGTHS: Final = ("stamped", "joined", "declared", "named")
"""Evidence strengths, strongest first: said by the provider, joined to another record, said by the caller, a name."""
STRENGTH_CONFIDENCE: Final = {"stamped": 0.97, "joined": 0.92, "declared": 0.8, "named": 0.5}
STRENGTH_FROM: Final = ((0.95, "stamped"), (0.9, "joined"), (0.7, "declared"))
"""The least confidence that each strength of evidence gives."""


def strength_of(confidence: float | None) -> str:
    """The strength of evidence behind a confidence; ``unknown`` when there is none."""
    found = next((name for least, name in STRENGTH_FROM if (confidence or 0) >= least), None)
    return found or ("named" if confidence else "unknown")


def call_name(service: str | None, operation: str | None) -> str:
    """A call as people write it, ``rds:DeleteDBCluster``; an operation that names its service already stands alone."""
    if not service or not operation:
        return operation or service or "an unnamed call"
    full = ("/" in operation or "." in operation) and service.lower() in operation.lower()
    return operation if full else f"{service}:{operation}"


def derive_source(path: str, actor_kind: str) -> str:
    """The source a person filters by, from path and actor kind; the first row that matches wins."""
    if path == "vcs":
        return "VCS"
    if path == "workflow":
        return "Workflow"
    if actor_kind == "agent":
        return "AgentOps"
    if path == "iac" or actor_kind == "pipeline":
        return "IaC"
    if actor_kind == "service" or path == "provider":
        return "Mutation"
    return {"console": "ClickOps", "cli": "CLI/SDK", "sdk": "CLI/SDK"}.get(path, "Unknown")
