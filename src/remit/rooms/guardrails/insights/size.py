"""Size against the limit of its type, counted as AWS counts, and what each statement costs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from remit.rooms.guardrails.insights.hit import PolicyType
from remit.rooms.guardrails.insights.policy import Policy
from remit.rooms.guardrails.limits import LONGEST, RCP, SCP

_PARTS: Final = re.compile(r'("(?:[^"\\]++|\\.)*+")|\s+')


@dataclass(frozen=True, slots=True)
class Limit:
    """A quota: what it is for, how many characters or bytes, and whether AWS counts white space between elements."""

    name: str
    most: int
    unit: str = "characters"
    spaces_count: bool = False


LIMITS: Final[dict[PolicyType, tuple[Limit, ...]]] = {
    "scp": (Limit("service control policy", LONGEST[SCP], spaces_count=True),),
    "rcp": (Limit("resource control policy", LONGEST[RCP], spaces_count=True),),
    "identity": (
        Limit("managed policy", 6_144),
        Limit("all inline policies of a role", 10_240),
        Limit("all inline policies of a group", 5_120),
        Limit("all inline policies of a user", 2_048),
    ),
    "boundary": (Limit("managed policy used as a boundary", 6_144),),
    "endpoint": (Limit("VPC endpoint policy", 20_480, spaces_count=True),),
    "resource": (Limit("resource policy of the largest size any service takes", 32_768, spaces_count=True),),
}
"""The quotas as of 2026, the one that matters first."""
OF_SERVICE: Final[dict[str, Limit]] = {
    "s3": Limit("bucket policy", 20_480, "bytes", True),
    "kms": Limit("key policy", 32_768, "bytes", True),
    "sqs": Limit("queue policy", 8_192, "bytes", True),
    "sns": Limit("topic policy", 30_720, "bytes", True),
    "lambda": Limit("function policy", 20_480, "bytes", True),
    "secretsmanager": Limit("secret's policy", 20_480, spaces_count=True),
    "ecr": Limit("repository policy", 10_240, "bytes", True),
    "dynamodb": Limit("table's policy", 20_480, "bytes", True),
    "logs": Limit("log resource policy", 5_120, spaces_count=True),
    "sts": Limit("trust policy of a role", 2_048),
}
"""Resource policies by the service of their actions."""


def without_space(text: str) -> str:
    """A JSON text without the white space between its elements; every string as it was written."""
    return _PARTS.sub(lambda match: match.group(1) or "", text)


def limits_of(policy: Policy) -> tuple[Limit, ...]:
    """The quotas a policy must keep, the one that matters first."""
    services = {value.text.partition(":")[0].lower() for each in policy.statements for value in each.actions}
    if policy.kind == "resource" and len(services) == 1:
        found = OF_SERVICE.get(services.pop())
        return (found,) if found else LIMITS["resource"]
    return LIMITS[policy.kind]


def counted(text: str, limit: Limit) -> int:
    """How much of a limit a text uses."""
    return len(text.encode("utf-8", "surrogatepass")) if limit.unit == "bytes" else len(text)


def size_told(policy: Policy) -> dict[str, object]:
    """What the editor shows: limit, use, use as written, and the cost of each statement with its comma."""
    limits = limits_of(policy)
    small = without_space(policy.text)
    statements = [
        {
            "statement": statement.index,
            "sid": statement.sid,
            "used": counted(without_space(policy.text[statement.node.start : statement.node.end]), limits[0]),
        }
        for statement in policy.statements
    ]
    return {**plain_size(policy.text, small, limits), "statements": statements}


def plain_size(text: str, small: str, limits: tuple[Limit, ...]) -> dict[str, object]:
    """The use of limits without the statements: all that is known of a text that cannot be read."""
    first = limits[0]
    used = counted(small, first)
    return {
        "limit": first.most,
        "limit_of": first.name,
        "unit": first.unit,
        "used": used,
        "left": first.most - used,
        "as_written": counted(text, first),
        "limits": [
            {"of": each.name, "limit": each.most, "used": counted(small, each), "unit": each.unit} for each in limits
        ],
    }
