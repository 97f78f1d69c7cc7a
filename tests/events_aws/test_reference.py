"""AWS's tables answer what a call needs and what kind of act it is."""

from __future__ import annotations

import gzip
import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import remit.reference
from remit.model.errors import ConfigError
from remit.model.vocabulary import ACTION_KINDS
from remit.reference.aws import AwsReference

ROOT = Path(__file__).resolve().parents[2]
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
        ("lambda.amazonaws.com", "GetFunctionConfiguration20150331v2", ("lambda:GetFunctionConfiguration",)),
        ("lambda.amazonaws.com", "InvokeWithResponseStream", ("lambda:InvokeFunction",)),
        ("cloudfront.amazonaws.com", "CreateDistribution2020_05_31", ("cloudfront:CreateDistribution",)),
        (
            "cloudfront.amazonaws.com",
            "CreateDistributionWithTags2020_05_31",
            ("cloudfront:CreateDistribution", "cloudfront:TagResource"),
        ),
        ("s3.amazonaws.com", "HeadObject", ("s3:GetObject",)),
        ("s3.amazonaws.com", "DeleteObjects", ("s3:DeleteObject",)),
        ("s3.amazonaws.com", "InitiateMultipartUpload", ("s3:PutObject",)),
        ("s3.amazonaws.com", "CompleteMultipartUpload", ("s3:PutObject",)),
        ("s3.amazonaws.com", "PutBucketLifecycleConfiguration", ("s3:PutLifecycleConfiguration",)),
        ("s3.amazonaws.com", "PutBucketNotificationConfiguration", ("s3:PutBucketNotification",)),
        ("s3.amazonaws.com", "DeleteBucketIntelligentTieringConfiguration", ("s3:PutIntelligentTieringConfiguration",)),
        ("s3express.amazonaws.com", "PutObject", ("s3express:CreateSession",)),
        ("s3express.amazonaws.com", "CreateBucket", ("s3express:CreateBucket",)),
        ("apigateway.amazonaws.com", "CreateRestApi", ("apigateway:POST",)),
        ("apigateway.amazonaws.com", "UpdateStage", ("apigateway:PATCH",)),
        ("apigateway.amazonaws.com", "GetRestApis", ("apigateway:GET",)),
        ("apigateway.amazonaws.com", "DeleteRestApi", ("apigateway:DELETE",)),
        ("apigateway.amazonaws.com", "PutMethod", ("apigateway:PUT",)),
        ("apigateway.amazonaws.com", "CreatePortal", ("apigateway:CreatePortal",)),
        ("email.amazonaws.com", "SendEmail", ("ses:SendEmail",)),
        ("tagging.amazonaws.com", "TagResources", ("tag:TagResources",)),
        ("api.sagemaker.amazonaws.com", "CreateEndpoint", ("sagemaker:CreateEndpoint",)),
        ("bedrock.amazonaws.com", "Converse", ("bedrock:InvokeModel",)),
        ("bedrock.amazonaws.com", "StartAsyncInvoke", ("bedrock:InvokeModel",)),
        ("budgets.amazonaws.com", "CreateBudget", ("budgets:ModifyBudget",)),
        ("cassandra.amazonaws.com", "DropKeyspace", ("cassandra:Drop",)),
        ("monitoring.amazonaws.com", "PutMetricAlarm", ("cloudwatch:PutMetricAlarm",)),
        ("signin.amazonaws.com", "ConsoleLogin", ()),
        ("nothing.amazonaws.com", "Whatever", ()),
    ],
)
def test_the_permissions_of_an_operation_are_iams_own_names(source, name, permissions):
    assert REFERENCE.permissions(source, name) == permissions


def test_every_name_that_the_tables_give_an_operation_is_an_action_of_iam():
    names = tomllib.loads((ROOT / "scripts" / "aws_names.toml").read_text("utf-8"))["operations"]
    assert [(name, each) for name, given in names.items() for each in given if REFERENCE.action(each) is None] == []


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
