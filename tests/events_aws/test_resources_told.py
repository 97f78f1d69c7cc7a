"""What a CloudTrail record touched, where it stands in unusual places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import remit.reference
from remit.reference.aws import AwsReference
from remit.rooms.events.cloudtrail import CloudTrailDecoder

DECODER = CloudTrailDecoder(
    AwsReference.from_bytes((Path(remit.reference.__path__[0]) / "data" / "aws_actions.json.gz").read_bytes())
)
USER = "arn:aws:iam::111122223333:user/ana"


def touched(source: str, name: str, request: Any = None, **more: Any) -> list[tuple[str, str]]:
    """(type, id) of every resource of one call."""
    record = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": USER, "accountId": "111122223333", "userName": "ana"},
        "eventTime": "2026-01-02T03:04:05Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "eventType": "AwsApiCall",
        "requestParameters": request,
        "eventID": "5b1d9a52-0000-4000-8000-000000000002",
        "recipientAccountId": "111122223333",
        **more,
    }
    columns = DECODER.decode([json.dumps(record).encode()], "trail").columns
    return list(zip(columns["resource_types"][0], columns["resource_ids"][0], strict=True))


def refused(source: str, name: str, on: str) -> list[tuple[str, str]]:
    action = f"{source}:{name}"
    message = f"User: {USER} is not authorized to perform: {action} on resource: {on} because no identity-based policy "
    return touched(source, name, errorCode="AccessDenied", errorMessage=f"{message}allows the {action} action")


TAGGED = {"resourcesSet": {"items": [{"resourceId": "ami-0aa1"}, {"resourceId": "vpc-0bb2"}]}, "tagSet": {"items": []}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            lambda: touched("ec2", "CreateTags", TAGGED),
            [("ec2:image", "ami-0aa1"), ("ec2:vpc", "vpc-0bb2")],
            id="tags are put on what resourcesSet names",
        ),
        pytest.param(
            lambda: touched(
                "ec2", "DeleteFlowLogs", {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}}
            ),
            [("ec2:vpc-flow-log", "fl-1")],
            id="an id stands in content beside its tag",
        ),
        pytest.param(
            lambda: refused("iam", "AddUserToGroup", "group TrailDiscover"),
            [("iam:group", "TrailDiscover")],
            id="IAM names a group by a word",
        ),
        pytest.param(
            lambda: refused("iam", "AttachUserPolicy", "user ana"),
            [("iam:user", "ana")],
            id="IAM names a user by a word",
        ),
        pytest.param(
            lambda: refused("wafv2", "DeleteWebACL", "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/shop/a1b2"),
            [("wafv2:webacl", "shop/a1b2")],
            id="a regional web ACL is a web ACL",
        ),
        pytest.param(
            lambda: refused(
                "logs", "CreateLogStream", "arn:aws:logs:us-east-1:111122223333:log-group:app:log-stream:a"
            ),
            [("logs:log-stream", "app:log-stream:a")],
            id="a log stream is no log group",
        ),
        pytest.param(
            lambda: refused("transfer", "CreateServer", "arn:aws:transfer:us-east-1:111122223333:server/*"),
            [],
            id="a refusal on every server touches none",
        ),
        pytest.param(
            lambda: refused("iam", "ListGroups", "arn:aws:iam::111122223333:group/"),
            [],
            id="a refusal on the path of groups touches none",
        ),
        pytest.param(
            lambda: touched(
                "apigateway",
                "TagResource",
                {"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/abc/stages/prod", "template": False},
            ),
            [("apigateway:Stage", "restapis/abc/stages/prod")],
            id="a stage is no account",
        ),
        pytest.param(
            lambda: touched(
                "ec2",
                "DescribeNatGateways",
                {"DescribeNatGatewaysRequest": {"NatGatewayId": {"tag": 1, "content": "nat-1"}}},
            ),
            [("ec2:natgateway", "nat-1")],
            id="a described gateway stands in content beside its tag",
        ),
        pytest.param(
            lambda: touched(
                "sqs", "SetQueueAttributes", {"queueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"}
            ),
            [("sqs:queue", "jobs")],
            id="a queue is named by its address",
        ),
    ],
)
def test_it_touched(found: Any, expected: list[tuple[str, str]]) -> None:
    assert found() == expected
