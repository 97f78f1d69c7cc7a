"""Who calls in the benchmark's corpus: about 2,000 principals in twelve accounts, and about 400 user agents."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final

Json = dict[str, Any]
ACCOUNTS: Final = tuple(f"{100_000_000_000 + 7_919_543_211 * n % 899_999_999_999:012d}" for n in range(1, 13))
REGIONS: Final = ("us-east-1", "us-east-1", "us-east-1", "eu-west-1", "eu-west-1", "us-west-2", "ap-southeast-2")
_TEAMS: Final = ("payments", "search", "data", "platform", "checkout", "mobile", "identity", "growth")
_FIRST: Final = ("ada", "ben", "chen", "dora", "emil", "fay", "gus", "hana", "ivo", "jun", "kim", "lea", "max", "noor")
_LAST: Final = ("abel", "brandt", "costa", "diaz", "evans", "fischer", "gupta", "haas", "ito", "jansen", "khan", "lund")
_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class Caller:
    """One principal: how it identifies itself and what it calls with. ``writes`` is its share of changing calls."""

    kind: str
    account: str
    name: str
    role: str
    agents: tuple[str, ...]
    address: str
    writes: float


def key_id(random: Random, prefix: str) -> str:
    """An access key id: ``AKIA`` or ``ASIA`` and sixteen characters."""
    return prefix + "".join(random.choices(_BASE32, k=16))


def callers(random: Random) -> list[Caller]:
    """Users, people in roles, workloads, pipelines, agents and AWS's own services, in realistic shares."""
    agents = user_agents()
    found: list[Caller] = []
    shares = (("user", 250), ("person", 600), ("workload", 600), ("pipeline", 120), ("agent", 130), ("service", 300))
    for kind, count in shares:
        found += [_caller(random, kind, at, agents) for at in range(count)]
    return found


def _caller(random: Random, kind: str, at: int, agents: dict[str, list[str]]) -> Caller:
    account = random.choice(ACCOUNTS)
    team = random.choice(_TEAMS)
    person = f"{random.choice(_FIRST)}.{random.choice(_LAST)}{at % 29}"
    names = {
        "user": (person, ""),
        "person": (f"{person}@example.com", f"AWSReservedSSO_{team.title()}PowerUser_{at % 40:016x}"),
        "workload": (f"i-{random.getrandbits(68):017x}" if at % 2 else f"{team}-worker-{at}", f"{team}-task-{at % 60}"),
        "pipeline": (f"GitHubActions-{at % 70}", f"{team}-deploy"),
        "agent": (f"{person}@example.com", f"AWSReservedSSO_{team.title()}Developer_{at % 20:016x}"),
        "service": (_SERVICES[at % len(_SERVICES)], f"AWSServiceRoleFor{team.title()}{at % 9}"),
    }
    name, role = names[kind]
    wanted = tuple(random.sample(agents[kind], min(2, len(agents[kind]))))
    address = f"{random.choice((3, 18, 52, 203))}.{random.randrange(256)}.{random.randrange(256)}.{at % 256}"
    writes = {"pipeline": 0.55, "agent": 0.25, "person": 0.15, "service": 0.3}.get(kind, 0.1)
    return Caller(kind, account, name, role, wanted, address, writes)


def identity(caller: Caller, key: str, session_start: str) -> Json:
    """``userIdentity`` of one role session or user."""
    if caller.kind == "service":
        return {"type": "AWSService", "invokedBy": caller.name}
    number = _BASE32[len(caller.name) % 32] + f"{abs(hash_of(caller.role or caller.name)):015X}"[:15]
    if caller.kind == "user":
        arn = f"arn:aws:iam::{caller.account}:user/{caller.name}"
        return {"type": "IAMUser", "principalId": f"AIDA{number}", "arn": arn, "accountId": caller.account,
                "accessKeyId": key, "userName": caller.name}  # fmt: skip
    reserved = "aws-reserved/sso.amazonaws.com/" if caller.role.startswith("AWSReservedSSO") else ""
    issuer = {"type": "Role", "principalId": f"AROA{number}", "accountId": caller.account, "userName": caller.role,
              "arn": f"arn:aws:iam::{caller.account}:role/{reserved}{caller.role}"}  # fmt: skip
    context: Json = {
        "sessionIssuer": issuer,
        "attributes": {"creationDate": session_start, "mfaAuthenticated": "false"},
    }
    if caller.kind == "workload" and caller.name.startswith("i-"):
        context["ec2RoleDelivery"] = "2.0"
    arn = f"arn:aws:sts::{caller.account}:assumed-role/{caller.role}/{caller.name}"
    return {"type": "AssumedRole", "principalId": f"AROA{number}:{caller.name}", "arn": arn,
            "accountId": caller.account, "accessKeyId": key, "sessionContext": context}  # fmt: skip


def hash_of(text: str) -> int:
    """A number for a text, the same in every process."""
    value = 1469598103934665603
    for letter in text.encode():
        value = (value ^ letter) * 1099511628211 & (1 << 64) - 1
    return value


_SERVICES: Final = (
    "autoscaling.amazonaws.com", "cloudformation.amazonaws.com", "elasticloadbalancing.amazonaws.com",
    "ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "config.amazonaws.com", "backup.amazonaws.com",
    "rds.amazonaws.com", "securityhub.amazonaws.com", "ec2.amazonaws.com",
)  # fmt: skip


def user_agents() -> dict[str, list[str]]:
    """User agents by kind of caller; about 400 in all."""
    cli = [
        f"aws-cli/2.{minor}.{patch} md/awscrt#0.27.{patch} ua/2.1 os/{system} md/arch#{arch} lang/python#3.13.{patch} "
        f"md/pyimpl#CPython m/{features} cfg/retry-mode#standard md/installer#exe md/prompt#off"
        for minor, patch in ((27, 3), (28, 1), (31, 4), (33, 2), (34, 6))
        for system, arch in (("macos#24.6.0", "arm64"), ("linux#6.12.40", "x86_64"), ("windows#11", "AMD64"))
        for features in ("Z,b,E,s", "Z,E,b", "Z,b,E,AC")
    ]
    boto = [
        f"Boto3/1.{minor}.{patch} md/Botocore#1.{minor}.{patch} ua/2.1 os/linux#{kernel} md/arch#{arch} "
        f"lang/python#3.{python}.7 md/pyimpl#CPython m/Z,D,b cfg/retry-mode#legacy Botocore/1.{minor}.{patch}"
        for minor, patch in ((38, 12), (40, 3), (40, 51), (42, 9), (43, 11))
        for kernel, arch in (("6.1.141-155.222.amzn2023", "x86_64"), ("6.12.40-64.114.amzn2023", "aarch64"))
        for python in range(9, 14)
    ]
    go = [
        f"aws-sdk-go-v2/1.{minor}.2 ua/2.1 os/linux lang/go#1.{21 + minor % 5}.1 md/GOOS#linux md/GOARCH#{arch} "
        f"api/{service}#1.60.0 m/E"
        for minor in (32, 36, 39, 41)
        for arch in ("amd64", "arm64")
        for service in ("ec2", "s3", "dynamodb", "sts", "ecs", "kms")
    ]
    java = [
        f"aws-sdk-java/2.{minor}.{patch} md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.141 lang/java#{jvm}.0.8 "
        "md/OpenJDK_64-Bit_Server_VM#21.0.8+9-LTS md/vendor#Amazon.com_Inc. md/en_US m/D,N"
        for minor in (25, 29, 31, 33)
        for patch in (4, 17, 40)
        for jvm in (11, 17, 21)
    ]
    node = [
        f"aws-sdk-js/3.{minor}.0 ua/2.1 os/linux#5.10.240 lang/js md/nodejs#{version}.19.5 api/{service}#3.{minor}.0 "
        "exec-env/AWS_Lambda_nodejs22.x m/E"
        for minor in (758, 821, 901)
        for version in (18, 20, 22)
        for service in ("sqs", "dynamodb", "s3", "lambda")
    ]
    terraform = [
        f"APN/1.0 HashiCorp/1.0 Terraform/1.{minor}.{patch} (+https://www.terraform.io) terraform-provider-aws/"
        f"{provider}.1 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.39.2 ua/2.1 os/linux "
        f"lang/go#1.25.1 md/GOOS#linux md/GOARCH#amd64 api/{service}#1.60.0"
        for minor, patch in ((9, 8), (11, 4), (13, 3))
        for provider in ("5.100", "6.14", "6.22")
        for service in ("ec2", "iam", "s3", "rds", "ecs", "cloudwatchlogs")
    ]
    console = [
        f"Mozilla/5.0 ({machine}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
        for machine in ("Macintosh; Intel Mac OS X 10_15_7", "Windows NT 10.0; Win64; x64", "X11; Linux x86_64")
        for version in range(134, 146)
    ]
    agents = [f"{text} app/{app}" for text in boto[:8] for app in ("claude-code", "codex-cli", "cursor-agent", "kiro")]
    agents += [
        f"Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.13.7 md/pyimpl#CPython "
        f"m/Z,b,D,s cfg/retry-mode#legacy Botocore/1.43.11 awslabs/mcp/AWS-API-MCP-server/1.3.{patch} "
        f"via/AWS-API-MCP MCPClient/{client}"
        for patch in range(3, 7)
        for client in ("claude-code/2.0.14", "cursor-vscode/1.0.0", "codex-mcp-client/0.46.0", "gemini-cli/0.9.1")
    ]
    return {
        "user": cli + boto + ["AWS Internal"],
        "person": cli + console + ["AWS Internal"] * 8,
        "workload": boto + go + java + node,
        "pipeline": terraform + cli[:12] + go[:6],
        "agent": agents,
        "service": ["service"],
    }
