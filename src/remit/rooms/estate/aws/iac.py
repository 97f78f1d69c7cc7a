"""Infrastructure as code: Terraform in GitHub Actions, in Jenkins on EC2 and in HCP Terraform, and CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from remit.rooms.estate.aws.calls import Caller, Step, call, play
from remit.rooms.estate.aws.clients import aws_cli, terraform
from remit.rooms.estate.aws.identity import GITHUB_ISSUER, role_session
from remit.rooms.estate.aws.resources import names
from remit.rooms.estate.aws.sessions import laptop, oidc
from remit.rooms.estate.cast import NOOR, PRODUCTION, SHARED, STAGING, Account
from remit.rooms.estate.chance import Chance
from remit.rooms.estate.feed import Item
from remit.rooms.estate.instants import SECOND
from remit.rooms.estate.rhythm import Moment

PLAN: Final = (
    Step("sts:GetCallerIdentity", None),
    Step("ec2:DescribeVpcs", {"vpcSet": {}}),
    Step("ec2:DescribeSecurityGroups", {"securityGroupSet": {"items": [{"groupId": "{group}"}]}}),
    Step("iam:GetRole", {"roleName": "{role}"}),
    Step("rds:DescribeDBClusters", {"dBClusterIdentifier": "{database}"}),
    Step(
        "s3:GetBucketPolicy",
        {"bucketName": "{bucket}", "policy": ""},
        None,
        [("AWS::S3::Bucket", "arn:aws:s3:::{bucket}")],
    ),
    Step("lambda:GetFunction20150331v2", {"functionName": "{function}"}),
    Step("ecs:DescribeTaskDefinition", {"taskDefinition": "{app}:{revision}"}),
)
APPLY: Final = (
    Step(
        "ecs:RegisterTaskDefinition",
        {"family": "{app}", "networkMode": "awsvpc", "cpu": "512", "memory": "1024"},
        {"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:{region}:{account}:task-definition/{app}:{revision}"}},
    ),
    Step(
        "ecs:UpdateService",
        {"cluster": "{cluster}", "service": "{app}", "taskDefinition": "{app}:{revision}"},
        {"service": {"serviceName": "{app}"}},
    ),
    Step("cloudwatch:PutMetricAlarm", {"alarmName": "{alarm}", "threshold": 20.0}, None),
    Step(
        "ec2:AuthorizeSecurityGroupIngress",
        {"groupId": "{group}", "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}]}},
        {"_return": True},
    ),
    Step("iam:PutRolePolicy", {"roleName": "{role}", "policyName": "{app}-access", "policyDocument": "{{}}"}, None),
    Step(
        "lambda:UpdateFunctionCode20150331v2",
        {"functionName": "{function}", "s3Bucket": "acme-shared-artifacts", "publish": True},
        {"functionName": "{function}"},
    ),
    Step("sqs:SetQueueAttributes", {"queueUrl": "{queue}", "attributes": {"VisibilityTimeout": "60"}}, None),
    Step("logs:PutRetentionPolicy", {"logGroupName": "{log}", "retentionInDays": 90}, None),
    Step("kms:PutKeyPolicy", {"keyId": "{key}", "policyName": "default"}, None, [("AWS::KMS::Key", "{key}")]),
    Step(
        "rds:ModifyDBCluster",
        {"dBClusterIdentifier": "{database}", "backupRetentionPeriod": 14},
        {"dBClusterIdentifier": "{database}"},
    ),
)
_PAUSE: Final = (SECOND // 2, 4 * SECOND)
_RUNNER: Final = "198.51.100.90"
_JENKINS: Final = "i-0demojenkins00001"


def _terraform_agent(api: str) -> str:
    return terraform(api.partition(":")[0])


def apply_steps(chance: Chance, changes: int) -> list[Step]:
    """A plan's reads and some of an apply's changes."""
    steps = [*PLAN[: chance.between(4, len(PLAN))]]
    return steps + [chance.pick(APPLY) for _ in range(changes)]


def github_actions(
    account: Account, subject: str, run: int, app: str, at: int, chance: Chance, creates: tuple[Step, ...] = ()
) -> Iterator[Item]:
    """One deployment: the OIDC token becomes a key whose session is named after the run, then Terraform works."""
    door, holder = oidc(account, "github-deploy", f"{app}-run-{run}", GITHUB_ISSUER, subject, at, chance, _RUNNER)
    yield door
    caller = replace(holder, agent=_terraform_agent)
    values = names(account, chance) | {
        "app": app,
        "role": f"{app}-service",
        "function": f"{app}-worker",
        "database": f"{app}-{account.environment}",
        "alarm": f"{app}-errors-high",
    }
    steps = [*apply_steps(chance, chance.between(3, 7)), *creates]
    yield from play(caller, steps, at + 20 * SECOND, chance, values, _PAUSE)


def jenkins_host(account: Account, at: int, chance: Chance) -> Caller:
    """Terraform on a Jenkins host: the instance's role, the same whoever started the build."""
    identity = role_session(account, "jenkins-deploy", _JENKINS, at, key=chance.access_key(), ec2RoleDelivery="2.0")
    identity["inScopeOf"] = {
        "issuerType": "AWS::EC2::Instance",
        "credentialsIssuedTo": f"arn:aws:ec2:eu-west-1:{SHARED.id}:instance/{_JENKINS}",
    }
    return Caller(account, identity, "198.51.100.20", _terraform_agent)


def jenkins_build(account: Account, at: int, chance: Chance) -> Iterator[Item]:
    """One plan and apply by Jenkins."""
    yield from play(
        jenkins_host(account, at, chance), apply_steps(chance, 4), at, chance, names(account, chance), _PAUSE
    )


def hcp_terraform(moment: Moment) -> Iterator[Item]:
    """HCP Terraform trades its own workload token: the subject names the workspace and the phase."""
    chance = moment.chance
    subject = "organization:acme-demo:project:platform:workspace:network:run_phase:apply"
    run = f"terraform-run-{chance.hex(16)}"
    door, holder = oidc(SHARED, "hcp-terraform", run, "app.terraform.io", subject, moment.at, chance, "198.51.100.61")
    door.record["userAgent"] = terraform("sts")
    yield door
    caller = replace(holder, agent=_terraform_agent)
    yield from play(caller, apply_steps(chance, 4), moment.at + 15 * SECOND, chance, names(SHARED, chance), _PAUSE)


_STACK: Final = (
    Step("sns:CreateTopic", {"name": "{app}-alerts"}, {"topicArn": "{topic}"}),
    Step("cloudwatch:PutMetricAlarm", {"alarmName": "{alarm}"}, None),
    Step("sqs:CreateQueue", {"queueName": "{app}-events"}, {"queueUrl": "{queue}"}),
    Step(
        "lambda:UpdateFunctionConfiguration20150331v2", {"functionName": "{function}"}, {"functionName": "{function}"}
    ),
    Step("iam:PutRolePolicy", {"roleName": "{role}", "policyName": "stack"}, None),
)


def cloudformation(moment: Moment) -> Iterator[Item]:
    """A person updates a stack; CloudFormation then calls with that person's session, marked as its own calls."""
    chance = moment.chance
    account = chance.pick((PRODUCTION, STAGING))
    person = laptop(account, "PowerUser", NOOR, moment.at, chance, aws_cli)
    values = names(account, chance)
    stack = f"arn:aws:cloudformation:{values['region']}:{account.id}:stack/{values['stack']}/{chance.uuid()}"
    yield call(
        person,
        Step(
            "cloudformation:UpdateStack",
            {"stackName": "{stack}", "capabilities": ["CAPABILITY_IAM"]},
            {"stackId": stack},
        ),
        moment.at,
        chance,
        values,
    )
    principal = "cloudformation.amazonaws.com"
    service = replace(person.with_identity(invokedBy=principal), address=principal, agent=principal)
    yield from play(service, _STACK, moment.at + 6 * SECOND, chance, values, _PAUSE)
