# ruff: noqa: E501 - one case a line
"""CloudTrail records become columns that say what the records say."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import remit.reference
from remit.model.columns import FACTS
from remit.model.vocabulary import ACTION_KINDS, OUTCOMES
from remit.reference.aws import AwsReference
from remit.rooms.events.cloudtrail import CloudTrailDecoder, claims

DATA = Path(remit.reference.__path__[0]) / "data" / "aws_actions.json.gz"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "audit" / "aws"
REFERENCE = AwsReference.from_bytes(DATA.read_bytes())
ROLE = "arn:aws:iam::111122223333:role/deploy"
BASE = {
    "eventVersion": "1.11",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:build-7",
        "arn": "arn:aws:sts::111122223333:assumed-role/deploy/build-7",
        "accountId": "111122223333",
        "accessKeyId": "ASIAEXAMPLEKEY000001",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": ROLE},
            "attributes": {"creationDate": "2026-01-02T00:00:00Z", "mfaAuthenticated": "false"},
        },
    },
    "eventTime": "2026-01-02T03:04:05Z",
    "eventSource": "ec2.amazonaws.com",
    "eventName": "CreateVpc",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "198.51.100.7",
    "userAgent": "aws-cli/2.31.1",
    "requestParameters": {"cidrBlock": "10.0.0.0/16"},
    "responseElements": {"vpc": {"vpcId": "vpc-0a1"}},
    "requestID": "req-1",
    "eventID": "5b1d9a52-0000-4000-8000-000000000001",
    "readOnly": False,
    "eventType": "AwsApiCall",
    "managementEvent": True,
    "recipientAccountId": "111122223333",
    "eventCategory": "Management",
    "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
}


def decode(*records: object) -> list[dict]:
    decoded = CloudTrailDecoder(REFERENCE).decode([_raw(record) for record in records], "trail")
    return [{name: values[at] for name, values in decoded.columns.items()} for at in range(len(decoded.rows))]


def _raw(record: object) -> bytes:
    return record if isinstance(record, bytes) else json.dumps(record).encode()


def one(**changes: object) -> dict:
    return decode(BASE | changes)[0]


def rejects(*records: object) -> list[tuple[int, str]]:
    decoded = CloudTrailDecoder(REFERENCE).decode([_raw(record) for record in records], "trail")
    return [(reject.index, reject.reason) for reject in decoded.rejects]


def test_a_plain_record_fills_the_columns():
    event = one()
    assert event["time"] == 1767323045000000
    assert (event["provider"], event["data_source"], event["feed"]) == ("aws", "cloudtrail", "trail")
    assert (event["service"], event["operation"], event["action_kind"]) == ("ec2", "CreateVpc", "create")
    assert event["permissions"] == ["ec2:CreateVpc"]
    assert (event["resource_types"], event["resource_ids"]) == (["ec2:vpc"], ["vpc-0a1"])
    assert event["resource_arns"] == ["arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0a1"]
    assert (event["principal_type"], event["issuer"], event["role_session"]) == ("AssumedRole", ROLE, "build-7")
    assert event["access_key"] == "ASIAEXAMPLEKEY000001"
    assert (event["outcome"], event["denied"]) == ("success", False)
    assert {"mfa=false", "tls=TLSv1.3", "event_category=Management", "management_event=true"} <= set(event["markers"])
    assert json.loads(event["context"]) == {"aws:MultiFactorAuthPresent": ["false"]}
    assert json.loads(event["raw"]) == BASE


def test_every_column_is_a_fact_column_or_raw_and_all_have_one_length():
    decoded = CloudTrailDecoder(REFERENCE).decode([_raw(BASE)] * 3 + [b"[]"], "trail")
    assert decoded.columns.keys() <= {column.name for column in FACTS} | {"raw"}
    assert {len(values) for values in decoded.columns.values()} == {3}
    assert decoded.rows == [0, 1, 2]
    for column in FACTS:
        for value in decoded.columns.get(column.name, ()):
            if column.kind == "strings":
                assert isinstance(value, list)
            else:
                assert value != "", column.name


@pytest.mark.parametrize(
    "wrap",
    [
        lambda record: {
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.ec2",
            "time": "2026-01-02T03:04:05Z",
            "detail": record,
        },
        lambda record: {"detail-type": "AWS Service Event via CloudTrail", "detail": record},
        lambda record: {"EventId": "x", "EventName": "CreateVpc", "CloudTrailEvent": json.dumps(record)},
        lambda record: record | {"@timestamp": "2026", "@version": "1", "p_log_type": "AWS.CloudTrail"},
        lambda record: dict(reversed(record.items())),
        lambda record: "\ufeff".encode() + json.dumps(record, indent=2).encode(),
    ],
)
def test_the_same_record_in_any_wrapper_is_the_same_event(wrap):
    wrapped = decode(wrap(BASE))[0]
    plain = one()
    assert wrapped["event_id"] == plain["event_id"]
    assert {k: v for k, v in wrapped.items() if k != "raw"} == {k: v for k, v in plain.items() if k != "raw"}


def test_records_without_an_id_of_their_own_are_told_apart_by_their_content():
    bare = {key: value for key, value in BASE.items() if key != "eventID"}
    other = bare | {"requestParameters": {"cidrBlock": "10.1.0.0/16"}}
    first, again, second = decode(bare, dict(reversed(bare.items())), other)
    assert first["event_id"] == again["event_id"] != second["event_id"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"[1]", "not-an-object"),
        (b"null", "not-an-object"),
        (b'"x"', "not-an-object"),
        (b'{"a":' * 100_000, "too-deep"),
        ({key: value for key, value in BASE.items() if key != "eventTime"}, "time-missing"),
        (BASE | {"eventTime": "1999-01-01T00:00:00Z"}, "time-absurd"),
        (BASE | {"eventTime": "9999-99-99"}, "time-absurd"),
        (BASE | {"eventType": "AwsCloudTrailInsight"}, "not-an-event"),
        (
            {
                "eventVersion": "1.07",
                "eventTime": "2026-01-01T00:00:00Z",
                "eventCategory": "Insight",
                "insightDetails": {"state": "Start"},
            },
            "not-an-event",
        ),
        ({"detail-type": "AWS Insight via CloudTrail", "detail": {}}, "not-an-event"),
        ({"awsAccountId": "1", "digestStartTime": "2026-01-01T00:00:00Z", "logFiles": []}, "not-an-event"),
        ({}, "not-an-event"),
    ],
)
def test_what_is_no_event_is_a_reject_with_its_place_and_the_rest_goes_in(record, reason):
    assert rejects(BASE, record, BASE) == [(1, reason)]


def test_a_reject_shows_no_credential_and_no_invisible_character():
    record = BASE | {"eventTime": "password=Hunter2secret\u202e\x00"}
    decoded = CloudTrailDecoder(REFERENCE).decode([_raw(record)], "trail")
    assert "Hunter2secret" not in decoded.rejects[0].detail
    assert "\u202e" not in decoded.rejects[0].detail
    assert len(decoded.rejects[0].detail) <= 300


def test_members_of_the_wrong_type_are_read_as_far_as_they_go():
    event = one(
        recipientAccountId=111122223333, readOnly="false", userAgent={"x": 1}, awsRegion=None, userIdentity="me"
    )
    assert event["account"] == "111122223333"
    assert event["user_agent"] is None
    assert event["principal"] is None
    assert event["operation"] == "CreateVpc"


def test_an_aws_service_and_an_account_without_arn_get_a_principal():
    service = one(userIdentity={"type": "AWSService", "invokedBy": "ec2.amazonaws.com"})
    bare = one(userIdentity={"accountId": "1", "invokedBy": "ec2.amazonaws.com"}, eventType="AwsServiceEvent")
    account = one(userIdentity={"type": "AWSAccount", "accountId": "9", "principalId": "AROAX:s"})
    assert (service["principal"], service["invoked_by"]) == ("ec2.amazonaws.com", "ec2.amazonaws.com")
    assert (bare["principal"], bare["principal_type"], bare["permissions"]) == ("ec2.amazonaws.com", "AWSService", [])
    assert account["principal"] == "AROAX:s"


def test_federation_is_read_from_the_call_that_asks_for_the_session():
    subject = "repo:acme@1/app@2:ref:refs/heads/feat/x"
    provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    event = one(
        userIdentity={
            "type": "WebIdentityUser",
            "principalId": f"{provider}:sts.amazonaws.com:{subject}",
            "userName": subject,
            "identityProvider": provider,
        },
        eventSource="sts.amazonaws.com",
        eventName="AssumeRoleWithWebIdentity",
        readOnly=True,
        requestParameters={"roleArn": ROLE, "roleSessionName": "GitHubActions"},
        responseElements={
            "credentials": {
                "accessKeyId": "ASIAISSUED0000000001",
                "sessionToken": "FwoGZXIvYXdzsecretsecretsecretsecretsecretsecret",
            }
        },
    )
    assert event["action_kind"] == "login"
    assert event["federation"] == "token.actions.githubusercontent.com"
    assert event["federation_subject"] == subject
    assert event["link_offers"] == ["key:ASIAISSUED0000000001"]
    assert "FwoG" not in json.dumps(event)


def test_session_tags_of_github_name_repository_and_commit():
    event = one(
        eventSource="sts.amazonaws.com",
        eventName="AssumeRole",
        requestParameters={
            "roleArn": ROLE,
            "sourceIdentity": "alice",
            "tags": [
                {"key": "GitHub", "value": "Actions"},
                {"key": "Repository", "value": "acme/app"},
                {"key": "Commit", "value": "0123456789abcdef0123456789abcdef01234567"},
            ],
        },
        responseElements=None,
    )
    assert (event["repository"], event["commit"]) == ("acme/app", "0123456789abcdef0123456789abcdef01234567")
    assert "session_tag.Repository=acme/app" in event["markers"]
    assert event["source_identity"] == "alice"
    assert event["resource_ids"] == ["deploy"]


def test_both_halves_of_a_managed_mcp_call_can_be_joined():
    cause = one(
        eventSource="aws-mcp.amazonaws.com",
        eventName="CallReadWriteTool",
        eventType="AwsMcpEvent",
        requestParameters={"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "aws___run_script"}},
        additionalEventData={"downstreamRequests": [{"apiName": "sts:GetCallerIdentity", "requestId": "r-9"}]},
    )
    effect = one(userIdentity=BASE["userIdentity"] | {"invokedBy": "aws-mcp.amazonaws.com"}, requestID="r-9")
    assert cause["link_offers"] == ["request:r-9"]
    assert {"mcp_tool=aws___run_script", "mcp_method=tools/call", "mcp_service=aws-mcp"} <= set(cause["markers"])
    assert effect["request_id"] == "r-9"
    assert "mcp_via=aws-mcp.amazonaws.com" in effect["markers"]


def test_a_sign_in_session_is_offered_by_its_token_and_asked_for_by_its_calls():
    session = "arn:aws:signin:us-west-2:111111111111:session/abc"
    client = "arn:aws:signin:us-west-2::external-client/dcr/1"
    token = one(
        eventSource="signin.amazonaws.com",
        eventName="CreateOAuth2Token",
        requestParameters={"client_id": client, "code": "s3cr3tc0de"},
        additionalEventData={"signInSessionArn": session, "grant_type": "refresh_token", "success": "true"},
    )
    context = BASE["userIdentity"]["sessionContext"] | {"signInSessionArn": session}
    call = one(userIdentity=BASE["userIdentity"] | {"sessionContext": context})
    assert f"signin:{session}" in token["link_offers"]
    assert token["link_asks"] == [f"signin:{client}"]
    assert call["link_asks"] == [f"signin:{session}"]
    assert "s3cr3tc0de" not in json.dumps(token)


def test_a_failed_console_login_is_a_failure_and_no_denial():
    event = one(
        eventSource="signin.amazonaws.com",
        eventName="ConsoleLogin",
        eventType="AwsConsoleSignIn",
        errorMessage="Failed authentication",
        responseElements={"ConsoleLogin": "Failure"},
        additionalEventData={"LoginTo": "https://console.aws.amazon.com", "MFAUsed": "No"},
    )
    assert (event["outcome"], event["denied"], event["action_kind"]) == ("failure", False, "login")
    assert "mfa_used=No" in event["markers"]
    silent = one(
        eventSource="signin.amazonaws.com", eventName="ConsoleLogin", eventType="AwsConsoleSignIn",
        responseElements={"ConsoleLogin": "Failure"},
    )  # fmt: skip
    assert silent["outcome"] == "failure"


def test_a_refusal_names_policy_permission_and_resource():
    bucket = "arn:aws:s3:::prod"
    event = one(
        eventSource="s3.amazonaws.com",
        eventName="DeleteBucket",
        errorCode="AccessDenied",
        errorMessage=f'User: {ROLE} is not authorized to perform: s3:DeleteBucket on resource: "{bucket}" with an explicit deny in a service control policy',
        requestParameters=None,
        responseElements=None,
    )
    assert (event["outcome"], event["denied"], event["deny_policy_type"], event["deny_implicit"]) == (
        "denied",
        True,
        "scp",
        False,
    )
    assert (event["deny_action"], event["deny_resource"]) == ("s3:DeleteBucket", bucket)
    assert (event["resource_types"], event["resource_ids"]) == (["s3:bucket"], ["prod"])


@pytest.mark.parametrize(
    ("source", "name", "request_", "kind", "identifier", "arn"),
    [
        ("s3", "PutObject", {"bucketName": "b", "key": "a/k"}, "s3:object", "b/a/k", "arn:aws:s3:::b/a/k"),
        ("iam", "DeleteRole", {"roleName": "r"}, "iam:role", "r", "arn:aws:iam::111122223333:role/r"),
        ("rds", "DeleteDBInstance", {"dBInstanceIdentifier": "orders"}, "rds:db", "orders", "arn:aws:rds:eu-west-1:111122223333:db:orders"),
        ("rds", "DeleteDBCluster", {"dBClusterIdentifier": "c"}, "rds:cluster", "c", "arn:aws:rds:eu-west-1:111122223333:cluster:c"),
        ("lambda", "UpdateFunctionCode20150331v2", {"functionName": "f"}, "lambda:function", "f", "arn:aws:lambda:eu-west-1:111122223333:function:f"),
        ("dynamodb", "DeleteTable", {"tableName": "t"}, "dynamodb:table", "t", "arn:aws:dynamodb:eu-west-1:111122223333:table/t"),
        ("ec2", "TerminateInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}}, "ec2:instance", "i-1", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"),
        ("ec2", "AuthorizeSecurityGroupIngress", {"groupId": "sg-1"}, "ec2:security-group", "sg-1", "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1"),
        ("kms", "ScheduleKeyDeletion", {"keyId": "arn:aws:kms:eu-west-1:1:key/k"}, "kms:key", "k", "arn:aws:kms:eu-west-1:1:key/k"),
        ("sqs", "DeleteQueue", {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/1/q"}, "sqs:queue", "q", "arn:aws:sqs:eu-west-1:111122223333:q"),
        ("sns", "DeleteTopic", {"topicArn": "arn:aws:sns:eu-west-1:1:t"}, "sns:topic", "t", "arn:aws:sns:eu-west-1:1:t"),
        ("ecs", "DeleteService", {"service": "web", "cluster": "prod"}, "ecs:service", "prod/web", "arn:aws:ecs:eu-west-1:111122223333:service/prod/web"),
        ("eks", "DeleteCluster", {"name": "prod"}, "eks:cluster", "prod", "arn:aws:eks:eu-west-1:111122223333:cluster/prod"),
        ("cloudformation", "DeleteStack", {"stackName": "s"}, "cloudformation:stack", "s", ""),
        ("cloudtrail", "StopLogging", {"name": "t"}, "cloudtrail:trail", "t", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/t"),
        ("secretsmanager", "DeleteSecret", {"secretId": "prod/db"}, "secretsmanager:Secret", "prod/db", ""),
        ("ssm", "PutParameter", {"name": "/a/b"}, "ssm:parameter", "/a/b", "arn:aws:ssm:eu-west-1:111122223333:parameter/a/b"),
        ("logs", "DeleteLogGroup", {"logGroupName": "/l"}, "logs:log-group", "/l", "arn:aws:logs:eu-west-1:111122223333:log-group:/l"),
    ],
)  # fmt: skip
def test_common_operations_name_their_resource(source, name, request_, kind, identifier, arn):
    event = one(
        eventSource=f"{source}.amazonaws.com", eventName=name, requestParameters=request_, responseElements=None
    )
    assert (event["resource_types"][0], event["resource_ids"][0], event["resource_arns"][0]) == (kind, identifier, arn)


def test_tags_are_read_as_each_service_spells_them():
    spelled = (
        ("kms.amazonaws.com", "CreateKey", [{"tagKey": "team", "tagValue": "pay"}]),
        ("ecs.amazonaws.com", "CreateCluster", [{"key": "team", "value": "pay"}]),
        ("rds.amazonaws.com", "CreateDBInstance", [{"Key": "team", "Value": "pay"}]),
        ("lambda.amazonaws.com", "CreateFunction20150331", {"team": "pay"}),
    )
    for source, name, tags in spelled:
        event = one(eventSource=source, eventName=name, requestParameters={"tags": tags})
        context = json.loads(event["context"])
        assert (context["aws:RequestTag/team"], context["aws:TagKeys"]) == (["pay"], ["team"]), source


def test_request_tags_and_condition_keys_become_context():
    event = one(
        eventName="RunInstances",
        requestParameters={
            "instanceType": "m7g.large",
            "tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": [{"key": "team", "value": "pay"}]}]},
        },
        vpcEndpointId="vpce-1",
    )
    context = json.loads(event["context"])
    assert context["ec2:InstanceType"] == ["m7g.large"]
    assert context["aws:RequestTag/team"] == ["pay"]
    assert context["aws:SourceVpce"] == ["vpce-1"]
    assert "ec2:InstanceType" not in event["context_unknown"]
    assert any("ResourceTag" in key for key in event["context_unknown"])


def test_no_canary_planted_in_any_member_reaches_any_column():
    canary = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    for member in BASE:
        if member in ("eventTime", "readOnly", "managementEvent"):
            continue
        for value in (canary, {"x": canary}, {"password": "cAnArYpassword1"}, [{"sessionToken": "cAnArYpassword1"}]):
            for twice in range(2):
                said = json.dumps(decode(BASE | {member: value}, BASE | {member: value, "requestID": str(twice)}))
                assert canary not in said, member
                assert "cAnArYpassword1" not in said, member
    identity = BASE["userIdentity"] | {"userName": canary, "sessionContext": {"sessionIssuer": {"arn": f"a{canary}"}}}
    assert canary not in json.dumps(one(userIdentity=identity, extra=canary))


@pytest.mark.parametrize(
    ("record", "mine"),
    [
        (BASE, True),
        ({"detail-type": "AWS API Call via CloudTrail", "detail": {}}, True),
        ({"CloudTrailEvent": "{}"}, True),
        ({"eventName": "x"}, False),
        ({"protoPayload": {}}, False),
        ({}, False),
    ],
)
def test_cloudtrail_claims_its_own_records_only(record, mine):
    assert claims(record) is mine


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=4))
def test_no_bytes_make_the_decoder_fail(records):
    decoded = CloudTrailDecoder(REFERENCE).decode(records, "trail")
    assert len(decoded.rows) + len(decoded.rejects) == len(records)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*BASE, "resources", "additionalEventData", "detail", "errorCode"]), json_values, max_size=6
    )
)
def test_no_document_makes_the_decoder_fail(changes):
    decoded = CloudTrailDecoder(REFERENCE).decode([_raw(BASE | changes), _raw(changes)], "trail")
    assert len(decoded.rows) + len(decoded.rejects) == 2
    assert all(outcome in OUTCOMES for outcome in decoded.columns["outcome"] or [])


@settings(max_examples=50, deadline=None)
@given(json_values, json_values, st.sampled_from(["RunInstances", "AssumeRole", "CreateBucket", "PutParameter"]))
def test_no_payload_makes_the_decoder_fail(request_, response, name):
    for source in ("ec2", "sts", "s3", "ssm"):
        one(
            eventSource=f"{source}.amazonaws.com",
            eventName=name,
            requestParameters=request_,
            responseElements=response,
            resources=request_,
        )


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared audit logs are not here")
def test_the_shared_logs_read_true():
    records = [line for path in sorted(SHARED.glob("*.gz")) for line in gzip.decompress(path.read_bytes()).splitlines()]
    decoded = CloudTrailDecoder(REFERENCE).decode(records, "shared")
    assert len(decoded.rows) + len(decoded.rejects) == len(records)
    assert {reject.reason for reject in decoded.rejects} <= {"time-missing", "not-an-event"}
    columns = decoded.columns
    assert set(columns["action_kind"]) <= set(ACTION_KINDS)
    assert sum(columns["denied"]) > 200
    assert not any('Token":"IQ' in raw or 'Token":"Fwo' in raw for raw in columns["raw"])
    changes = [
        at
        for at, kind in enumerate(columns["action_kind"])
        if kind in ("create", "delete") and columns["outcome"][at] == "success"
    ]
    named = sum(1 for at in changes if columns["resource_ids"][at])
    assert named / len(changes) > 0.9
