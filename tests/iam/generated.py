"""Generated requests and policies: few names, so that they meet, and every construct of the language.

What is chosen comes from a ``Choice``: Hypothesis, which makes a failure small, or a seeded generator, which is fast.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol

from hypothesis import strategies as st

Json = dict[str, Any]
ACCOUNTS = ("111111111111", "222222222222")
ACTIONS = ("s3:GetObject", "s3:PutObject", "kms:Decrypt", "sts:AssumeRole", "ec2:RunInstances", "kms:RetireGrant")
ACTION_PATTERNS = ("*", "s3:*", "S3:get*", "s3:?etObject", "kms:*", "sts:AssumeRole", "ec2:Run*", "*:*", "kms:Decrypt")
RESOURCES = (
    "arn:aws:s3:::data/alice/file",
    "arn:aws:s3:::data/bob*",
    "arn:aws:kms:eu-west-1:111111111111:key/k1",
    "arn:aws:kms:eu-west-1:222222222222:key/k2",
    "arn:aws:iam::111111111111:role/app",
    "*",
)
RESOURCE_PATTERNS = (
    "*",
    "arn:aws:s3:::data/*",
    "arn:aws:s3:::data/${aws:PrincipalTag/team}/*",
    "arn:aws:s3:::data/${aws:PrincipalTag/team, 'alice'}/f?le",
    "arn:aws:s3:::data/bob${*}",
    "arn:*:kms:*:*:key/k?",
    "arn:aws:iam::*:role/app",
)
USER, ROLE = "arn:aws:iam::111111111111:user/alice", "arn:aws:iam::111111111111:role/path/app"
SESSION = "arn:aws:sts::111111111111:assumed-role/app/s1"
FEDERATED = "arn:aws:sts::111111111111:federated-user/carol"
PRINCIPALS: tuple[Any, ...] = (
    USER,
    ROLE,
    SESSION,
    FEDERATED,
    "arn:aws:iam::111111111111:root",
    "arn:aws:iam::111111111111:role/aws-service-role/ops.amazonaws.com/AWSServiceRoleForOps",
    {"service": "ops.amazonaws.com"},
    {"federated": "idp.example.com"},
    "*",
)
AWS_PRINCIPALS = (
    "*",
    "111111111111",
    "222222222222",
    "arn:aws:iam::111111111111:root",
    USER,
    ROLE,
    SESSION,
    FEDERATED,
    "arn:aws:iam::222222222222:role/app",
)
STRING_KEYS = ("aws:PrincipalTag/team", "aws:RequestedRegion", "aws:TagKeys", "aws:PrincipalArn")
TEXTS = (
    "alice",
    "bob",
    "Alice",
    "eu-west-1",
    "a*e",
    "",
    "arn:aws:iam::111111111111:role/app",
    "${aws:PrincipalTag/team}",
)
PATTERNS = (*TEXTS, "a*", "?ob", "*", "eu-*", "arn:aws:iam::*:role/*", "${aws:PrincipalTag/team, 'bob'}", "a${*}e")
NUMBERS = ("0", "5", "10", "-2.5", "10.0")
DATES = ("2026-04-01T00:00:00Z", "2026-04-01T02:00:00+02:00", "1775001600", "2026-05", "2027")
ADDRESSES = ("10.0.0.1", "192.0.2.7", "2001:db8::1")
NETWORKS = ("10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "0.0.0.0/0")
BINARY = tuple(base64.b64encode(text).decode() for text in (b"one", b"two"))
TYPED = {
    "n:number": (
        ("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"),
        NUMBERS,
        NUMBERS,
    ),
    "d:date": (("DateEquals", "DateNotEquals", "DateLessThanEquals", "DateGreaterThan"), DATES, DATES),
    "b:bool": (("Bool",), ("true", "false", "True"), ("true", "false")),
    "i:address": (("IpAddress", "NotIpAddress"), NETWORKS, ADDRESSES),
    "x:binary": (("BinaryEquals",), BINARY, BINARY),
}
STRING_OPERATORS = (
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "ArnLike",
    "ArnEquals",
    "ArnNotLike",
    "ArnNotEquals",
)


class Choice(Protocol):
    """Where choices come from."""

    def of(self, values: Sequence[Any]) -> Any: ...
    def to(self, most: int) -> int: ...


class Drawn:
    """Choices of Hypothesis."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw

    def of(self, values: Sequence[Any]) -> Any:
        return values[self.to(len(values) - 1)]

    def to(self, most: int) -> int:
        return int(self.draw(st.integers(0, most)))


class Seeded:
    """Choices of a seeded generator."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def of(self, values: Sequence[Any]) -> Any:
        return self.random.choice(values)

    def to(self, most: int) -> int:
        return self.random.randint(0, most)


def some(choice: Choice, values: Sequence[Any], most: int = 2) -> list[Any]:
    """One to ``most`` values."""
    return list(dict.fromkeys(choice.of(values) for _ in range(1 + choice.to(most - 1))))


def rarely(choice: Choice, one_in: int) -> bool:
    """True once in so many times."""
    return choice.to(one_in - 1) == one_in - 1


def condition_block(choice: Choice) -> Json:
    """A Condition block of up to two tests."""
    block: Json = {}
    for _ in range(choice.to(2)):
        key = choice.of((*STRING_KEYS, *STRING_KEYS, *TYPED))
        operators, values, _ = TYPED.get(key, (STRING_OPERATORS, PATTERNS, TEXTS))
        if rarely(choice, 8):
            block.setdefault("Null", {})[key] = choice.of(("true", "false"))
            continue
        qualifier = choice.of(("", "", "", "ForAllValues:", "ForAnyValue:"))
        operator = f"{qualifier}{choice.of(operators)}{choice.of(('', '', 'IfExists'))}"
        spelled = key.upper() if rarely(choice, 5) else key
        block.setdefault(operator, {})[spelled] = some(choice, values, 3)
    return block


def principal_block(choice: Choice) -> Any:
    """A Principal element."""
    if choice.to(1):
        return "*"
    return choice.of(
        (
            {"AWS": some(choice, AWS_PRINCIPALS, 3)},
            {"AWS": some(choice, AWS_PRINCIPALS, 3), "Service": "ops.amazonaws.com"},
            {"Federated": ["idp.example.com"]},
            {"CanonicalUser": "c0ffee"},
        )
    )


def statement(choice: Choice, kind: str) -> Json:
    """One statement of a policy of the kind."""
    one: Json = {"Effect": choice.of(("Allow", "Allow", "Deny") if kind != "rcp" else ("Deny",))}
    broad = one["Effect"] == "Allow" and choice.to(2) > 0
    one["NotAction" if rarely(choice, 4) else "Action"] = ["*"] if broad else some(choice, ACTION_PATTERNS, 3)
    one["NotResource" if rarely(choice, 4) else "Resource"] = ["*"] if broad else some(choice, RESOURCE_PATTERNS)
    if kind in ("resource", "endpoint"):
        one["NotPrincipal" if rarely(choice, 5) else "Principal"] = principal_block(choice)
    if kind == "rcp":
        one["Principal"] = "*"
    block = condition_block(choice)
    return {**one, "Condition": block} if block else one


def document(choice: Choice, kind: str, most: int = 2) -> Json:
    """A policy of the kind."""
    found: Json = {"Statement": [statement(choice, kind) for _ in range(1 + choice.to(most - 1))]}
    version = choice.of(("2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17", ""))
    return {"Version": version, **found} if version else found


FULL: Json = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def request(choice: Choice) -> Json:
    """A request; some keys are present, some unknown, the rest absent."""
    context: Json = {}
    for key in (*STRING_KEYS, *TYPED):
        if choice.to(1):
            values = TYPED[key][2] if key in TYPED else TEXTS[:-1]
            context[key] = [choice.of(values) for _ in range(choice.to(2))]
    if rarely(choice, 12):
        context["n:number"] = "many"
    resource = choice.of((*RESOURCES, None))
    account = (resource or "").split(":")[4:5]
    owner = account[0] if account and account[0] else choice.of((*ACCOUNTS, ACCOUNTS[0]))
    unknown = (*STRING_KEYS, *TYPED, "aws:PrincipalTag/*", "aws:principaltag/team")
    return {
        "principal": choice.of((USER, SESSION, SESSION, *PRINCIPALS)),
        "action": choice.of(ACTIONS),
        **({} if resource is None else {"resource": resource}),
        "resource_account": owner,
        "context": context,
        "unknown_keys": some(choice, unknown, 5) if choice.to(2) else [],
        "principal_org_management": rarely(choice, 10),
        "principal_is_service_linked": rarely(choice, 10),
        "resource_org_management": rarely(choice, 10),
        **choice.of(({}, {"principal_canonical_user": "c0ffee"}, {"principal_canonical_user": "beef"})),
    }


def case(choice: Choice) -> Json:
    """A whole case."""
    policies: Json = {"identity": [FULL if choice.to(1) else document(choice, "identity")]}
    if choice.to(2):
        policies["resource"] = document(choice, "resource", 3)
    for kind in ("boundary", "session", "endpoint"):
        if rarely(choice, 4):
            policies[kind] = [document(choice, kind)]
    if choice.to(1):
        second = document(choice, "scp") if rarely(choice, 4) else FULL
        policies["scps"] = [[FULL, document(choice, "scp")], [second]]
    if choice.to(1):
        policies["rcps"] = [[document(choice, "rcp")]]
    return {"request": request(choice), "policies": policies}


@st.composite
def cases(draw: Callable[[Any], Any]) -> Json:
    """A whole case, drawn by Hypothesis."""
    return case(Drawn(draw))
