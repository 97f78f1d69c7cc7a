"""What an identity can do, against the reference evaluator on small generated estates, resource by resource."""

from __future__ import annotations

import random
from typing import Any

import pytest

from remit.app.packaged import load_reference
from remit.reference.aws import AwsReference
from remit.rooms.authorization import Attached, Bearing, Guarding, Identity, Place
from remit.rooms.authorization.circumstances import Circumstances
from remit.rooms.authorization.reach import ALLOWED, DENIED, KEY_POLICY, NOT_GRANTED, ORDER, UNKNOWN, Judged, Reach
from remit.rooms.authorization.topics import TITLES, Subject, subjects
from remit.rooms.iam import Document, evaluate, parse_document
from remit.rooms.iam.reference_evaluator import reference_evaluate

ACCOUNT = "111122223333"
REGION = "eu-west-1"
ARN = f"arn:aws:iam::{ACCOUNT}:role/worker"
UNIVERSE: dict[str, tuple[str, ...]] = {
    "s3:PutObject": ("arn:aws:s3:::acme-a/x", "arn:aws:s3:::acme-b/y/z", "arn:aws:s3:::other/x"),
    "s3:DeleteBucket": ("arn:aws:s3:::acme-a", "arn:aws:s3:::other"),
    "sqs:DeleteQueue": (f"arn:aws:sqs:{REGION}:{ACCOUNT}:acme-a", f"arn:aws:sqs:{REGION}:{ACCOUNT}:b"),
    "dynamodb:DeleteTable": (f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/acme-a",),
    "iam:CreateRole": (f"arn:aws:iam::{ACCOUNT}:role/acme-a", f"arn:aws:iam::{ACCOUNT}:role/b"),
    "ec2:DeleteVpc": (f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-1",),
    "ec2:CreateVpc": (f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-1",),
}
RESOURCES = ("*", "arn:aws:s3:::acme-*", "arn:aws:s3:::acme-a/*", "arn:aws:s3:::other", f"arn:aws:sqs:*:{ACCOUNT}:*",
             "arn:aws:*:*:*:table/*", f"arn:aws:iam::{ACCOUNT}:role/acme-*", "arn:aws:ec2:us-*:*:*",
             "arn:aws:ec2:*:*:vpc/*", "*acme*")  # fmt: skip
ACTIONS = (
    "*",
    "s3:*",
    "s3:Put*",
    "*:Delete*",
    "sqs:DeleteQueue",
    "dynamodb:*",
    "iam:Create*",
    "ec2:*Vpc",
    "ec?:Delete*",
)
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"StringEquals": {"aws:RequestedRegion": REGION}},
    {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}},
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-*"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"Null": {"aws:MultiFactorAuthAge": "true"}},
    {"StringLike": {"iam:PermissionsBoundary": "*"}},
)


@pytest.fixture(scope="module")
def reference() -> AwsReference:
    return load_reference()


def statement(chance: random.Random, effect: str) -> dict[str, Any]:
    negated = chance.random() < 0.15
    elsewhere = chance.random() < 0.1
    return {
        "Effect": effect,
        "NotAction" if negated else "Action": chance.sample(ACTIONS[1 if negated else 0 :], chance.randint(1, 2)),
        "NotResource" if elsewhere else "Resource": chance.sample(RESOURCES[1:] if elsewhere else RESOURCES, 2),
        "Condition": chance.choice(CONDITIONS),
    }


def document(chance: random.Random, name: str, most: int = 3) -> Document:
    effects = chance.choices(("Allow", "Deny"), weights=(3, 1), k=chance.randint(1, most))
    return parse_document(
        {"Version": "2012-10-17", "Statement": [statement(chance, effect) for effect in effects]}, name
    )


def estate(chance: random.Random) -> Bearing:
    own = tuple(Attached(document(chance, f"p{at}"), f"p{at}", "inline") for at in range(chance.randint(1, 2)))
    boundary = Attached(document(chance, "limit"), "limit", "managed", "arn:x") if chance.random() < 0.4 else None
    trust = parse_document(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
         "Action": "sts:AssumeRole"}}, ARN)  # fmt: skip
    tags = chance.choice(({}, {"team": "red"}, {"team": "blue"}))
    full = parse_document({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
                          "full")  # fmt: skip
    scps = ((full,), (full, document(chance, "scp", 2))) if chance.random() < 0.5 else ()
    identity = Identity("role", ARN, "worker", ACCOUNT, own, boundary, trust, tags)
    return Bearing(identity, Place(ACCOUNT), Guarding(scps, (), ("Root", "Unit"), known=bool(scps)))


def judged(bearing: Bearing, reference: AwsReference) -> dict[str, Judged]:
    asked: dict[str, tuple[Subject, ...]] = {}
    for action in UNIVERSE:
        service, _, name = action.partition(":")
        entry = reference.action(action)
        assert entry is not None
        asked[service] = (*asked.get(service, ()), Subject(service, name, entry, frozenset()))
    return {subject.full: found for subject, found in Reach(bearing, reference, REGION).judge(asked)}


def test_every_decision_is_that_of_the_reference_evaluator_on_every_resource(reference: AwsReference) -> None:
    """No resource is allowed beyond the decision, and what is said to be allowed is allowed on what is shown."""
    seen = dict.fromkeys(ORDER, 0)
    for seed in range(120):
        bearing = estate(random.Random(seed))
        around, keys = Circumstances(bearing.identity, bearing.place, REGION, reference), bearing.keys()
        for action, found in judged(bearing, reference).items():
            seen[found.decision] += 1
            for resource in UNIVERSE[action]:
                request = around.request(action, resource, keys)
                decision, _ = reference_evaluate(request, bearing.policies)
                if decision == ALLOWED or ALLOWED in evaluate(request, bearing.policies).possible:
                    assert ORDER.index(found.decision) <= ORDER.index(decision), (seed, action, resource)
            if found.decision in (ALLOWED, UNKNOWN):
                assert found.decision in _shown(bearing, around, action, found), (seed, action)
    assert min(seen.values()) > 20, seen


def _shown(bearing: Bearing, around: Circumstances, action: str, found: Judged) -> set[str]:
    """Decisions of the reference evaluator on the examples behind an answer."""
    asked = (around.request(action, each, bearing.keys()) for each in found.examples)
    return {reference_evaluate(each, bearing.policies)[0] for each in asked}


def alone(reference: AwsReference, statements: list[dict[str, Any]], action: str, **more: Any) -> Judged:
    own = parse_document({"Version": "2012-10-17", "Statement": statements}, "p")
    identity = Identity("role", ARN, "worker", ACCOUNT, (Attached(own, "p", "inline"),), **more)
    service, _, name = action.partition(":")
    entry = reference.action(action)
    assert entry is not None
    asked = {service: (Subject(service, name, entry, frozenset()),)}
    return next(iter(Reach(Bearing(identity, Place(ACCOUNT)), reference, REGION).judge(asked)))[1]


def test_a_grant_on_a_bucket_is_no_grant_on_its_objects(reference: AwsReference) -> None:
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::acme"}
    assert alone(reference, [allow], "s3:DeleteObject").decision == NOT_GRANTED
    assert alone(reference, [allow], "s3:DeleteBucket").decision == ALLOWED


def test_what_a_missing_policy_says_is_never_taken_for_nothing(reference: AwsReference) -> None:
    gone = ("arn:aws:iam::aws:policy/Gone",)
    for statements in ([{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}],
                       [{"Effect": "Allow", "Action": "sns:*", "Resource": "*"}]):  # fmt: skip
        found = alone(reference, statements, "sqs:DeleteQueue", wanting=gone)
        assert found.decision == UNKNOWN
        assert found.keys == ("the document of arn:aws:iam::aws:policy/Gone",)
    both = [{"Effect": effect, "Action": "*", "Resource": "*"} for effect in ("Deny", "Allow")]
    denied = alone(reference, both, "sqs:DeleteQueue", wanting=gone)
    assert denied.decision == "explicitly_denied"


def test_a_kms_key_hangs_on_its_own_policy(reference: AwsReference) -> None:
    found = alone(reference, [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}], "kms:ScheduleKeyDeletion")
    assert (found.decision, found.keys) == (UNKNOWN, (KEY_POLICY,))


def test_a_deny_about_some_resources_is_told_beside_the_grant(reference: AwsReference) -> None:
    kept = f"arn:aws:sqs:*:{ACCOUNT}:kept-*"
    statements = [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
                  {"Effect": "Deny", "Action": "sqs:Delete*", "Resource": kept}]  # fmt: skip
    found = alone(reference, statements, "sqs:DeleteQueue")
    assert (found.decision, found.except_on) == (ALLOWED, (kept,))


def test_every_topic_has_actions_of_its_own(reference: AwsReference) -> None:
    found = [each for every in subjects(reference).values() for each in every]
    by = {topic: {each.full for each in found if topic in each.topics} for topic in TITLES}
    assert "ec2:RunInstances" in by["create"]
    assert "rds:DeleteDBCluster" in by["delete"]
    assert {"ec2:AuthorizeSecurityGroupIngress", "route53:ChangeResourceRecordSets", "ec2:CreateRoute"} <= by[
        "networks"
    ]
    assert "iam:PutRolePolicy" in by["permissions"]
    assert not {"ec2:DescribeVpcs", "ec2:RunInstances", "s3:PutObject"} & by["networks"]


def test_an_action_that_an_rcp_denies_is_not_judged_by_one_that_no_rcp_reaches(reference: AwsReference) -> None:
    full = parse_document({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    nothing = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    rcp = parse_document({"Version": "2012-10-17", "Statement": nothing}, "nothing")
    identity = Identity("role", ARN, "worker", ACCOUNT, (Attached(full, "p", "inline"),))
    bearing = Bearing(identity, Place(ACCOUNT), Guarding((), ((rcp,),), ("Root",), known=True))
    found = {one.full: told.decision for one, told in Reach(bearing, reference, "us-east-1").judge(subjects(reference))}
    assert {told for name, told in found.items() if name.startswith(("aoss:", "secretsmanager:"))} == {DENIED}
    assert {told for name, told in found.items() if name.startswith(("ec2:", "sns:"))} == {ALLOWED}
