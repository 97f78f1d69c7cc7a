"""AWS's tables answer what a call needs and what kind of act it is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import remit.reference
from remit.model.errors import ConfigError
from remit.model.vocabulary import ACTION_KINDS
from remit.reference.aws import AwsReference

DATA = (Path(remit.reference.__path__[0]) / "data" / "aws_actions.json.gz").read_bytes()
REFERENCE = AwsReference.from_bytes(DATA)


@pytest.mark.parametrize(
    ("source", "name", "permissions"),
    [
        ("ec2.amazonaws.com", "RunInstances", ("ec2:RunInstances",)),
        ("s3.amazonaws.com", "ListObjects", ("s3:ListBucket",)),
        ("s3.amazonaws.com", "CopyObject", ("s3:GetObject", "s3:PutObject")),
        ("s3.amazonaws.com", "PutBucketEncryption", ("s3:PutEncryptionConfiguration",)),
        ("lambda.amazonaws.com", "CreateFunction20150331", ("lambda:CreateFunction",)),
        ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", ("lambda:UpdateFunctionCode",)),
        ("cloudfront.amazonaws.com", "CreateFunction2020_05_31", ("cloudfront:CreateFunction",)),
        ("monitoring.amazonaws.com", "PutMetricAlarm", ("cloudwatch:PutMetricAlarm",)),
        ("signin.amazonaws.com", "ConsoleLogin", ()),
        ("nothing.amazonaws.com", "Whatever", ()),
    ],
)
def test_the_permissions_of_an_operation_are_iams_own_names(source, name, permissions):
    assert REFERENCE.permissions(source, name) == permissions


def test_every_exception_names_actions_that_exist():
    exceptions = json.loads(gzip.decompress(DATA))["operations"]
    unknown = [p for permissions in exceptions.values() for p in permissions if REFERENCE.action(p) is None]
    assert unknown == []


@pytest.mark.parametrize(
    ("source", "name", "read_only", "event_type", "kind"),
    [
        ("ec2", "RunInstances", False, "AwsApiCall", "create"),
        ("ec2", "TerminateInstances", None, None, "delete"),
        ("ec2", "DescribeInstances", None, None, "read"),
        ("ec2", "CreateTags", False, None, "update"),
        ("ec2", "AuthorizeSecurityGroupIngress", False, None, "update"),
        ("iam", "AttachRolePolicy", False, None, "permission"),
        ("iam", "CreateUser", False, None, "create"),
        ("kms", "ScheduleKeyDeletion", False, None, "delete"),
        ("kms", "Decrypt", True, None, "read"),
        ("sts", "AssumeRole", True, "AwsApiCall", "login"),
        ("sts", "GetCallerIdentity", True, None, "read"),
        ("signin", "ConsoleLogin", False, "AwsConsoleSignIn", "login"),
        ("lambda", "Invoke", False, None, "other"),
        ("aws-mcp", "CallReadWriteTool", False, "AwsMcpEvent", "other"),
        ("unheard", "DeleteThing", False, None, "delete"),
        ("unheard", "FrobThing", False, None, "update"),
        ("unheard", "FrobThing", None, None, "other"),
        ("unheard", "GetThing", None, None, "read"),
        ("s3", "CopyObject", None, None, "update"),
        ("signin", "PasswordUpdated", False, "AwsConsoleSignIn", "permission"),
        ("iam", "AddUserToGroup", False, None, "permission"),
        ("rds", "ModifyDBSnapshotAttribute", False, None, "permission"),
        ("eks", "AssociateAccessPolicy", False, None, "permission"),
        ("sso", "CreateAccountAssignment", False, None, "permission"),
    ],
)
def test_the_kind_of_an_act_follows_tables_verb_and_record(source, name, read_only, event_type, kind):
    assert REFERENCE.action_kind(f"{source}.amazonaws.com", name, read_only, event_type) == kind


def test_resource_types_have_arn_patterns():
    assert REFERENCE.resource_types("ec2")["instance"].endswith(":instance/${InstanceId}")
    assert REFERENCE.resource_types("nothing") == {}


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from([True, False, None]))
def test_any_names_get_an_answer(source, name, read_only):
    assert REFERENCE.action_kind(source, name, read_only) in ACTION_KINDS


@pytest.mark.parametrize("data", [b"", b"x", gzip.compress(b"{}", mtime=0), DATA[:-20], gzip.compress(b"[", mtime=0)])
def test_a_damaged_file_is_refused_with_what_to_do(data):
    with pytest.raises(ConfigError, match="compile it again"):
        AwsReference.from_bytes(data)


def test_the_keys_of_a_call_are_the_actions_own_and_those_of_what_it_acts_on() -> None:
    keys = REFERENCE.condition_keys("rds:CreateDBInstance")
    assert {"rds:ManageMasterUserPassword", "rds:DatabaseClass"} <= keys
    action = REFERENCE.action("rds:CreateDBInstance")
    assert action is not None
    assert "rds:DatabaseClass" not in action.condition_keys
    assert "aws:RequestTag/${TagKey}" not in REFERENCE.condition_keys("ec2:StartInstances")
    assert REFERENCE.condition_keys("rds:NoSuchCall") == frozenset()
