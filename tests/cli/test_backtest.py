"""`remit backtest` over a store: policies of every origin, and what is refused."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest
from tests.estate_store import END_US

from remit.adapters.store.state.proposals import BacktestTable
from remit.adapters.store.store import Store
from remit.flows.backtest.groups import GROUPS
from remit.rooms.estate import organization_json
from remit.rooms.guardrails.exports.digest import digest

from .conftest import Remit


@pytest.fixture
def data(stored: Path, tmp_path: Path) -> Path:
    """The store, beside the demonstration's organization."""
    folder = tmp_path / "data"
    shutil.copytree(stored, folder)
    (folder / "organization.json").write_text(organization_json(END_US), encoding="utf-8")
    return folder


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OnlyHere",
            "Effect": "Deny",
            "NotAction": ["iam:*", "sts:*", "signin:*"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
        }
    ],
}


def test_a_file_is_tried_and_told(remit: Remit, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "guard.json"
    file.write_text(json.dumps(POLICY), encoding="utf-8")
    asked = ("backtest", str(file), "--type", "scp", "--since", "all", "--data", str(data))
    told = remit(*asked)
    assert told.status == 0, told.err
    assert "by OnlyHere" in told.out
    assert "would spare" in told.out
    for title in ("Principals", "Services called", "Regions"):
        assert f"\n{title} " in told.out
    found = json.loads(remit(*asked, "--target", "Staging", "--json").out)
    assert found["accounts"] == ["444455556666"]
    assert found["organization"] == "o-acmedemo01"
    assert found["figures"]["would_deny"] == found["figures"]["already_denied"]["would_deny"] > 0
    assert found["samples"]["deny"][0]["region"] == "us-west-1"
    assert {group.name for group in GROUPS} == {
        name for name, rows in found["by"].items() if isinstance(rows, list)
    } - {"actors"}
    with Store.open(data, "test") as store:
        kept = BacktestTable(store.state).newest(digest(POLICY), "SCP", ["ou-ac01-stag0001"])
    assert kept is not None
    assert kept["id"] == found["recorded"]
    assert kept["facts"]["figures"] == found["figures"]


def test_a_backtest_is_as_old_as_the_end_of_what_it_looked_at(remit: Remit, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "guard.json"
    file.write_text(json.dumps(POLICY), encoding="utf-8")
    asked = ("backtest", str(file), "--type", "scp", "--since", "2020-01-01", "--data", str(data), "--json")
    assert json.loads(remit(*asked, "--until", "2020-03-01T00:00:00Z").out)["recorded"]
    with Store.open(data, "test") as store:
        kept = BacktestTable(store.state).newest(digest(POLICY), "SCP", [])
    assert kept is not None
    assert kept["at"] == "2020-03-01T00:00:00+00:00"


def test_a_guardrail_and_a_policy_of_the_organization_are_tried_by_name(remit: Remit, data: Path) -> None:
    settings = ("--set", "approved_regions=eu-west-1,us-east-1", "--against", "ProtectRegions")
    asked = ("backtest", "region-allowlist-deny", *settings, "--since", "all", "--data", str(data), "--json")
    found = json.loads(remit(*asked).out)
    assert found["policy"]["type"] == "SCP"
    assert found["against"]["name"] == "ProtectRegions"
    assert found["against"]["would_deny"] == found["figures"]["would_deny"] > 0
    perimeter = json.loads(remit("backtest", "DataPerimeter", "--since", "all", "--data", str(data), "--json").out)
    assert perimeter["policy"]["type"] == "RCP"


def test_values_come_from_a_file_too_and_the_next_step_has_them(remit: Remit, data: Path, tmp_path: Path) -> None:
    values = tmp_path / "our values.json"
    values.write_text(json.dumps({"approved_regions": ["eu-west-1", "us-east-1"]}), encoding="utf-8")
    asked = ("backtest", "region-allowlist-deny", "--since", "all", "--target", "Staging", "--data", str(data))
    told = remit(*asked, "--values", str(values))
    typed = remit(*asked, "--set", "approved_regions=eu-west-1,us-east-1")
    assert told.status == 0, told.err
    assert told.out.splitlines()[:-2] == typed.out.splitlines()[:-2]
    following = told.out.splitlines()[-2].partition(": remit ")[2]
    assert following == f"guardrails lint region-allowlist-deny --values '{values}'"
    assert remit(*shlex.split(following)).status == 0
    assert told.out.splitlines()[-1].endswith(f"--values '{values}' --target Staging --data {data}")
    file = tmp_path / "guard.json"
    file.write_text(json.dumps(POLICY), encoding="utf-8")
    refused = remit("backtest", str(file), "--values", str(values), "--data", str(data))
    assert (refused.status, "A file has no parameters" in refused.err) == (2, True)


def test_a_file_needs_no_type_and_what_did_not_change_is_one_sentence(remit: Remit, data: Path, tmp_path: Path) -> None:
    file, perimeter = tmp_path / "guard.json", tmp_path / "perimeter.json"
    file.write_text(json.dumps(POLICY), encoding="utf-8")
    told = remit("backtest", str(file), "--against", str(file), "--since", "all", "--data", str(data))
    assert "guard.json as SCP" in told.out
    assert "No call is judged otherwise." in told.out
    assert "newly denied" not in told.out
    assert "1 callers" not in told.out
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
    perimeter.write_text(json.dumps({**POLICY, "Statement": [statement]}), encoding="utf-8")
    assert "perimeter.json as RCP" in remit("backtest", str(perimeter), "--since", "all", "--data", str(data)).out


def test_a_policy_that_says_nothing_is_not_tried(remit: Remit, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "empty.json"
    file.write_text(json.dumps({**POLICY, "Statement": []}), encoding="utf-8")
    refused = remit("backtest", str(file), "--since", "all", "--data", str(data))
    assert refused.status == 2
    assert "has no statement" in refused.err


def test_a_draft_with_an_error_is_tried_and_told_that_it_has_one(remit: Remit, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "draft.json"
    file.write_text(json.dumps({"Statement": POLICY["Statement"]}), encoding="utf-8")
    told = remit("backtest", str(file), "--since", "all", "--data", str(data))
    assert told.status == 0
    assert "could not be exported or attached: There is no Version" in told.err


def test_an_organization_file_given_to_import_is_told_where_it_belongs(remit: Remit, data: Path) -> None:
    refused = remit("organization", "import", str(data / "organization.json"), "--data", str(data))
    assert refused.status == 78
    assert "copy it to organization.json in the data folder" in refused.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nothing-like-it",), "nothing-like-it"),
        (("./none.json", "--type", "scp"), "no such policy file"),
        (("org-deny-leave", "--type", "rcp"), "is an SCP"),
        (("org-deny-leave", "--target", "Nowhere"), "no unit or account"),
        (("region-allowlist-deny",), "For example: --set approved_regions="),
        (("region-allowlist-deny", "--set", "regions=eu-west-1"), "For example: --set approved_regions="),
        (("cloudtrail-protect", "--set", "exempt_principal_arns=x"), "--set 'exempt_principal_arns=arn:"),
        (("org-deny-leave", "--since", "soon"), "soon"),
        (("org-deny-leave", "--query", "colour:red"), "colour"),
    ],
)
def test_what_cannot_be_tried_is_said(remit: Remit, data: Path, arguments: tuple[str, ...], says: str) -> None:
    refused = remit("backtest", *arguments, "--data", str(data))
    assert refused.status == 2
    assert says in refused.err


def test_without_an_organization_that_is_said(remit: Remit, data: Path) -> None:
    (data / "organization.json").unlink()
    told = remit("backtest", "org-deny-leave", "--since", "all", "--data", str(data))
    assert "No organization is known" in told.err
    assert remit("backtest", "org-deny-leave", "--target", "Staging", "--data", str(data)).status == 2


def test_a_policy_far_over_its_limit_is_refused_with_the_limit(remit: Remit, data: Path, tmp_path: Path) -> None:
    wide = [f"arn:aws:s3:::bucket-{number}/*" for number in range(8_000)]
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": wide}
    (tmp_path / "wide.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    done = remit("backtest", str(tmp_path / "wide.json"), "--data", str(data))
    assert done.status == 2
    assert "AWS takes 10,240 of an SCP" in done.err


def test_another_organization_file_is_called_by_its_name_and_may_be_large(
    remit: Remit, data: Path, tmp_path: Path
) -> None:
    other, policy = tmp_path / "ours.json", tmp_path / "policy.json"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")
    asked = ("backtest", str(policy), "--data", str(data), "--organization", str(other))
    other.write_text('{"format": 2}', encoding="utf-8")
    refused = remit(*asked)
    assert refused.status == 78
    assert "ours.json, at /format" in refused.err
    known = json.loads(organization_json(END_US))
    known["note"] = "x" * 3_000_000
    other.write_text(json.dumps(known), encoding="utf-8")
    assert remit(*asked).status == 0
    with other.open("wb") as opened:
        opened.truncate((32 << 20) + 1)
    assert f"The file is larger than 33,554,432 bytes ({other})" in remit(*asked).err


def test_a_target_has_the_same_names_in_every_command(remit: Remit, data: Path) -> None:
    said = ("--set", "approved_regions=eu-west-1", "--data", str(data))
    known = json.loads((data / "organization.json").read_text(encoding="utf-8"))
    (unit,) = (each["id"] for each in known["units"] if each["name"] == "Staging")
    for command in (("export", "--format", "terraform"), ("lint",)):
        words = ("guardrails", command[0], "region-allowlist-deny", *command[1:], *said)
        named, by_id = remit(*words, "--target", "Staging"), remit(*words, "--target", unit)
        assert (named.status, named.out) == (by_id.status, by_id.out)
        assert unit in named.out or command[0] == "lint"
        wrong = remit(*words, "--target", "Stagin")
        assert wrong.status == 2
        assert f"Staging ({unit})" in wrong.err
    tried = remit("backtest", "region-allowlist-deny", *said, "--target", "nothing-like-it")
    assert tried.status == 2
    assert "It has " in tried.err
    assert " (ou-" in tried.err


def test_a_name_needs_an_organization_and_an_id_does_not(remit: Remit, tmp_path: Path) -> None:
    words = ("guardrails", "export", "org-deny-leave", "--format", "terraform", "--data", str(tmp_path / "none"))
    assert "ou-ab12-11111111" in remit(*words, "--target", "ou-ab12-11111111").out
    assert not (tmp_path / "none").exists()
    unknown = remit(*words, "--target", "Workloads")
    assert unknown.status == 2
    assert "remit organization import" in unknown.err
    assert not (tmp_path / "none").exists()


def test_a_backtest_of_nothing_says_so_first_and_names_what_widens_it(remit: Remit, data: Path) -> None:
    asked = ("backtest", "org-deny-leave", "--data", str(data))
    none = remit(*asked, "--since", "2099-01-01")
    assert none.out.splitlines()[1].startswith("No call was considered")
    assert "with --since all" in none.out
    assert "exact" not in none.out + none.err
    assert "would be denied" not in none.out
    assert "No statement of the policy speaks" not in none.err
    assert "exact" in remit(*asked, "--since", "all").err
    before = remit(*asked, "--since", "1999-01-01", "--until", "1999-02-01")
    assert "No call was considered" in before.out
    assert "--since all" not in before.out
