"""On whose behalf an act is said to be: one spelling of a person, and never the actor again."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest

from remit.rooms.attribution.behalf import operator_of, shown_behalf
from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.registry import Registry, parse_registry
from remit.rooms.attribution.signals import parse_rules

FOLDER = resources.files("remit.rooms.attribution") / "signals"

REGISTRY = parse_registry('[[person]]\nname = "Ana Silva"\nmatch = ["ana@example.com", "arn:aws:iam::1:user/ana"]\n')
DIRECTED = "op.AROAEXAMPLE-ana@example.com.apr.01a05863-eeb9-78"


@pytest.mark.parametrize(
    ("value", "operator"),
    [
        (DIRECTED, "ana@example.com"),
        ("op.2704ba98-e0d1-7024-b949-3ff4cedcc0c5.apr.01a0558e-d7aa-7b", "2704ba98-e0d1-7024-b949-3ff4cedcc0c5"),
        ("op.ana@example.com.apr.1", "ana@example.com"),
        ("ana@example.com", "ana@example.com"),
        ("op.", "op."),
    ],
)
def test_the_operator_of_a_directed_action_is_an_email_where_one_is_in_it(value: str, operator: str) -> None:
    assert operator_of(value) == operator


def test_the_registrys_name_is_shown_for_every_spelling_it_knows() -> None:
    for value in ("ana@example.com", "arn:aws:iam::1:user/ana", DIRECTED):
        assert shown_behalf(value, "AWS DevOps Agent", REGISTRY) == "Ana Silva"
    assert shown_behalf(DIRECTED, "AWS DevOps Agent", Registry()) == "ana@example.com"
    assert shown_behalf(None, "x", REGISTRY) is None


def test_nobody_acts_on_behalf_of_themselves() -> None:
    assert shown_behalf("ana@example.com", "ana@example.com", Registry()) is None
    assert shown_behalf("ana@example.com", "Ana Silva", REGISTRY) is None
    assert shown_behalf("ana@example.com", None, Registry()) == "ana@example.com"


def judged(registry: Registry, **facts: Any) -> dict[str, Any]:
    rules = parse_rules({f.name: f.read_bytes() for f in FOLDER.iterdir() if f.name.endswith(".toml")})
    columns = Judge(rules, registry).judge({name: [value] for name, value in {"event_id": "e", **facts}.items()})
    return {name: values[0] for name, values in columns.items()}


IMPERSONATING = {
    "provider": "gcp",
    "data_source": "gcp-audit",
    "principal": "deployer@acme.iam.gserviceaccount.com",
    "principal_type": "service-account",
    "issuer": "deployer@acme.iam.gserviceaccount.com",
    "delegator": "ana@example.com",
    "markers": ["delegation=ana@example.com"],
}


def test_a_person_who_impersonates_an_account_acts_for_nobody_else() -> None:
    row = judged(Registry(), **IMPERSONATING)
    assert (row["actor_kind"], row["actor_name"], row["on_behalf_of"]) == ("person", "ana@example.com", None)


def test_an_operator_of_devops_agent_is_shown_by_email_or_by_the_registrys_name() -> None:
    facts = {"provider": "aws", "invoked_by": "aidevops.amazonaws.com", "source_identity": DIRECTED}
    assert judged(Registry(), **facts)["on_behalf_of"] == "ana@example.com"
    assert judged(REGISTRY, **facts)["on_behalf_of"] == "Ana Silva"
