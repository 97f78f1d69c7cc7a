"""Naming the statement behind a denial: each case an event, the organization's policies, and what must be named."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.estate_store import END_US

from remit.app.packaged import load_reference
from remit.flows.questions.guarding import Guarding
from remit.rooms.estate import organization_json
from remit.rooms.guardrails.callers import caller_of
from remit.rooms.guardrails.causes import Causes, name_causes
from remit.rooms.guardrails.owners import owner_of
from remit.rooms.guardrails.record import fields_of
from remit.rooms.guardrails.remedies import Callers, recommend
from remit.rooms.guardrails.requests import Translation
from remit.rooms.organization import parse_organization

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "causes.json").read_text(encoding="utf-8"))
ROLE = "arn:aws:iam::222222222222:role/Builder"
NOW = 1_790_000_000_000_000
"""2026-09-21."""
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@cache
def translated(text: str) -> tuple[Guarding, Translation]:
    guarding = Guarding(parse_organization(text))
    return guarding, Translation(load_reference(), guarding.membership)


def organization(case: dict[str, Any]) -> str:
    """A root with one unit and an account; a case's policies hang on the unit unless they say otherwise."""
    policies, attachments = [], []
    for number, given in enumerate(case.get("policies", ())):
        name = given.get("name", f"Guard{number}")
        versions = given.get("versions") or [{"document": given["document"]}]
        policies.append({"id": f"p-{name}", "name": name, "type": given.get("type", "SCP"), "versions": versions})
        when = {key: given[key] for key in ("valid_from", "valid_until") if key in given}
        attachments += [{"policy": f"p-{name}", "target": target, **when} for target in given.get("targets", ["ou-1"])]
    full = [{"policy": "p-FullAWSAccess", "target": each} for each in case.get("full", ["r-1", "ou-1", "222222222222"])]
    return json.dumps(
        {
            "format": 1,
            "id": "o-a",
            "management_account": "111111111111",
            "enabled": case.get("enabled", ["SCP", "RCP"]),
            "root": {"id": "r-1", "name": "Root"},
            "units": [{"id": "ou-1", "name": "Shop", "parent": "r-1"}],
            "accounts": [
                {"id": "111111111111", "name": "main", "parent": "r-1"},
                {"id": "222222222222", "name": "shop", "parent": "ou-1"},
            ],
            "policies": policies,
            "attachments": full + attachments,
        }
    )


def named(case: dict[str, Any]) -> Causes:
    event = {
        "provider": "aws", "time": NOW, "account": "222222222222", "region": "us-west-2", "outcome": "denied",
        "denied": True, "principal_type": "AssumedRole", "issuer": ROLE,
        "principal": "arn:aws:sts::222222222222:assumed-role/Builder/x", **case["event"],
    }  # fmt: skip
    if isinstance(event.get("context"), dict):
        event["context"] = json.dumps(event["context"])
    guarding, translation = translated(organization(case))
    fields = fields_of(event)
    account = caller_of(fields).account or event["account"]
    scps = guarding.in_force(account, "SCP", NOW)
    rcps = guarding.in_force(owner_of(fields).account, "RCP", NOW)
    return name_causes(fields, translation, scps, rcps)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_statement_that_could_be_the_cause_is_named_and_no_other(case: dict[str, Any]) -> None:
    found, expected = named(case), case["expect"]
    assert found.word == expected["verdict"]
    told = [[each.standing.name if each.standing else "", each.name, each.level_name] for each in found.causes]
    assert sorted(told) == sorted(expected.get("causes", []))
    assert list(found.keys) == expected.get("keys", [])
    words = " ".join([found.why, *(one.words for each in found.causes for one in each.told)])
    for each in expected.get("says", ()):
        assert each in words
    if "remedy" in expected:
        counts = expected.get("counts", {ROLE: 1})
        advised = recommend(found.causes, Callers(counts, NOW - expected.get("lasting", 0), NOW))
        assert advised.kind == expected["remedy"]
        for each in expected.get("advises", ()):
            assert each in f"{advised.text} {json.dumps(advised.condition)}"


def test_documents_that_did_not_change_are_not_compiled_again() -> None:
    text = organization_json(END_US)
    changed = text.replace("eu-west-1", "eu-west-3")
    assert changed != text
    first = Guarding(parse_organization(text))
    known = first.organization

    def compiled(guarding: Guarding) -> dict[str, Any]:
        moment = END_US
        levels = [guarding.in_force(each, kind, moment).levels for each in known.accounts for kind in ("SCP", "RCP")]
        return {one.policy: one.compiled for each in levels for _, _, standing in each for one in standing}

    before, same = compiled(first), compiled(Guarding(parse_organization(text), first))
    assert before
    assert all(same[each] is before[each] for each in before)
    after = compiled(Guarding(parse_organization(changed), first))
    anew = {each for each in after if after[each] is not before[each]}
    spoken = {each for each in before if "eu-west-1" in json.dumps(before[each].document.source.value)}
    assert anew == spoken
    assert 0 < len(anew) < len(before)


@pytest.mark.parametrize("backwards", [False, True])
def test_what_a_policy_said_before_its_first_version_is_not_taken_from_it(backwards: bool) -> None:
    told = json.loads(organization_json(END_US))
    for policy in told["policies"]:
        policy["versions"] = [{"document": policy["versions"][0]["document"], "valid_from": "2030-01-01T00:00:00Z"}]
    written = {policy["id"] for policy in told["policies"]}
    guarding = Guarding(parse_organization(json.dumps(told)))
    moments = {"before": END_US, "since": 1_900_000_000_000_000}
    found: dict[str, set[bool]] = {}
    for name, moment in sorted(moments.items(), reverse=backwards):
        levels = [guarding.in_force(each, "SCP", moment).levels for each in guarding.organization.accounts]
        own = [one for each in levels for _, _, standing in each for one in standing if one.policy in written]
        found[name] = {one.compiled is not None for one in own}
    assert found == {"before": {False}, "since": {True}}
