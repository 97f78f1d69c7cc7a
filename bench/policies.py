"""The policies section: one decision under many policies, and the cause of one denial among a thousand.

The policies are made here, of the shapes that organizations attach: allow-all at every level, denials by action,
Region, tag and principal, with wildcards, variables and set operators; requests differ in action, resource and context.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from remit.rooms.iam import CompiledPolicy, Document, Policies, Request, evaluate, parse_document, principal_of

Json = dict[str, Any]
_FULL: Json = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_SERVICES = ("ec2", "s3", "rds", "kms", "iam", "lambda", "dynamodb", "sqs", "sns", "ecs", "eks", "sagemaker", "logs")
_REGIONS = ("eu-west-1", "eu-central-1", "us-east-1")
_EXEMPT = {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/platform-*", "arn:aws:iam::*:role/Break*"]}}
_SESSION = "arn:aws:sts::111111111111:assumed-role/app-deploy/run-7"


def policies(loops: int) -> Json:
    """Microseconds of CPU for one decision under 50 policies, and milliseconds for one cause among 1,000."""
    whole = Policies(
        identity=(parse_document(_FULL, "admin"),),
        scps=tuple(
            (parse_document(_FULL, "full"), *(_guardrail(level * 16 + number) for number in range(15 if level else 16)))
            for level in range(3)
        ),
    )
    requests = [_request(number) for number in range(240)]
    decided = _timed(lambda: [evaluate(request, whole) for request in requests], loops)
    many = [CompiledPolicy(_guardrail(number), "scp") for number in range(1_000)]
    causes = _timed(lambda: [[one for one in many if one.decide(request).truth] for request in requests[:10]], loops)
    decisions: Json = {}
    for request in requests:
        decision = evaluate(request, whole).decision
        decisions[decision] = decisions.get(decision, 0) + 1
    return {
        "policies": len(whole.identity) + sum(map(len, whole.scps)),
        "decision_us": decided / len(requests) * 1e6,
        "decisions": decisions,
        "documents": len(many),
        "cause_ms": causes / 10 * 1e3,
    }


def _timed(work: Callable[[], object], loops: int) -> float:
    """CPU seconds of the best of ``loops`` rounds, after one that warms up what is remembered."""
    work()
    best = float("inf")
    for _ in range(loops):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def _guardrail(number: int) -> Document:
    """A policy that denies; five shapes, spread over the services."""
    service = _SERVICES[number % len(_SERVICES)]
    shapes: tuple[Json, ...] = (
        {"Action": [f"{service}:Delete*", f"{service}:Disable*"], "Condition": _EXEMPT},
        {
            "NotAction": ["iam:*", "sts:*", "support:*"],
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": list(_REGIONS)}},
        },
        {"Action": f"{service}:Create*", "Condition": {"Null": {"aws:RequestTag/owner": "true"}, **_EXEMPT}},
        {
            "Action": [f"{service}:*"],
            "Condition": {"StringNotEqualsIfExists": {"aws:ResourceTag/team": "${aws:PrincipalTag/team, 'none'}"}},
        },
        {
            "Action": f"{service}:Tag*",
            "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": ["cost*", "internal:?*"]}},
        },
    )
    statement = {"Sid": f"Deny{number}", "Effect": "Deny", "Resource": "*", **shapes[number % len(shapes)]}
    return parse_document({"Version": "2012-10-17", "Statement": [statement]}, f"guardrail-{number}")


def _request(number: int) -> Request:
    verbs = itertools.islice(itertools.cycle(("Create", "Delete", "Describe", "Tag", "Run")), number, None)
    service, verb = _SERVICES[number % len(_SERVICES)], next(verbs)
    context = {
        "aws:RequestedRegion": (_REGIONS[number % 3],),
        "aws:PrincipalArn": ("arn:aws:iam::111111111111:role/app-deploy",),
        "aws:PrincipalTag/team": ("red",),
        "aws:ResourceTag/team": ("red",),
        "aws:RequestTag/owner": ("ann",),
        "aws:TagKeys": ("owner", "stage"),
        "aws:SourceIp": ("192.0.2.7",),
    }
    arn = f"arn:aws:{service}:eu-west-1:111111111111:thing/{number}"
    return Request(
        principal=principal_of(_SESSION), action=f"{service}:{verb}Thing{number % 40}", resource=arn, context=context
    )


def main() -> None:
    """Answer as one section: the name is this script's own, the arguments are JSON."""
    print(json.dumps(policies(**json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
