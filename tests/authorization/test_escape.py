"""Guardrails that spare an identity, and ways it has to be spared: a condition, what is granted, and the answer."""

from __future__ import annotations

from typing import Any

import pytest

from remit.app.packaged import load_reference
from remit.rooms.authorization import Attached, Bearing, Details, Guarding, Identity, Place
from remit.rooms.authorization.asking import Asking
from remit.rooms.authorization.escape import changing, guarded, widening
from remit.rooms.authorization.roles import assumable, elsewhere, passable
from remit.rooms.iam import Document, parse_document

ACCOUNT, OTHER = "111122223333", "444455556666"
ME = f"arn:aws:iam::{ACCOUNT}:role/agent"
BREAK = f"arn:aws:iam::{ACCOUNT}:role/break-glass"
AWAY = f"arn:aws:iam::{OTHER}:role/away"


def document(name: str, *statements: dict[str, Any]) -> Document:
    return parse_document({"Version": "2012-10-17", "Statement": list(statements)}, name)


def allow(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Sid": "Given", "Effect": "Allow", "Action": actions, "Resource": resources, **more}


def trusting(principal: dict[str, Any], action: Any = "sts:AssumeRole") -> Document:
    return document("trust", {"Effect": "Allow", "Principal": principal, "Action": action})


SERVICE = trusting({"Service": "ec2.amazonaws.com"})
FULL = document("full", allow("*"))


def asking(
    granted: list[dict[str, Any]], condition: dict[str, Any] | None = None, **more: Any
) -> tuple[Asking, Details]:
    own = Attached(document("own", *(granted or [allow("s3:Get*")])), "own", "inline")
    me = Identity("role", ME, "agent", ACCOUNT, (own,), **{"trust": SERVICE, **more})
    roles = [
        me,
        Identity("role", BREAK, "break-glass", ACCOUNT, trust=trusting({"AWS": ACCOUNT}), tags={"exempt": "yes"}),
        Identity("role", AWAY, "away", OTHER, trust=trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})),
        Identity("role", f"arn:aws:iam::{ACCOUNT}:role/node", "node", ACCOUNT, trust=SERVICE),
    ]
    deny = {"Sid": "Stop", "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition or {}}
    guarding = Guarding(((FULL,), (FULL, document("guard", deny))), (), ("Root", "Unit"), known=True)
    bearing = Bearing(me, Place(ACCOUNT, "o-1", "o-1/r-1/"), guarding)
    guardings = {ACCOUNT: guarding, OTHER: Guarding(((FULL,),), (), ("Root",), known=True)}
    details = Details({each.arn: each for each in roles}, (ACCOUNT, OTHER), 1)
    return Asking(bearing, load_reference(), "eu-west-1", guardings), details


ARN_SPARED = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-*"}}
TAG_SPARED = {"StringNotEquals": {"aws:PrincipalTag/exempt": "yes"}}
TAG_HIT = {"StringEquals": {"aws:PrincipalTag/limited": "yes"}}
ASSUME = allow("sts:AssumeRole", [BREAK, AWAY])
CASES: dict[str, tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any], bool | None, set[str]]] = {
    "nobody is spared": ({}, [], {}, False, set()),
    "its name spares it": ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ag*"}}, [], {}, True, set()),
    "its tag spares it": (TAG_SPARED, [], {"tags": {"exempt": "yes"}}, True, set()),
    "a session's tags may spare it": (
        TAG_SPARED, [], {"trust": trusting({"AWS": ACCOUNT}, ["sts:AssumeRole", "sts:TagSession"])}, None, set()),
    "it could tag itself": (TAG_SPARED, [allow("iam:TagRole", ME)], {}, False, {"set the tag exempt on itself"}),
    "it could tag itself with that tag alone": (
        TAG_SPARED, [allow("iam:TagRole", ME, Condition={"StringEquals": {"aws:RequestTag/exempt": "no"}})], {}, False,
        set()),
    "it could tag other roles": (TAG_SPARED, [allow("iam:TagRole", BREAK)], {}, False, set()),
    "it could lose the tag": (TAG_HIT, [allow("iam:UntagRole", ME)], {"tags": {"limited": "yes"}}, False,
                              {"set the tag limited on itself"}),
    "it could assume who is spared": (ARN_SPARED, [ASSUME], {}, False, {
        "assume a role that it spares", "assume a role of an account without it"}),
    "it could make who is spared": (ARN_SPARED, [allow("iam:CreateRole")], {}, False,
                                    {"make a role of a name that it spares"}),
    "it could make others": (ARN_SPARED, [allow("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/mine-*")], {}, False,
                             set()),
    "a Region is no matter of who calls": (
        {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}, [], {}, False, set()),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_guardrail_spares_whom_its_conditions_say(name: str) -> None:
    condition, granted, more, spared, ways = CASES[name]
    asked, details = asking(granted, condition, **more)
    found = list(guarded(asked, list(assumable(asked, details))))
    assert [(each.document.name, each.spared) for each in found] == [("guard", spared)]
    assert {step.way for step in found[0].steps} == ways
    assert bool(found[0].keys) == (spared is None)


def test_a_role_is_assumed_when_both_sides_allow_it() -> None:
    asked, details = asking([ASSUME])
    assert {each.role.arn: each.judged.decision for each in assumable(asked, details)} == {
        BREAK: "allowed", AWAY: "allowed"}  # fmt: skip
    asked, details = asking([allow("sts:AssumeRole", AWAY)])
    found = list(assumable(asked, details))
    assert [each.role.arn for each in found] == [AWAY]
    assert {one.kind for one in found[0].judged.determining} == {"identity", "resource", "scp"}
    assert not list(assumable(*asking([])))


def test_roles_of_accounts_without_an_export_are_told_apart() -> None:
    asked, details = asking([allow("sts:AssumeRole", ["arn:aws:iam::999999999999:role/x", BREAK])])
    assert elsewhere(asked, details) == ("arn:aws:iam::999999999999:role/x",)


def test_a_role_is_passed_to_the_services_that_it_trusts_and_the_grant_names() -> None:
    node = f"arn:aws:iam::{ACCOUNT}:role/node"
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    asked, details = asking([allow("iam:PassRole", node)])
    assert [(each.role.arn, each.service) for each in passable(asked, details)] == [(node, "ec2.amazonaws.com")]
    assert not list(passable(*asking([allow("iam:PassRole", node, Condition=to_lambda)])))


def test_an_identity_that_may_change_itself_is_told() -> None:
    limit = Attached(FULL, "limit", "managed", "arn:aws:iam::111122223333:policy/limit")
    asked, _ = asking([allow("iam:*", ME)], boundary=limit)
    assert "iam:DeleteRolePermissionsBoundary" in {each.action for each in widening(asked)}
    asked, _ = asking([allow("iam:*", ME)])
    assert {each.action for each in widening(asked)} == {
        "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"}  # fmt: skip
    assert not list(widening(asking([])[0]))


def test_an_identity_that_may_change_the_organization_is_told() -> None:
    asked, _ = asking([allow("organizations:*")])
    assert "organizations:DetachPolicy" in {each.action for each in changing(asked)}
    assert not list(changing(asking([])[0]))
