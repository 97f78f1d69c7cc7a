# ruff: noqa: E501 - one case a line
"""AWS's refusals are read as what they are, and everything else is no refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import remit.rooms.events.denials as package
from remit.model.errors import ConfigError
from remit.model.vocabulary import POLICY_TYPES
from remit.rooms.events.denials.aws import explain_aws
from remit.rooms.events.denials.denial import Denial
from remit.rooms.events.denials.explain import DenialGuide

USER = "User: arn:aws:sts::111122223333:assumed-role/deploy/s is not authorized to perform: "
EC2 = "You are not authorized to perform this operation. "
BLOB = ". Encoded authorization failure message: p2uYZ-abc_"
SCP = "arn:aws:organizations::999988887777:policy/o-abc/service_control_policy/p-xyz"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/k"

FORMS = [
    ("because no identity-based policy allows the s3:PutObject action", "identity", True, None),
    ("with an explicit deny in an identity-based policy", "identity", False, None),
    (
        "with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/X",
        "identity",
        False,
        "arn:aws:iam::aws:policy/X",
    ),
    ("because no service control policy allows the s3:PutObject action", "scp", True, None),
    (f"with an explicit deny in a service control policy: {SCP}", "scp", False, SCP),
    ("with an explicit deny in a resource control policy", "rcp", False, None),
    ("because no resource control policy allows the s3:PutObject action", "rcp", True, None),
    ("because no permissions boundary allows the s3:PutObject action", "boundary", True, None),
    (
        "with an explicit deny in a permissions boundary: arn:aws:iam::1:policy/B",
        "boundary",
        False,
        "arn:aws:iam::1:policy/B",
    ),
    ("because no session policy allows the s3:PutObject action", "session", True, None),
    ("with an explicit deny in a sessions policy", "session", False, None),
    ("because no VPC endpoint policy allows the s3:PutObject action", "vpc_endpoint", True, None),
    ("with an explicit deny in a VPC endpoint policy", "vpc_endpoint", False, None),
    (
        "with an explicit deny in a VPC endpoint policy transitively through a service control policy",
        "scp",
        False,
        None,
    ),
    ("because no resource-based policy allows the s3:PutObject action", "resource", True, None),
    ("with an explicit deny in a resource-based policy", "resource", False, None),
    ("because no role trust policy allows the sts:AssumeRole action", "role_trust", True, None),
    ("with an explicit deny in the role trust policy", "role_trust", False, None),
    ("with an explicit deny", "unknown", False, None),
    ("", "unknown", None, None),
]


@pytest.mark.parametrize(("clause", "policy_type", "implicit", "arn"), FORMS)
@pytest.mark.parametrize("wrap", ["{}", EC2 + "{}" + BLOB, "KMS key access denied error: com.amazonaws.x: {}"])
@pytest.mark.parametrize("resource", ["arn:aws:s3:::b/k", '"arn:aws:s3:::b/a key"', "*", "role Deploy", None])
def test_every_form_of_the_message_is_read(clause, policy_type, implicit, arn, wrap, resource):
    sentence = (
        f"{USER}s3:PutObject" + (f" on resource: {resource}" if resource else "") + (f" {clause}" if clause else "")
    )
    denial = explain_aws("AccessDenied", wrap.format(sentence), "s3", "PutObject")
    assert denial is not None
    assert (denial.policy_type, denial.implicit, denial.policy_arn) == (policy_type, implicit, arn)
    assert denial.action == "s3:PutObject"
    assert denial.resource == (resource.strip('"') if resource else None)


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("Client.UnauthorizedOperation", EC2 + BLOB[2:], Denial("unknown", rule="aws.encoded-message")),
        ("AccessDenied", None, Denial("unknown", rule="aws.code-only")),
        ("AccessDenied", "Access Denied", Denial("unknown", rule="aws.code-only")),
        (
            "VpceAccessDenied",
            "The request was denied due to a VPC endpoint policy",
            Denial("vpc_endpoint", rule="aws.vpc-endpoint-event"),
        ),
        (
            "AccessDenied",
            "IAM user access not activated",
            Denial("unknown", implicit=True, rule="aws.account-setting.billing-access"),
        ),
        (
            "AccessDeniedException",
            "Insufficient Lake Formation permission(s): Required Describe on sales",
            Denial("resource", None, True, "aws.lake-formation-grant", "lakeformation:Describe", "sales"),
        ),
        (
            "AccessDenied",
            "User is not authorized to perform: rds:StopActivityStream",
            Denial("unknown", rule="aws.no-reason", action="rds:StopActivityStream"),
        ),
        (
            "AccessDenied",
            USER + "sts:AssumeRole on resource: arn:aws:iam::1:role/r",
            Denial("unknown", rule="aws.sts.no-reason", action="sts:AssumeRole", resource="arn:aws:iam::1:role/r"),
        ),
        (
            "AccessDenied",
            USER + "elasticfilesystem:DeleteFileSystem on the specified resource",
            Denial("unknown", rule="aws.no-reason", action="elasticfilesystem:DeleteFileSystem"),
        ),
        (
            "AccessDenied",
            f"User {KEY} is not authorized to perform: kms:Decrypt on resource: {KEY} because the resource does not exist "
            "in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
            Denial("resource", None, None, "aws.resource-indeterminate", "kms:Decrypt", KEY),
        ),
        (
            "AccessDenied",
            USER + 's3:PutBucketPolicy on resource: "arn:aws:s3:::b" because public policies are prevented by the '
            "BlockPublicPolicy setting in S3 Block Public Access.",
            Denial("unknown", None, False, "aws.s3-block-public-access", "s3:PutBucketPolicy", "arn:aws:s3:::b"),
        ),
        ("com.amazonaws.coral#AccessDeniedException", "no", Denial("unknown", rule="aws.code-only")),
    ],
)
def test_refusals_without_the_usual_sentence_say_only_what_is_known(code, message, expected):
    assert explain_aws(code, message, "any", "Any") == expected


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (None, None),
        ("ThrottlingException", "Rate exceeded"),
        ("Client.RequestLimitExceeded", None),
        ("NoSuchBucket", "The specified bucket does not exist"),
        ("Client.InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"),
        ("TrailNotFoundException", "Unknown trail: arn:x for the user: 1"),
        ("Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
        ("ExpiredToken", None),
        ("InvalidClientTokenId", "The security token included in the request is invalid"),
        ("OptInRequired", None),
        ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
        (None, "Failed authentication"),
        ("AuthFailure", "AWS was not able to validate the provided access credentials"),
    ],
)
def test_throttles_absences_and_bad_credentials_are_no_denials(code, message):
    assert explain_aws(code, message, "ec2", "Any") is None


def test_a_wrong_password_at_cognito_is_no_denial():
    assert (
        explain_aws("NotAuthorizedException", "Incorrect username or password.", "cognito-idp", "InitiateAuth") is None
    )


@given(st.text(max_size=60) | st.none(), st.text(max_size=400) | st.none())
def test_no_text_makes_the_classifier_fail(code, message):
    denial = explain_aws(code, message, "s3", "PutObject")
    assert denial is None or denial.policy_type in POLICY_TYPES


def test_a_long_hostile_message_takes_no_long_time():
    hostile = USER + "s3:PutObject on resource: " + "a policy " * 200_000
    assert explain_aws("AccessDenied", hostile, "s3", "PutObject") is not None


def guide() -> DenialGuide:
    return DenialGuide.from_bytes((Path(package.__path__[0]) / "explanations.json").read_bytes())


@pytest.mark.parametrize("policy_type", POLICY_TYPES)
@pytest.mark.parametrize("implicit", [True, False, None])
@pytest.mark.parametrize("known", [True, False])
def test_every_policy_type_has_words_and_steps(policy_type, implicit, known):
    deny = {"deny_policy_type": policy_type, "deny_implicit": implicit}
    if known:
        deny |= {"deny_action": "s3:PutObject", "deny_resource": "b", "deny_policy_arn": SCP}
    said = guide().explanation(deny)
    assert said["what"]
    assert said["why"]
    assert said["next"]
    assert "{" not in json.dumps(list(said.values()))


def test_a_rule_of_its_own_is_explained_in_its_own_words():
    said = guide().explanation({"deny_policy_type": "unknown", "deny_rule": "aws.encoded-message"})
    assert any("DecodeAuthorizationMessage" in step for step in said["next"])


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"scp":{}}'])
def test_a_guide_with_gaps_is_refused(data):
    with pytest.raises(ConfigError):
        DenialGuide.from_bytes(data)
