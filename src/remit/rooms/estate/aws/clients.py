"""What callers say they are: user agents in the grammar of each client."""

from __future__ import annotations

from typing import Final

BROWSER: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
CONSOLE: Final = "AWS Internal"
_CLI_OS: Final = "os/macos#24.6.0 md/arch#arm64 lang/python#3.13.7 md/pyimpl#CPython"
_LINUX: Final = "os/linux#6.12.40-64.114.amzn2023.x86_64 md/arch#x86_64"
_PYTHON: Final = "lang/python#3.13.7 md/pyimpl#CPython"
_BOTO: Final = "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1"
GITHUB_ACTIONS: Final = (
    "aws-sdk-js/3.901.0 ua/2.1 os/linux#6.11.0-1018-azure lang/js md/nodejs#20.19.5 api/sts#3.901.0 "
    "configure-aws-credentials-for-github-actions"
)


def command_of(api: str) -> str:
    """``rds:DescribeDBClusters`` as the CLI spells it: ``rds.describe-db-clusters``."""
    service, _, operation = api.partition(":")
    out = ""
    for before, letter, after in zip(" " + operation, operation, operation[1:] + " ", strict=False):
        starts_word = letter.isupper() and (before.islower() or (before.isupper() and after.islower()))
        out += ("-" if starts_word and out else "") + letter.lower()
    return f"{service}.{out}"


def aws_cli(api: str, features: str = "Z,b,E,s", environment: str = "") -> str:
    """AWS CLI v2 on a laptop. ``features`` are its ``m/`` ids: ``s`` says the key came from an SSO login."""
    place = f" exec-env/{environment}" if environment else ""
    return (
        f"aws-cli/2.31.1 md/awscrt#0.27.6 ua/2.1 {_CLI_OS}{place} m/{features} cfg/retry-mode#standard "
        f"md/installer#exe md/prompt#off md/command#{command_of(api)}"
    )


def cloud_shell(api: str) -> str:
    return (
        f"aws-cli/2.31.1 md/awscrt#0.27.6 ua/2.1 {_LINUX} {_PYTHON} exec-env/CloudShell m/Z,b,E "
        f"cfg/retry-mode#standard md/installer#exe md/distrib#amzn.2023 md/prompt#off md/command#{command_of(api)}"
    )


def boto3(environment: str = "", features: str = "Z,D,b", extra: str = "") -> str:
    """Boto3 on Linux, optionally in a named execution environment and with an appended product."""
    place = f" exec-env/{environment}" if environment else ""
    tail = f" {extra}" if extra else ""
    return f"{_BOTO} {_LINUX} {_PYTHON}{place} m/{features} cfg/retry-mode#legacy Botocore/1.43.11{tail}"


def awslabs_mcp(client: str) -> str:
    """The awslabs AWS API MCP server on a laptop, started by an agent that gave its name as the MCP client."""
    return (
        f"{_BOTO} {_CLI_OS} m/Z,b,D,s cfg/retry-mode#legacy Botocore/1.43.11 "
        f"awslabs/mcp/AWS-API-MCP-server/1.3.6 via/AWS-API-MCP MCPClient/{client}"
    )


def terraform(service: str) -> str:
    return (
        "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 (+https://www.terraform.io) terraform-provider-aws/6.14.1 "
        "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.25.1 "
        f"md/GOOS#linux md/GOARCH#amd64 api/{service}#1.60.0"
    )


def go_sdk(service: str, features: str = "E") -> str:
    machine = "os/linux lang/go#1.25.1 md/GOOS#linux md/GOARCH#arm64"
    return f"aws-sdk-go-v2/1.39.2 ua/2.1 {machine} api/{service}#1.60.0 m/{features}"


def mcp_proxy(client: str) -> str:
    """The local signing proxy of the AWS-managed MCP server; the last token is the agent's own."""
    return f"python-httpx/0.28.1 mcp-proxy-for-aws/1.7.0 {client}"
