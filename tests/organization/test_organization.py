"""The organization: what a file says, what was in force when, and what an import keeps of before."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from remit.flows.organization import described
from remit.model.errors import OrganizationError, UsageError
from remit.rooms.estate import organization_json as demonstration
from remit.rooms.organization import Organization, parse_organization
from remit.rooms.organization.exports import read_exports
from remit.rooms.organization.structure import RCP, SCP
from remit.rooms.organization.writing import organization_json, succeeding

DAY = 86_400_000_000
NOW = 1_790_000_000_000_000
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}


def small() -> dict[str, Any]:
    """A root with one unit, a management account, and a policy of two versions."""
    return {
        "format": 1,
        "id": "o-a",
        "management_account": "111111111111",
        "root": {"id": "r-1", "name": "Root"},
        "units": [{"id": "ou-1", "name": "Prod", "parent": "r-1"}],
        "accounts": [
            {"id": "111111111111", "name": "main", "parent": "r-1"},
            {"id": "222222222222", "name": "shop", "parent": "ou-1"},
        ],
        "policies": [
            {
                "id": "p-1",
                "name": "Guard",
                "type": "SCP",
                "versions": [{"document": ALLOW}, {"valid_from": "2026-09-01T00:00:00Z", "document": DENY}],
            }
        ],
        "attachments": [
            {"policy": "p-FullAWSAccess", "target": "r-1"},
            {"policy": "p-1", "target": "ou-1", "valid_from": "2026-08-01", "valid_until": "2026-10-01"},
        ],
    }


def parsed(document: Any) -> Organization:
    return parse_organization(json.dumps(document))


def moment(text: str) -> int:
    from datetime import datetime

    return round(datetime.fromisoformat(text + "T00:00:00+00:00").timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-07-01", []), ("2026-08-01", [ALLOW]), ("2026-09-01", [DENY]), ("2026-10-01", [])],
)
def test_the_version_and_the_attachment_of_the_moment_are_in_force(day: str, expected: list[Any]) -> None:
    levels = parsed(small()).in_force("222222222222", moment(day), SCP)
    assert [level.target for level in levels] == ["r-1", "ou-1", "222222222222"]
    assert [each.version.document for each in levels[1].policies] == expected
    assert [each.policy.name for each in levels[0].policies] == ["FullAWSAccess"]


def test_before_its_first_version_an_attached_policy_is_in_force_and_not_told() -> None:
    document = small()
    del document["policies"][0]["versions"][0]
    found = parsed(document)
    levels = found.in_force("222222222222", moment("2026-08-02"), SCP)
    assert [(each.policy.name, each.told) for each in levels[1].policies] == [("Guard", False)]
    answered = described(found, moment("2026-08-02"), "222222222222")["in_force"][0]["levels"]["SCP"][1]["policies"]
    assert [(each["name"], each["document"], each["told"]) for each in answered] == [("Guard", None, False)]
    assert found.in_force("222222222222", moment("2026-09-02"), SCP)[1].policies[0].told
    assert not found.in_force("222222222222", moment("2026-07-01"), SCP)[1].policies


@pytest.mark.parametrize("account", ["111111111111", "999999999999"])
def test_nothing_is_in_force_on_the_management_account_or_a_stranger(account: str) -> None:
    assert parsed(small()).in_force(account, NOW, SCP) == ()


def test_a_kind_that_is_not_enabled_applies_nowhere() -> None:
    found = parsed({**small(), "enabled": ["RCP"]})
    assert found.in_force("222222222222", moment("2026-09-01"), SCP) == ()
    assert len(found.in_force("222222222222", moment("2026-09-01"), RCP)) == 3


def test_targets_are_found_by_id_or_name_and_never_hold_the_management_account() -> None:
    found = parsed(small())
    assert found.members(found.target("Prod")) == {"222222222222"}
    assert found.members(found.target("r-1")) == {"222222222222"}
    assert found.path("222222222222") == "o-a/r-1/ou-1/"
    with pytest.raises(UsageError, match="no unit or account"):
        found.target("Nowhere")


def changed(path: str, value: Any) -> dict[str, Any]:
    document = small()
    *above, last = [int(part) if part.isdigit() else part for part in path.strip("/").split("/")]
    holder: Any = document
    for part in above:
        holder = holder[part]
    holder[last] = value
    return document


MISTAKES = [
    ("/format", 2, "/format"),
    ("/management_account", "333333333333", "/management_account"),
    ("/units/0/parent", "ou-9", "/units/0/parent"),
    ("/units/0/parent", "ou-1", "/units/0/parent"),
    ("/accounts/1/id", "22", "/accounts/1/id"),
    ("/accounts/1/id", "２２２２２２２２２２２２", "/accounts/1/id"),
    ("/accounts/1/parent", "ou-9", "/accounts/1/parent"),
    ("/accounts/1/state", "x", "/accounts/1/state"),
    ("/policies/0/type", "XCP", "/policies/0/type"),
    ("/policies/0/versions", [], "/policies/0/versions"),
    ("/policies/0/versions/1/valid_from", None, "/policies/0/versions/1/valid_from"),
    ("/policies/0/versions/1/valid_from", "soon", "/policies/0/versions/1/valid_from"),
    ("/policies/0/versions/1/valid_from", "9999-12-31T23:59:59-14:00", "/policies/0/versions/1/valid_from"),
    ("/policies/0/versions/0/document", 7, "/policies/0/versions/0/document"),
    ("/attachments/1/target", "ou-9", "/attachments/1/target"),
    ("/attachments/1/policy", "p-9", "/attachments/1/policy"),
    ("/attachments/1/valid_until", "2026-07-01", "/attachments/1/valid_until"),
    ("/enabled", "SCP", "/enabled"),
    ("/accounts", {}, "/accounts"),
]


@pytest.mark.parametrize(("path", "value", "place"), MISTAKES)
def test_a_mistake_is_told_with_its_place(path: str, value: Any, place: str) -> None:
    with pytest.raises(OrganizationError) as refused:
        parsed(changed(path, value))
    assert place in dict(refused.value.problems)


def test_units_are_not_nested_without_end() -> None:
    document = small()
    for level in range(1000):
        document["units"].append({"id": f"ou-d{level}", "name": "d", "parent": f"ou-d{level - 1}" if level else "r-1"})
    with pytest.raises(OrganizationError, match="more than 64 units below the root"):
        parsed(document)


def test_every_mistake_is_told_at_once() -> None:
    document = changed("/accounts/1/parent", "ou-9") | {"id": 7}
    with pytest.raises(OrganizationError, match=r"1 more") as refused:
        parsed(document)
    assert [place for place, _ in refused.value.problems] == ["/id", "/accounts/1/parent"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": 1, "a": 2}', "[" * 100_000, "\x00", b"\xff\xfe"])
def test_what_is_no_organization_file_is_refused_in_its_own_words(text: str | bytes) -> None:
    with pytest.raises(OrganizationError):
        parse_organization(text)


ODD = [
    None,
    True,
    7,
    "",
    "x",
    [],
    [7],
    [[]],
    [{}],
    {},
    {"a": {}},
    [None],
    ["SCP"],
    {"id": []},
    [{"id": [], "parent": {}}],
]


@pytest.mark.parametrize("member", sorted(small()))
def test_no_value_in_any_place_raises_anything_else(member: str) -> None:
    for value in ODD:
        with suppress(OrganizationError):
            assert parsed(small() | {member: value}).root
        holder = small()[member]
        for name in holder[0] if isinstance(holder, list) else ():
            with suppress(OrganizationError):
                assert parsed(small() | {member: [{**holder[0], name: value}, *holder[1:]]}).root


def schema() -> Any:
    return json.loads((files("remit.rooms.organization") / "organization.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("document", [small(), json.loads(demonstration(NOW))], ids=["small", "demonstration"])
def test_the_schema_takes_what_the_reader_takes(document: Any) -> None:
    jsonschema.validate(document, schema(), cls=jsonschema.Draft202012Validator)
    found = parsed(document)
    again = organization_json(found)
    jsonschema.validate(again, schema(), cls=jsonschema.Draft202012Validator)
    assert parsed(again) == found


STRUCTURAL = [each for each in MISTAKES if each[2] not in {
    "/management_account", "/units/0/parent", "/accounts/1/parent", "/policies/0/versions/1/valid_from",
    "/attachments/1/target", "/attachments/1/policy", "/attachments/1/valid_until"}]  # fmt: skip
"""Mistakes in the shape of one value; the others are between values, which a schema does not see."""


@pytest.mark.parametrize(("path", "value", "place"), STRUCTURAL)
def test_the_schema_refuses_what_has_the_wrong_shape(path: str, value: Any, place: str) -> None:
    assert not jsonschema.Draft202012Validator(schema()).is_valid(changed(path, value))


def exports() -> dict[str, bytes]:
    """What the commands would have saved of the small organization."""

    def policy(policy_id: str, content: Any) -> Any:
        return {"Policy": {"PolicySummary": {"Id": policy_id, "Name": "Guard", "Type": "SERVICE_CONTROL_POLICY",
                "Arn": "arn:p"}, "Content": json.dumps(content)}}  # fmt: skip

    root = {"Id": "r-1", "Name": "Root", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}
    answers: dict[str, Any] = {
        "describe-organization.json": {"Organization": {"Id": "o-a", "MasterAccountId": "111111111111"}},
        "list-roots.json": {"Roots": [root]},
        "list-organizational-units-for-parent-r-1.json": {"OrganizationalUnits": [{"Id": "ou-1", "Name": "Prod"}]},
        "list-accounts-for-parent/r-1.json": {"Accounts": [{"Id": "111111111111", "Name": "main"}]},
        "list-accounts-for-parent.ou-1.json": {
            "Accounts": [{"Id": "222222222222", "Name": "shop", "Status": "SUSPENDED"}]
        },
        "list-policies-SERVICE_CONTROL_POLICY.json": {
            "Policies": [{"Id": "p-1", "Type": "SERVICE_CONTROL_POLICY"},
                         {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}]
        },
        "describe-policy-p-1.json": policy("p-1", DENY),
        "list-targets-for-policy-p-1.json": {"Targets": [{"TargetId": "ou-1"}]},
        "list-policies-for-target_r-1-SERVICE_CONTROL_POLICY.json": {
            "Policies": [{"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}]
        },
        "holiday.json": {},
    }  # fmt: skip
    return {name: json.dumps(answer).encode() for name, answer in answers.items()}


def test_the_outputs_of_the_command_line_make_the_organization() -> None:
    found, notes = read_exports(exports())
    assert found.management_account == "111111111111"
    assert found.enabled == {SCP}
    assert found.accounts["222222222222"].status == "SUSPENDED"
    levels = found.in_force("222222222222", NOW, SCP)
    assert [[each.policy.id for each in level.policies] for level in levels] == [["p-FullAWSAccess"], ["p-1"], []]
    assert json.loads(str(levels[1].policies[0].version.document)) == DENY
    assert notes == ["holiday.json is named after no command that is read, and was left out."]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("list-roots.json", None, "list-roots.json is missing"),
        ("list-roots.json", b"{", "is not JSON"),
        ("describe-policy-p-1.json", None, "no describe-policy describes"),
        ("describe-policy-p-1.json", b"{}", "has no «Policy»"),
        ("list-policies-x.json", b'{"Policies": [], "NextToken": "n"}', "one page of several"),
        ("list-accounts.json", b'{"Accounts": [{"Id": "444444444444"}]}', "under which unit account 444444444444"),
    ],
)
def test_exports_that_do_not_make_one_say_what_is_missing(name: str, content: bytes | None, says: str) -> None:
    given_files = exports() | ({name: content} if content is not None else {})
    if content is None:
        del given_files[name]
    with pytest.raises(OrganizationError, match=says):
        read_exports(given_files)


def test_an_import_keeps_what_is_known_of_before() -> None:
    known = parsed(small() | {"attachments": [{"policy": "p-1", "target": "ou-1"}]})
    read = parsed(
        changed("/policies/0/versions", [{"document": json.dumps(ALLOW)}])
        | {"attachments": [{"policy": "p-1", "target": "222222222222"}]}
    )
    found = succeeding(known, read, NOW)
    assert [version.valid_from for version in found.policies["p-1"].versions] == [None, moment("2026-09-01"), NOW]

    def attached(at: int) -> list[str]:
        return [level.target for level in found.in_force("222222222222", at, SCP) if level.policies]

    assert attached(NOW - 1) == ["ou-1"]
    assert attached(NOW) == ["222222222222"]


def test_an_import_of_what_is_known_already_changes_nothing() -> None:
    known = parsed(small() | {"attachments": [{"policy": "p-1", "target": "ou-1"}]})
    again = json.loads(json.dumps(organization_json(known)))
    again["policies"][0]["versions"] = [{"document": json.dumps(DENY, indent=3)}]
    assert succeeding(known, parsed(again), NOW) == known


def test_the_demonstration_denies_what_its_denials_say() -> None:
    found = parse_organization(demonstration(NOW))
    staging = {each.policy.name for level in found.in_force("444455556666", NOW, SCP) for each in level.policies}
    assert staging == {"FullAWSAccess", "ProtectRegions"}
    assert [len(each.versions) for each in found.policies.values() if each.name == "ProtectRegions"] == [2]
