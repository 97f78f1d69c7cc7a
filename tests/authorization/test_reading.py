"""Exports of IAM: what is read of them, and that whatever cannot be read exactly is refused with its place."""

from __future__ import annotations

import gzip
import json
from typing import Any
from urllib.parse import quote

import pytest

from remit.model.errors import AuthorizationError
from remit.rooms.authorization import Details, read_details
from remit.rooms.authorization.reading import LONGEST
from remit.rooms.estate import authorization_json

Json = dict[str, Any]
ACCOUNT = "111122223333"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def managed(name: str, document: Any = ALLOW) -> Json:
    return {
        "PolicyName": name,
        "Arn": f"arn:aws:iam::{ACCOUNT}:policy/{name}",
        "PolicyVersionList": [
            {"Document": ALLOW, "IsDefaultVersion": False},
            {"Document": document, "IsDefaultVersion": True},
        ],
    }


def link(name: str) -> Json:
    return {"PolicyName": name, "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/{name}"}


def role(name: str = "worker", **more: Any) -> Json:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return {"RoleName": name, "Arn": arn, "AssumeRolePolicyDocument": TRUST, **more}


def page(**more: Any) -> Json:
    return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [], **more}


def read(*pages: Json) -> Details:
    return read_details({"export.json": "\n".join(map(json.dumps, pages)).encode()})


def test_a_role_has_its_inline_and_managed_policies_its_boundary_and_its_tags() -> None:
    given = role(
        RolePolicyList=[{"PolicyName": "own", "PolicyDocument": ALLOW}],
        AttachedManagedPolicies=[link("shared")],
        PermissionsBoundary={"PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/limit"},
        Tags=[{"Key": "team", "Value": "red"}],
    )
    found = read(page(RoleDetailList=[given], Policies=[managed("shared"), managed("limit")]))
    worker = found.role(ACCOUNT, "worker")
    assert worker is not None
    assert [each.place for each in worker.attached] == ["inline policy «own»", "managed policy «shared»"]
    assert worker.boundary is not None
    assert worker.boundary.name == "limit"
    assert (worker.tags, worker.wanting, found.accounts) == ({"team": "red"}, (), (ACCOUNT,))


def test_a_user_has_the_policies_of_its_groups() -> None:
    group = {"GroupName": "makers", "Arn": f"arn:aws:iam::{ACCOUNT}:group/makers",
             "GroupPolicyList": [{"PolicyName": "g", "PolicyDocument": ALLOW}],
             "AttachedManagedPolicies": [link("shared")]}  # fmt: skip
    user = {"UserName": "u", "Arn": f"arn:aws:iam::{ACCOUNT}:user/u", "GroupList": ["makers"]}
    found = read(page(UserDetailList=[user], GroupDetailList=[group], Policies=[managed("shared")]))
    places = [each.place for each in found.identities[user["Arn"]].attached]
    assert places == ["inline policy «g» (group «makers»)", "managed policy «shared» (group «makers»)"]


def test_documents_are_read_as_the_api_encodes_them_and_as_the_command_line_prints_them() -> None:
    encoded = role(
        AssumeRolePolicyDocument=quote(json.dumps(TRUST)),
        RolePolicyList=[{"PolicyName": "own", "PolicyDocument": quote(json.dumps(ALLOW))}],
    )
    plain = role(RolePolicyList=[{"PolicyName": "own", "PolicyDocument": ALLOW}])
    one, other = (read(page(RoleDetailList=[each])).role(ACCOUNT, "worker") for each in (encoded, plain))
    assert one == other


def test_the_default_version_of_a_policy_counts() -> None:
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
    given = role(AttachedManagedPolicies=[link("shared")])
    found = read(page(RoleDetailList=[given], Policies=[managed("shared", deny)])).role(ACCOUNT, "worker")
    assert found is not None
    assert [each.effect for each in found.documents[0].statements] == ["Deny"]


def test_pages_one_after_the_other_are_one_export_whichever_page_has_the_policy() -> None:
    first = page(RoleDetailList=[role(AttachedManagedPolicies=[link("shared")])], IsTruncated=True, Marker="m")
    found = read(first, page(Policies=[managed("shared")], IsTruncated=False)).role(ACCOUNT, "worker")
    assert found is not None
    assert [each.name for each in found.attached] == ["shared"]


def test_pages_in_a_list_gzip_and_several_files_are_read_alike() -> None:
    pages = [page(RoleDetailList=[role("a")]), page(RoleDetailList=[role("b")])]
    one = read(*pages)
    listed = read_details({"x.json": json.dumps(pages).encode()})
    packed = read_details({"x.json.gz": gzip.compress(json.dumps(pages[0]).encode()),
                           "y.json": b"\xef\xbb\xbf" + json.dumps(pages[1]).encode()})  # fmt: skip
    members = read_details({"x.gz": b"".join(gzip.compress(json.dumps(each).encode()) for each in pages)})
    assert dict(one.identities) == dict(listed.identities) == dict(packed.identities) == dict(members.identities)


def test_a_half_export_of_one_account_is_not_made_whole_by_another_accounts() -> None:
    other = role() | {"Arn": "arn:aws:iam::444455556666:role/worker"}
    with pytest.raises(AuthorizationError, match="stops in the middle"):
        read(page(RoleDetailList=[role()], IsTruncated=True), page(RoleDetailList=[other]))


def test_a_policy_that_is_attached_and_not_in_the_export_is_named_as_wanting() -> None:
    found = read(page(RoleDetailList=[role(AttachedManagedPolicies=[link("gone")])])).role(ACCOUNT, "worker")
    assert found is not None
    assert found.wanting == (f"arn:aws:iam::{ACCOUNT}:policy/gone",)


def test_the_demonstrations_exports_are_read_whole() -> None:
    found = read_details({name: text.encode() for name, text in authorization_json().items()})
    assert len(found.accounts) == 3
    assert all(not each.wanting for each in found.identities.values())


BROKEN: tuple[tuple[str, bytes, str], ...] = (
    ("nothing", b"  ", "empty"),
    ("no JSON", b'{"UserDetailList": [', "not JSON"),
    ("text behind it", json.dumps(page()).encode() + b" tail", "not JSON"),
    ("no UTF-8", b"\xff\xfe{}", "UTF-8"),
    ("gzip cut short", gzip.compress(json.dumps(page()).encode())[:-9], "gzip"),
    ("deep nesting", b"[" * 100_000, "nests too deeply"),
    ("a list of numbers", b"[1, 2]", "no export"),
    ("a filtered export", json.dumps({"RoleDetailList": []}).encode(), "UserDetailList"),
    ("a member twice", b'{"UserDetailList": [], "UserDetailList": []}', "given twice"),
    ("a number for a name", json.dumps(page(RoleDetailList=[role() | {"RoleName": 5}])).encode(), "RoleDetailList[0]"),
    ("half an export", json.dumps(page(IsTruncated=True)).encode(), "stops in the middle"),
    ("half by the command line", json.dumps(page(NextToken="x")).encode(), "stops in the middle"),
    ("another thing's ARN", json.dumps(page(RoleDetailList=[role() | {"Arn": "arn:aws:s3:::b"}])).encode(),
     "/RoleDetailList/0/Arn"),
    ("a group nobody knows", json.dumps(page(UserDetailList=[{"UserName": "u", "GroupList": ["g"],
     "Arn": f"arn:aws:iam::{ACCOUNT}:user/u"}])).encode(), "/UserDetailList/0"),
    ("no default version", json.dumps(page(Policies=[managed("p") | {"PolicyVersionList": []}])).encode(),
     "/Policies/0"),
    ("an identity policy with principals", json.dumps(page(RoleDetailList=[role(
        RolePolicyList=[{"PolicyName": "p", "PolicyDocument": TRUST}])])).encode(), "/RolePolicyList/0"),
    ("a trust policy of nobody", json.dumps(page(RoleDetailList=[role() | {"AssumeRolePolicyDocument": ALLOW}]))
     .encode(), "AssumeRolePolicyDocument"),
    ("broken encoding", json.dumps(page(RoleDetailList=[role() | {"AssumeRolePolicyDocument": "%7B%22Version"}]))
     .encode(), "AssumeRolePolicyDocument"),
    ("one role told two ways", json.dumps([page(RoleDetailList=[role()]),
     page(RoleDetailList=[role(Tags=[{"Key": "a", "Value": "b"}])])]).encode(), "twice and not the same"),
)  # fmt: skip


@pytest.mark.parametrize(("content", "said"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN])
def test_what_cannot_be_read_exactly_is_refused_with_its_place(content: bytes, said: str) -> None:
    with pytest.raises(AuthorizationError) as refused:
        read_details({"export.json": content})
    assert said in str(refused.value)
    assert "export.json" in refused.value.where


def test_a_gzip_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(AuthorizationError, match="more than"):
        read_details({"bomb.gz": gzip.compress(b" " * (LONGEST + 1), 9)})
