"""Policy documents as text and as objects: what is read, what is refused, and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.model.errors import PolicyError
from remit.rooms.iam import parse_document, read_document
from remit.rooms.iam.placed import read_json

Json = dict[str, Any]
ALLOW: Json = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}

TEXT = """{
  "Version": "2012-10-17",
  "Id": "guard",
  "Statement": [
    {"Sid": "One", "Effect": "Deny", "Action": ["s3:Put*", "s3:Delete*"], "Resource": "*",
     "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*", 5, true]}}}
  ]
}"""


def test_a_statement_and_its_conditions_know_their_line_and_column() -> None:
    document = parse_document(TEXT, "guard.json")
    (statement,) = document.statements
    (condition,) = statement.conditions
    assert (statement.place.pointer, statement.place.line, statement.place.column) == ("/Statement/0", 5, 5)
    assert (condition.place.line, condition.place.column) == (6, TEXT.splitlines()[5].index("[") + 1)
    assert condition.place.pointer == "/Statement/0/Condition/ForAnyValue:StringLikeIfExists/aws:TagKeys"


def test_a_document_says_what_it_holds() -> None:
    document = parse_document(TEXT)
    (statement,) = document.statements
    (condition,) = statement.conditions
    assert (document.id, document.version, document.has_variables) == ("guard", "2012-10-17", True)
    assert (statement.sid, statement.effect, statement.actions) == ("One", "Deny", ("s3:Put*", "s3:Delete*"))
    assert (condition.qualifier, condition.operator, condition.if_exists) == ("ForAnyValue", "StringLike", True)
    assert condition.values == ("a*", "5", "true")
    assert condition.spelled == "ForAnyValue:StringLikeIfExists"


def test_text_and_object_read_alike() -> None:
    assert parse_document(TEXT) == parse_document(TEXT.encode()) == parse_document(json.loads(TEXT))


BROKEN = [
    ('{"Version":\n  "2012-10-17",,', 2, 16, "member's name"),
    ('{"Version": "2012-10-17"', 1, 25, "comma"),
    ('{"Sid": 1,\n "Sid": 2}', 2, 2, "given twice"),
    ('{"a": tru}', 1, 7, "JSON value"),
    ('{"a": NaN}', 1, 7, "JSON value"),
    ('{"a": 01}', 1, 8, "comma"),
    ('["\\q"]', 1, 2, "string"),
    ('["\\ud800"]', 1, 2, "lone surrogate"),
    ("[1,]", 1, 4, "JSON value"),
    ("", 1, 1, "ends too early"),
    ("{} {}", 1, 4, "more text"),
    ("\n[" + "[" * 100, 2, 65, "nested"),
]


@pytest.mark.parametrize(("text", "line", "column", "said"), BROKEN, ids=lambda value: str(value)[:20])
def test_broken_json_is_told_with_line_and_column(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(PolicyError, match=said) as caught:
        parse_document(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_text_that_is_not_utf_8_is_told_with_its_place() -> None:
    with pytest.raises(PolicyError, match="UTF-8") as caught:
        parse_document(b'{"Version":\n "\xff"}')
    assert (caught.value.line, caught.value.column) == (2, 3)


def _with(**members: Any) -> Json:
    return {"Version": "2012-10-17", "Statement": [{**ALLOW, **members}]}


REFUSED = [
    ([], "", "JSON object"),
    ({"Version": "2012-10-17"}, "", "no Statement"),
    ({"Version": "2012-10-18", "Statement": []}, "/Version", "version"),
    ({"Version": 2012, "Statement": []}, "/Version", "version"),
    ({"Statement": ["x"]}, "/Statement/0", "JSON object"),
    ({"Statement": [], "statement": []}, "/statement", "Did you mean Statement"),
    (_with(Effect="allow"), "/Statement/0/Effect", "Allow or Deny"),
    (_with(Effect=None), "/Statement/0/Effect", "Allow or Deny"),
    ({"Statement": {"Effect": "Allow", "Resource": "*"}}, "/Statement", "neither Action"),
    (_with(NotAction="s3:*"), "/Statement/0/NotAction", "not both"),
    (_with(NotResource="*"), "/Statement/0/NotResource", "not both"),
    (_with(Principal="*", NotPrincipal="*"), "/Statement/0/NotPrincipal", "not both"),
    (_with(Action="s3GetObject"), "/Statement/0/Action", "no action"),
    (_with(Action=["s3:Get*", "ѕ3:Put*"]), "/Statement/0/Action/1", "U\\+0455"),
    (_with(Action="s3:Get Object"), "/Statement/0/Action", "no action"),
    (_with(Action=7), "/Statement/0/Action", "text"),
    (_with(Resource="my-bucket"), "/Statement/0/Resource", "neither an ARN"),
    (_with(Resource="arn:aws:s3:::${aws:username"), "/Statement/0/Resource", "variable"),
    (_with(Resource="arn:aws:s3:::${username}"), "/Statement/0/Resource", "variable"),
    (_with(Sid=5), "/Statement/0/Sid", "text"),
    (_with(Principal="ann"), "/Statement/0/Principal", "object"),
    (_with(Principal={"Aws": "*"}), "/Statement/0/Principal/Aws", "no element"),
    (_with(Principal={"AWS": "arn:aws:iam::*:root"}), "/Statement/0/Principal/AWS", "wildcard"),
    (_with(Principal={"AWS": "arn:aws:iam::111111111111:role/a*"}), "/Statement/0/Principal/AWS", "wildcard"),
    (_with(Principal={"Service": "*.amazonaws.com"}), "/Statement/0/Principal/Service", "wildcard"),
    (_with(Condition=[]), "/Statement/0/Condition", "object"),
    (_with(Condition={"StringEqual": {"aws:x": "y"}}), "/Statement/0/Condition/StringEqual", "Did you mean"),
    (_with(Condition={"NullIfExists": {"aws:x": "true"}}), "/Statement/0/Condition/NullIfExists", "operator"),
    (_with(Condition={"ForSome:StringLike": {"aws:x": "y"}}), "/Statement/0/Condition/ForSome:StringLike", "operator"),
    (_with(Condition={"Bool": "true"}), "/Statement/0/Condition/Bool", "object of keys"),
    (_with(Condition={"Bool": {"x": "true"}}), "/Statement/0/Condition/Bool/x", "condition key"),
    (_with(Condition={"Bool": {"аws:x": "true"}}), "/Statement/0/Condition/Bool/аws:x", "condition key"),
    (_with(Condition={"Bool": {"aws:x": "yes"}}), "/Statement/0/Condition/Bool/aws:x", "true or false"),
    (_with(Condition={"Bool": {"aws:x": {}}}), "/Statement/0/Condition/Bool/aws:x", "boolean"),
    (_with(Condition={"IpAddress": {"aws:x": "10.0.0.0/33"}}), "/Statement/0/Condition/IpAddress/aws:x", "IP address"),
    (_with(Condition={"DateLessThan": {"aws:x": "2026-13-01"}}), "/Statement/0/Condition/DateLessThan/aws:x", "date"),
    (_with(Condition={"NumericEquals": {"aws:x": "1e3"}}), "/Statement/0/Condition/NumericEquals/aws:x", "number"),
    (_with(Condition={"BinaryEquals": {"aws:x": "!"}}), "/Statement/0/Condition/BinaryEquals/aws:x", "base64"),
]


@pytest.mark.parametrize(("given_value", "pointer", "said"), REFUSED, ids=lambda value: str(value)[:50])
def test_what_aws_would_not_store_is_refused_with_its_place(given_value: Any, pointer: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said) as caught:
        parse_document(given_value)
    assert caught.value.pointer == pointer
    with pytest.raises(PolicyError, match=said) as caught:
        parse_document(json.dumps(given_value))
    assert caught.value.pointer == pointer
    assert caught.value.line == 1


NAMED = [
    "*",
    "111111111111",
    "arn:aws:iam::111111111111:root",
    "arn:aws-cn:iam::111111111111:role/a/path/app",
    "arn:aws:sts::111111111111:assumed-role/app/a@b.example",
    "arn:aws:sts::111111111111:federated-user/carol",
    "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE",
    "AROAEXAMPLEEXAMPLEEXA",
]


@pytest.mark.parametrize("principal", NAMED)
def test_every_way_to_name_a_principal_is_read(principal: str) -> None:
    (statement,) = parse_document(_with(Principal={"AWS": [principal]})).statements
    assert statement.principals is not None
    assert (statement.principals.aws or ("*",)) == (principal,)


def test_a_linter_gets_every_trouble_and_the_statements_without_any() -> None:
    bad = {**ALLOW, "Effect": "Perhaps", "Resource": "x"}
    reading = read_document({"Version": "2012-10-17", "Statement": [ALLOW, bad], "More": 1})
    assert [problem.pointer for problem in reading.problems] == [
        "/More",
        "/Statement/1/Effect",
        "/Statement/1/Resource",
    ]
    assert reading.document is not None
    assert [statement.index for statement in reading.document.statements] == [0]


HUGE = {
    "text": "x" * 10_000_000,
    "deep text": "[" * 200_000,
    "statements": {"Statement": [ALLOW] * 100_000},
    "values": {"Statement": {**ALLOW, "Action": ["s3:Get*"] * 1_000_000}},
    "one value": {"Statement": {**ALLOW, "Action": "s3:" + "Get*" * 1_000_000}},
    "elements": {str(number): 1 for number in range(100_000)},
    "operators": {"Statement": {**ALLOW, "Condition": {f"op{number}": {} for number in range(100_000)}}},
    "keys": {"Statement": {**ALLOW, "Condition": {"Bool": {f"aws:{n}": [] for n in range(100_000)}}}},
}


@pytest.mark.parametrize("name", HUGE)
def test_more_than_any_policy_has_is_refused_before_it_is_all_read(name: str) -> None:
    reading = read_document(HUGE[name])
    assert 1 <= len(reading.problems) <= 100
    assert len(str(reading.problems[-1])) < 1000


@pytest.mark.parametrize("member", ["Version", "Id", "Statement", "Sid", "Effect", "Action", "Principal", "Condition"])
def test_objects_nested_without_end_are_refused(member: str) -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    whole = member in ("Version", "Id", "Statement")
    document = {"Statement": ALLOW, member: deep} if whole else {"Statement": {**ALLOW, member: deep}}
    with pytest.raises(PolicyError):
        parse_document(document)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(anything)
def test_json_reads_as_the_standard_library_reads_it(value: Any) -> None:
    read, _ = read_json(json.dumps(value), "text")
    assert json.loads(json.dumps(_plain(read))) == json.loads(json.dumps(value))


def _plain(value: Any) -> Any:
    """The value with numbers as numbers again."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return json.loads(value) if type(value).__name__ == "Number" else value


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='{}[]",:\\0123456789.eE+-tfn ul\n\tae', max_size=30))
def test_text_is_refused_exactly_when_the_standard_library_refuses_it(text: str) -> None:
    assert _refused(json.loads, text) == _refused(lambda given_text: read_json(given_text, "text"), text)


def _refused(read: Callable[[str], Any], text: str) -> bool:
    try:
        read(text)
    except PolicyError as error:
        return "given twice" not in str(error)  # which the standard library lets pass
    except ValueError:
        return True
    return False


@settings(max_examples=200, deadline=None)
@given(anything, st.sampled_from(["Version", "Statement", "Effect", "Action", "Principal", "Resource", "Condition"]))
def test_any_value_anywhere_is_read_or_refused(value: Any, member: str) -> None:
    whole = member in ("Version", "Statement")
    document = {"Statement": ALLOW, member: value} if whole else {"Statement": {**ALLOW, member: value}}
    reading = read_document(document)
    assert reading.problems or reading.document is not None
