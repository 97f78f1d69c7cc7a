"""Agents at work in AWS: on a person's laptop, by AWS's own products, and one the company made itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from remit.rooms.estate.aws.calls import Caller, Step, call, play
from remit.rooms.estate.aws.clients import aws_cli, awslabs_mcp, boto3
from remit.rooms.estate.aws.identity import role_id, role_session, sso_role
from remit.rooms.estate.aws.people import CLI_CHANGES, CLI_STEPS
from remit.rooms.estate.aws.resources import names
from remit.rooms.estate.aws.sessions import by_service, laptop
from remit.rooms.estate.cast import NOOR, OMAR, PRODUCTION, SHARED, Account, Person
from remit.rooms.estate.feed import Item
from remit.rooms.estate.instants import SECOND
from remit.rooms.estate.rhythm import Moment

Play = Callable[[Moment], Iterator[Item]]
PAUSE: Final = (2 * SECOND, 25 * SECOND)
CLAUDE_CODE: Final = "claude-code-2.1.287"
_WORK: Final = (
    Step(
        "lambda:UpdateFunctionConfiguration20150331v2",
        {"functionName": "{function}", "timeout": 60},
        {"functionName": "{function}"},
    ),
    Step(
        "ecs:RegisterTaskDefinition",
        {"family": "{app}"},
        {"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:{region}:{account}:task-definition/{app}:{revision}"}},
    ),
    Step("sqs:CreateQueue", {"queueName": "{app}-events-agent-{random}"}, {"queueUrl": "{queue}-agent-{random}"}),
    Step(
        "dynamodb:UpdateTable",
        {"tableName": "{table}", "billingMode": "PAY_PER_REQUEST"},
        {"tableDescription": {"tableName": "{table}"}},
    ),
    Step("cloudwatch:PutDashboard", {"dashboardName": "{app}"}, None),
    *CLI_CHANGES,
)
_DEVOPS: Final = (
    Step("cloudwatch:DescribeAlarms", {"alarmNames": ["{alarm}"]}),
    Step("logs:StartQuery", {"logGroupName": "{log}"}, {"queryId": "{random}"}, extra={"readOnly": True}),
    Step("ecs:DescribeServices", {"cluster": "{cluster}", "services": ["{app}"]}),
    Step("lambda:GetFunctionConfiguration20150331v2", {"functionName": "{function}"}),
)
_DIRECTED: Final = (
    Step(
        "ecs:UpdateService",
        {"cluster": "{cluster}", "service": "{app}", "desiredCount": 6},
        {"service": {"serviceName": "{app}"}},
    ),
    Step(
        "lambda:UpdateFunctionConfiguration20150331v2",
        {"functionName": "{function}", "memorySize": 2048},
        {"functionName": "{function}"},
    ),
)
_RELEASE: Final = (
    Step("ecr:DescribeImages", {"repositoryName": "{app}"}),
    Step(
        "ecr:PutImage", {"repositoryName": "{app}", "imageTag": "v{revision}"}, {"image": {"repositoryName": "{app}"}}
    ),
    Step(
        "s3:PutBucketTagging",
        {"bucketName": "acme-shared-artifacts", "tagging": ""},
        None,
        [("AWS::S3::Bucket", "arn:aws:s3:::acme-shared-artifacts")],
    ),
    Step("codepipeline:StartPipelineExecution", {"name": "{app}-release"}, {"pipelineExecutionId": "{random}"}),
    Step(
        "ssm:PutParameter",
        {
            "name": "/shared/{app}/version",
            "type": "String",
            "overwrite": True,
            "value": "HIDDEN_DUE_TO_SECURITY_REASONS",
        },
        {"version": 12},
    ),
)
_SUPPORT: Final = (
    Step("secretsmanager:GetSecretValue", {"secretId": "{secret}"}),
    Step("dynamodb:DescribeTable", {"tableName": "{table}"}),
    Step("sqs:SetQueueAttributes", {"queueUrl": "{queue}", "attributes": {"VisibilityTimeout": "120"}}, None),
)


def on_laptop(person: Person, account: Account, agent: str | Callable[[str], str]) -> Play:
    """An agent on a person's SSO session: the identity is the person's, only the client tells."""

    def scene(moment: Moment) -> Iterator[Item]:
        chance = moment.chance
        caller = laptop(account, "Developer", person, moment.at, chance, agent)
        steps = [chance.pick(CLI_STEPS) for _ in range(chance.between(3, 7))]
        steps += [chance.pick(_WORK) for _ in range(chance.between(1, 3))]
        yield from play(caller, steps, moment.at, chance, names(account, chance), PAUSE)

    return scene


def claude_code(person: Person, account: Account) -> Play:
    return on_laptop(person, account, awslabs_mcp(CLAUDE_CODE))


def kiro_agent(api: str) -> str:
    """Kiro's IDE sets its own feature id in AWS CLI v2."""
    return aws_cli(api, "Z,b,E,s,AX")


def amazon_q_agent(api: str) -> str:
    """Amazon Q Developer CLI runs the local CLI in its own execution environment."""
    return aws_cli(api, environment="AmazonQ-For-CLI-Version-1.19.4")


def devops_agent(moment: Moment) -> Iterator[Item]:
    """AWS DevOps Agent looks into an alarm; now and then a person approves one directed action in its chat."""
    chance = moment.chance
    principal = "aidevops.amazonaws.com"
    values = names(PRODUCTION, chance)
    looker = role_session(
        PRODUCTION, "DevOpsAgentRole", f"investigation-{chance.hex(12)}", moment.at, key=chance.access_key()
    )
    caller = Caller(PRODUCTION, {**looker, "invokedBy": principal}, principal, principal)
    yield from play(caller, _DEVOPS, moment.at, chance, values, PAUSE)
    if chance.happens(0.5):
        approver = chance.pick((OMAR, NOOR))
        operator = role_id(PRODUCTION, sso_role("Operator", PRODUCTION))
        approval = f"op.{operator}-{approver.email}.apr.{chance.hex(8)}-{chance.hex(4)}-{chance.hex(2)}"[:64]
        at = moment.at + 240 * SECOND
        acting = role_session(
            PRODUCTION, "DevOpsAgentRole", approval, at, key=chance.access_key(), sourceIdentity=approval
        )
        caller = replace(caller, identity={**acting, "invokedBy": principal})
        yield call(caller, chance.pick(_DIRECTED), at + SECOND, chance, values)


def release_bot(moment: Moment) -> Iterator[Item]:
    """The company's own agent: a role and plain Boto3. Only the registry says that it is one."""
    chance = moment.chance
    identity = role_session(
        SHARED, "release-bot", f"botocore-session-{moment.at // SECOND}", moment.at, key=chance.access_key()
    )
    caller = Caller(SHARED, identity, "198.51.100.33", boto3(features="Z,D,b,i"))
    yield from play(caller, _RELEASE, moment.at, chance, names(SHARED, chance), PAUSE)


def agentcore(moment: Moment) -> Iterator[Item]:
    """The support agent on Bedrock AgentCore: a gateway call as data event, then its runtime's role at work."""
    chance = moment.chance
    yield _gateway(moment)
    issue, caller = by_service(
        "bedrock-agentcore.amazonaws.com",
        PRODUCTION,
        "support-agent-runtime",
        f"BedrockAgentCore-{chance.uuid()}",
        moment.at + 2 * SECOND,
        chance,
        "192.0.2.90",
        boto3("AWS_ECS_FARGATE"),
    )
    yield issue
    yield from play(caller, _SUPPORT, moment.at + 4 * SECOND, chance, names(PRODUCTION, chance), (SECOND, 6 * SECOND))


def _gateway(moment: Moment) -> Item:
    anonymous = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    gateway = f"arn:aws:bedrock-agentcore:eu-west-1:{PRODUCTION.id}:gateway/support-gateway-demo000001"
    step = Step(
        "bedrock-agentcore:InvokeGateway",
        {
            "body": {
                "jsonrpc": "2.0",
                "method": "tools/call",
                "params": {"name": "orders___lookup", "clientInfo": {"name": "support-agent", "version": "1.4.0"}},
            }
        },
        None,
        [("AWS::BedrockAgentCore::Gateway", gateway)],
        {"eventCategory": "Data", "managementEvent": False, "readOnly": False},
    )
    return call(Caller(PRODUCTION, anonymous, "198.51.100.44", "python-httpx/0.28.1"), step, moment.at, moment.chance)
