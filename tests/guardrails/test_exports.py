"""Every form of export, read back by a tool that knows nothing of us, is the same policy."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from hypothesis import given, settings
from tests.guardrails.documents import HOSTILE, PLAIN, documents
from tests.guardrails.readers import NODE, TERRAFORM, by_cfn_lint, by_hcl2, by_node, by_python, by_terraform

from remit.model.errors import NotExportable, UsageError
from remit.rooms.guardrails.exports.digest import digest
from remit.rooms.guardrails.exports.forms import FORMS, export
from remit.rooms.guardrails.exports.policy import OrganizationPolicy, organization_policy
from remit.rooms.guardrails.limits import minified

TARGETS = ("ou-ab12-cdefgh34", "123456789012", "r-ab12")
needs_terraform = pytest.mark.skipif(not TERRAFORM, reason="no terraform here: its own formatter was not asked")
needs_node = pytest.mark.skipif(not NODE, reason="no Node here: the CDK's TypeScript was not run")


def policy(document: dict[str, Any], *targets: str, kind: str = "SCP") -> OrganizationPolicy:
    return organization_policy("Deny default VPC (usage)", kind, document, 'Says "why" ${x} %{y}.', targets)


@given(documents())
def test_json_is_the_document_without_a_space_too_many(document: dict[str, Any]) -> None:
    text = export(policy(document), "json")
    assert json.loads(text) == document
    assert text == json.dumps(document, separators=(",", ":"), ensure_ascii=False)


@settings(deadline=None, max_examples=40)
@given(documents())
def test_terraform_is_the_same_document_to_python_hcl2(document: dict[str, Any]) -> None:
    read = by_hcl2(export(policy(document, *TARGETS), "terraform"))
    assert read["aws_organizations_policy"]["content"] == document


@settings(deadline=None)
@given(documents().filter(lambda document: "Ref" not in document))
def test_cloudformation_is_the_same_document_to_cfn_lint(document: dict[str, Any]) -> None:
    assert by_cfn_lint(export(policy(document), "cloudformation"))["Content"] == document


@given(documents())
def test_the_cdk_in_python_holds_the_same_document(document: dict[str, Any]) -> None:
    assert by_python(export(policy(document), "cdk-python"))["content"] == document


@needs_node
@settings(deadline=None, max_examples=5)
@given(documents())
def test_the_cdk_in_typescript_holds_the_same_document_to_node(document: dict[str, Any]) -> None:
    (made,) = by_node([export(policy(document), "cdk-typescript")])
    assert made["content"] == document


@pytest.mark.parametrize("document", [PLAIN, HOSTILE], ids=["plain", "hostile"])
@needs_terraform
def test_terraform_makes_the_same_document_of_it(document: dict[str, Any], tmp_path: Path) -> None:
    (content,) = by_terraform([export(policy(document), "terraform")], tmp_path)
    assert json.loads(content) == document


@needs_terraform
def test_terraform_would_lay_the_file_out_in_the_same_way(tmp_path: Path) -> None:
    for number, document in enumerate((PLAIN, HOSTILE, {"Statement": []}, {"A": 1, "Longer": {}, "b": [[1], {}]})):
        for targets in ((), TARGETS):
            (tmp_path / f"{number}-{len(targets)}.tf").write_text(export(policy(document, *targets), "terraform"))
    ran = subprocess.run([TERRAFORM, "fmt", "-check", "-diff", tmp_path], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(("kind", "targets"), [("SCP", ()), ("RCP", TARGETS)])
def test_cfn_lint_finds_nothing_wrong_with_the_template(kind: str, targets: tuple[str, ...]) -> None:
    document = {**HOSTILE, "Statement": [*HOSTILE["Statement"], *PLAIN["Statement"]]}
    text = export(policy(document, *targets, kind=kind), "cloudformation")
    assert [str(match) for match in lint(text)] == []


def test_name_type_description_and_targets_are_in_every_form_that_has_them() -> None:
    given = policy(PLAIN, *TARGETS, kind="RCP")
    expected = {"Name": given.name, "Description": given.description, "Type": "RESOURCE_CONTROL_POLICY"}
    template = by_cfn_lint(export(given, "cloudformation"))
    assert template == {**expected, "Content": PLAIN, "TargetIds": list(TARGETS)}
    python = by_python(export(given, "cdk-python"))
    assert python["target_ids"] == list(TARGETS)
    assert {key: python[key.lower()] for key in expected} == expected
    terraform = by_hcl2(export(given, "terraform"))
    assert {key: terraform["aws_organizations_policy"][key.lower()] for key in expected} == expected
    attachment = terraform["aws_organizations_policy_attachment"]
    assert json.loads(attachment["for_each"].removeprefix("${toset(").removesuffix(")}")) == list(TARGETS)
    if NODE:
        (made,) = by_node([export(given, "cdk-typescript")])
        assert made["targetIds"] == list(TARGETS)
        assert {key: made[key.lower()] for key in expected} == expected


@pytest.mark.parametrize("form", FORMS)
def test_a_policy_without_targets_is_attached_to_nothing(form: str) -> None:
    text = export(policy(PLAIN), form)
    assert "attachment" not in text
    assert "target" not in text.lower()


def test_variables_of_the_policy_are_escaped_as_terraform_wants_them() -> None:
    text = export(policy({"Resource": "${aws:PrincipalTag/x, 'none'}", "Sid": "%{if}"}), "terraform")
    assert """"$${aws:PrincipalTag/x, 'none'}\"""" in text
    assert '"%%{if}"' in text


@pytest.mark.parametrize(
    ("form", "document", "place"),
    [
        ("json", {"Sid": "\ud800"}, "/Sid"),
        ("json", {"Statement": [{"Sid": None}]}, "/Statement/0/Sid"),
        ("json", {"a": float("inf")}, "/a"),
        ("terraform", {"Sid": "e\u0301"}, "/Sid"),
        ("terraform", {"n": 10**200}, "/n"),
        ("cloudformation", {"Content": {"Fn::Sub": "${x}"}}, "/Content/Fn::Sub"),
        ("cloudformation", {"a/b": {"Ref": "x"}}, "/a~1b/Ref"),
        ("cloudformation", {"Resource": "{{resolve:ssm:/secret}}"}, "/Resource"),
        ("cdk-python", {"Resource": "{{resolve:ssm:/secret}}"}, "/Resource"),
        ("cdk-python", {"Sid": "${Token[TOKEN.1]}"}, "/Sid"),
        ("cdk-typescript", {"Sid": "#{Token[TOKEN.1]}"}, "/Sid"),
        ("cdk-typescript", {"__proto__": {"a": 1}}, "/__proto__"),
        ("cdk-typescript", {"n": -1.8881545897087626e289}, "/n"),
        ("cdk-typescript", {"n": 2**53 + 1}, "/n"),
        ("cdk-python", {"$jsii.byref": "x"}, "/$jsii.byref"),
    ],
)
def test_what_a_form_would_change_is_refused_with_its_place(form: str, document: dict[str, Any], place: str) -> None:
    with pytest.raises(NotExportable) as refused:
        export(policy(document), form)
    assert refused.value.where.removeprefix("/Content" if form != "json" else "").removeprefix("/content") in (
        place,
        place.removeprefix("/Content"),
    )


def test_a_document_nested_without_end_is_refused() -> None:
    document: dict[str, Any] = {}
    for _ in range(2000):
        document = {"a": document}
    for form in FORMS:
        with pytest.raises(NotExportable, match="deep"):
            export(policy(document), form)


@pytest.mark.parametrize(
    ("name", "kind", "targets"),
    [
        ("", "SCP", ()),
        ("a" * 129, "SCP", ()),
        ("a\nb", "SCP", ()),
        ("a", "TAG_POLICY", ()),
        ("a", "SCP", ("ou-1",)),
        ("a", "SCP", ("12345678901",)),
        ("a", "SCP", ("١٢٣٤٥٦٧٨٩٠١٢",)),
        ("a", "SCP", ('123456789012"]) x = (["',)),
    ],
)
def test_what_aws_would_not_take_is_refused(name: str, kind: str, targets: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        organization_policy(name, kind, PLAIN, targets=targets)


def test_targets_are_kept_once_each_and_descriptions_as_long_as_aws_takes_them() -> None:
    made = organization_policy(" a ", "SCP", PLAIN, "x\ny" * 400, ("r-ab12", "123456789012", "r-ab12"))
    assert made.targets == ("r-ab12", "123456789012")
    assert len(made.description) == 512
    assert "\n" not in made.description


def test_a_form_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(UsageError, match="cdk-typescript"):
        export(policy(PLAIN), "pulumi")


def test_a_digest_is_of_the_document_and_nothing_else() -> None:
    assert digest(PLAIN) == digest(json.loads(minified(PLAIN)))
    assert digest(PLAIN) != digest({**PLAIN, "Version": "2008-10-17"})
    assert len(digest(PLAIN)) == 64
