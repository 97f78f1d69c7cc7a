"""A person finds a guardrail by its words, reads what it does, and gets a document with their own values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from remit.faces.cli.main import remit
from remit.flows.library import GuardrailLibrary
from remit.model.errors import NotFound, ParameterError, RemitError, TooMuch, UsageError


class _Application:
    """What the commands of the library need of the application."""

    def __init__(self, library: GuardrailLibrary) -> None:
        self.library = lambda: library


def _ask(library: GuardrailLibrary, *words: str) -> Any:
    result = CliRunner().invoke(remit, ["guardrails", *words], obj=_Application(library), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return json.loads(result.stdout) if "--json" in words else result.stdout


def test_searching_for_part_of_a_word_finds_titles_first(library: GuardrailLibrary) -> None:
    found = _ask(library, "search", "sage", "--json")
    titles = [each["title"] for each in found["items"]]
    assert {"Deny Default VPC Usage (SageMaker)", "Require SageMaker Encryption", "Require Graviton SageMaker"} <= set(
        titles[:5]
    )
    assert found["total"] < found["of"] == 307
    assert all("sagemaker" in f"{each['title']} {each['id']} {each['services']}".lower() for each in found["items"])


@pytest.mark.parametrize(("word", "other"), [("sage", "message"), ("gent", "agent"), ("ances", "instances")])
def test_a_word_is_found_at_its_beginning_alone(library: GuardrailLibrary, word: str, other: str) -> None:
    ids = {each["id"] for each in library.list(word)["items"]}
    assert {each["id"] for each in library.list(other)["items"]} - ids
    assert len(ids) < 40


def test_a_capital_begins_a_word_of_an_action(library: GuardrailLibrary) -> None:
    """RunInstances has two words."""
    of_whole = {each["id"] for each in library.list("ec2:RunInstances")["items"]}
    assert of_whole
    assert of_whole <= {each["id"] for each in library.list("instances")["items"]}


@pytest.mark.parametrize(
    ("words", "some"),
    [
        ("mfa", "iam-require-mfa"),
        ("root", "root-deny-all"),
        ("public s3", "s3-block-public-access-account"),
        ("gpu", "ec2-deny-gpu"),
        ("bedrock", "bedrock-require-guardrail"),
        ("mcp", "agent-deny-all-mcp"),
        ("agent", "agent-tag-deny-destructive"),
        ("delete backup", "agent-protect-backups"),
        ("region", "region-allowlist-deny"),
        ("imds", "ec2-require-imdsv2"),
        ("cost", "cost-deny-commitments"),
        ("ransomware", "s3-deny-sse-c"),
        ("exfiltration", "perim-resource-account-s3"),
        ("crypto", "ec2-deny-gpu"),
    ],
)
def test_the_words_people_use_find_the_guardrail_they_mean(library: GuardrailLibrary, words: str, some: str) -> None:
    assert some in [each["id"] for each in library.list(words)["items"][:5]]


def test_every_word_must_be_found_somewhere(library: GuardrailLibrary) -> None:
    both = [each["id"] for each in library.list("sagemaker encryption")["items"]]
    assert both[0] == "sagemaker-require-encryption"
    assert set(both) < {each["id"] for each in library.list("sagemaker")["items"]}
    assert library.list("sagemaker zebra")["items"] == []
    assert "None of the 307" in _ask(library, "search", "sagemaker", "zebra")


def test_an_action_and_a_condition_key_are_found_too(library: GuardrailLibrary) -> None:
    assert "kms-min-deletion-window" in [
        each["id"] for each in library.list("ScheduleKeyDeletionPendingWindow")["items"]
    ]
    assert "org-deny-leave" in [each["id"] for each in library.list("organizations:LeaveOrganization")["items"]]


@pytest.mark.parametrize(("asked", "some"), [("PCI-DSS", "root-deny-all"), ("os-level", "ec2-require-imdsv2")])
def test_a_framework_is_found_without_its_version_and_letter_case(
    library: GuardrailLibrary, asked: str, some: str
) -> None:
    found = library.list(frameworks=[asked])["items"]
    assert some in [each["id"] for each in found]
    assert all(any(tag.casefold().startswith(asked.casefold()) for tag in each["frameworks"]) for each in found)


def test_filters_narrow_together_and_frameworks_widen(library: GuardrailLibrary) -> None:
    control = library.list(frameworks=["NIST-800-53:SC-28"], service="kms", type="rcp")["items"]
    assert control
    assert all(each["type"] == "RCP" and "NIST-800-53:SC-28" in each["frameworks"] for each in control)
    pci, cost = (library.list(frameworks=[each])["total"] for each in ("PCI-DSS", "COST-OPTIMIZATION"))
    assert max(pci, cost) < library.list(frameworks=["PCI-DSS", "COST-OPTIMIZATION"])["total"] <= pci + cost


def test_a_service_filter_keeps_policies_of_every_service(library: GuardrailLibrary) -> None:
    ids = {each["id"] for each in library.list(service="sagemaker")["items"]}
    assert {"sagemaker-require-encryption", "region-allowlist-deny"} <= ids
    assert "kms-min-deletion-window" not in ids


@pytest.mark.parametrize(
    ("words", "hint"),
    [(("list", "-f", "hipaaa"), "HIPAA"), (("show", "org-deny-leaf"), "org-deny-leave"), (("show", "sagem"), "sage")],
)
def test_a_wrong_name_is_answered_with_near_ones(library: GuardrailLibrary, words: Any, hint: str) -> None:
    with pytest.raises((NotFound, UsageError), match=hint):
        _ask(library, *words)


def test_what_is_shown_has_everything_a_reader_asks(library: GuardrailLibrary) -> None:
    shown = _ask(library, "show", "kms-min-deletion-window", "--json")
    assert shown["parameters"][0]["name"] == "min_days"
    assert shown["parameters"][0]["default"] == ["30"]
    assert shown["size"]["characters"] == len(json.dumps(shown["example"], separators=(",", ":")))
    text = _ask(library, "show", "kms-min-deletion-window")
    for section in ("Protects against", "Side effects", "Parameters", "Frameworks", "Example", "Cases"):
        assert section in text
    assert "project's own reading" in text


def test_a_document_is_rendered_with_ones_own_values(library: GuardrailLibrary, tmp_path: Path) -> None:
    given = _ask(library, "render", "rcp-vpce-account", "--set", "org_id=o-zyxw987654", "--json")
    (statement,) = given["document"]["Statement"]
    assert statement["Principal"] == "*"
    assert statement["Condition"]["StringNotEqualsIfExists"] == {"aws:VpceOrgID": "o-zyxw987654"}
    for name, text in (("v.json", '{"org_id": "o-zyxw987654"}'), ("v.toml", 'org_id = "o-zyxw987654"')):
        (tmp_path / name).write_text(text)
        assert _ask(library, "render", "rcp-vpce-account", "--values", str(tmp_path / name), "--json") == given


def test_a_list_is_several_values_or_the_same_name_again(library: GuardrailLibrary) -> None:
    regions = "approved_regions=eu-central-1,eu-west-1"
    document = library.render("s3-bucket-location-lock", {"approved_regions": ["eu-central-1", "eu-west-1"]})
    assert _ask(library, "render", "s3-bucket-location-lock", "--set", regions, "--json") == document
    twice = ("--set", "approved_regions=eu-central-1", "--set", "approved_regions=eu-west-1", "--json")
    assert _ask(library, "render", "s3-bucket-location-lock", *twice) == document


def test_an_optional_exemption_left_out_exempts_nobody(library: GuardrailLibrary) -> None:
    (bare,) = library.render("cloudtrail-protect", {})["document"]["Statement"]
    assert "Condition" not in bare
    role = "arn:aws:iam::*:role/platform/*"
    (exempt,) = library.render("cloudtrail-protect", {"exempt_principal_arns": role})["document"]["Statement"]
    assert exempt["Condition"] == {"ArnNotLikeIfExists": {"aws:PrincipalArn": role}}


def test_minified_is_one_line_of_the_size_that_is_told(library: GuardrailLibrary) -> None:
    line = _ask(library, "render", "rcp-require-tls", "--minified")
    assert line.count("\n") == 1
    assert len(line.strip()) == library.render("rcp-require-tls", {})["size"]["characters"]


@pytest.mark.parametrize(
    ("guardrail", "values", "parameter", "says"),
    [
        ("perim-vpce-org", {}, "org_id", "must be given"),
        ("perim-vpce-org", {"org_id": "o-1"}, "org_id", "an organization's id"),
        ("perim-vpce-org", {"org": "o-a1b2c3d4e5"}, "org", "There is no parameter"),
        ("org-deny-leave", {"org": "o-a1b2c3d4e5"}, "org", "takes none"),
        ("cloudtrail-protect", {"exempt_principal_arns": ["*"]}, "exempt_principal_arns", "ARN"),
        ("cloudtrail-protect", {"exempt_principal_arns": "arn:aws:iam"}, "exempt_principal_arns", "ARN"),
        ("cloudtrail-protect", {"exempt_principal_arns": [True]}, "exempt_principal_arns", "takes text"),
        ("cloudtrail-protect", {"exempt_principal_arns": {"a": 1}}, "exempt_principal_arns", "takes text"),
        ("kms-min-deletion-window", {"min_days": 6}, "min_days", "at least 7"),
        ("kms-min-deletion-window", {"min_days": 31}, "min_days", "at most 30"),
        ("kms-min-deletion-window", {"min_days": ["7", "8"]}, "min_days", "one value"),
        ("kms-min-deletion-window", {"min_days": "7.5"}, "min_days", "a whole number"),
        ("kms-min-deletion-window", {"min_days": "٣٠"}, "min_days", "a whole number"),
        ("rcp-s3-tls12", {"min_tls": "1.1"}, "min_tls", "one of 1.2, 1.3"),
        (
            "freeze-deploy-tools",
            {"freeze_start": "2026-12-20", "freeze_end": "2027-01-04T00:00:00Z"},
            "freeze_start",
            "UTC",
        ),
        ("freeze-deploy-tools", {"freeze_start": "2026-13-20T00:00:00Z"}, "freeze_start", "UTC"),
        ("s3-bucket-location-lock", {"approved_regions": "Frankfurt"}, "approved_regions", "Region"),
        ("ec2-share-allowlist", {"org_account_ids": "1234"}, "org_account_ids", "twelve digits"),
        (
            "rcp-signin-network",
            {"corporate_cidrs": "0.0.0.0/0", "vpc_ids": "vpc-12345678"},
            "corporate_cidrs",
            "narrower",
        ),
        ("rcp-signin-network", {"corporate_cidrs": "10.0.0.1/8", "vpc_ids": "vpc-12345678"}, "corporate_cidrs", "CIDR"),
        ("service-allowlist", {"approved_service_actions": "*"}, "approved_service_actions", "IAM action"),
        ("tag-require-broad", {"tag_key": "a}b"}, "tag_key", "a tag key"),
        ("tag-allowed-values", {"tag_key": "env", "allowed_values": "a\nb"}, "allowed_values", "some text"),
        (
            "tag-allowed-values",
            {"tag_key": "env", "allowed_values": [str(n) for n in range(501)]},
            "allowed_values",
            "500",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name_with_an_example(
    library: GuardrailLibrary, guardrail: str, values: dict[str, Any], parameter: str, says: str
) -> None:
    with pytest.raises(ParameterError, match=says) as refused:
        library.render(guardrail, values)
    assert refused.value.parameter == parameter
    assert parameter in str(refused.value)
    if parameter in [each["name"] for each in library.show(guardrail)["parameters"]]:
        assert f"For example: {parameter}=" in str(refused.value)


def test_values_that_make_the_document_too_long_are_refused(library: GuardrailLibrary) -> None:
    roles = [f"arn:aws:iam::111122223333:role/a-rather-long-name-of-a-role-{number}" for number in range(300)]
    with pytest.raises(TooMuch, match="10,240"):
        library.render("cloudtrail-protect", {"exempt_principal_arns": roles})


def test_a_value_is_never_read_as_a_parameter(library: GuardrailLibrary) -> None:
    values = {"tag_key": "environment", "allowed_values": ["{tag_key}", "${aws:username}"]}
    (statement,) = library.render("tag-allowed-values", values)["document"]["Statement"]
    assert statement["Condition"]["StringNotEquals"]["aws:RequestTag/environment"] == ["{tag_key}", "${aws:username}"]


@pytest.mark.parametrize("text", ["{", "[1]", '"x"', "[" * 100_000, "\xff"])
def test_a_file_of_values_that_cannot_be_read_is_said_so(library: GuardrailLibrary, tmp_path: Path, text: str) -> None:
    (tmp_path / "values.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(RemitError, match=r"values"):
        _ask(library, "render", "org-deny-leave", "--values", str(tmp_path / "values.json"))
