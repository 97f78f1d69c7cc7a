"""The words, and the one table that derives a source."""

from __future__ import annotations

import pytest

from remit.model.vocabulary import ACTOR_KINDS, PATHS, POLICY_TYPES, POLICY_WORDS, SOURCES, call_name, derive_source


@pytest.mark.parametrize(
    ("path", "kind", "source"),
    [
        ("vcs", "agent", "VCS"),
        ("workflow", "pipeline", "Workflow"),
        ("iac", "agent", "AgentOps"),
        ("iac", "service", "IaC"),
        ("sdk", "pipeline", "IaC"),
        ("console", "service", "Mutation"),
        ("provider", "unknown", "Mutation"),
        ("console", "person", "ClickOps"),
        ("cli", "unknown", "CLI/SDK"),
        ("mcp", "unknown", "Unknown"),
    ],
)
def test_the_first_row_of_the_table_that_matches_is_the_source(path: str, kind: str, source: str) -> None:
    assert derive_source(path, kind) == source


def test_every_pair_of_path_and_kind_has_a_source() -> None:
    assert {derive_source(path, kind) for path in PATHS for kind in ACTOR_KINDS} <= set(SOURCES)


def test_every_policy_type_has_words() -> None:
    assert set(POLICY_WORDS) == set(POLICY_TYPES)


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    [
        ("rds", "DeleteDBCluster", "rds:DeleteDBCluster"),
        (
            "Microsoft.Authorization",
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/write",
        ),
        ("compute", "v1.compute.instances.insert", "v1.compute.instances.insert"),
        (None, "push", "push"),
        (None, None, "an unnamed call"),
    ],
)
def test_a_call_is_named_once(service: str | None, operation: str | None, name: str) -> None:
    assert call_name(service, operation) == name
