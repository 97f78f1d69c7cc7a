"""Input made to explode or to deceive: bounded work, and never an allowance out of something unreadable."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from tests.iam.generated import FULL, Seeded
from tests.iam.generated import case as generated_case

from remit.model.errors import PolicyError
from remit.rooms.iam import CompiledPolicy, answer, answer_text, evaluate, parse_document, read_case
from remit.rooms.iam.templates import Wild, matcher, tokens_of

Json = dict[str, Any]
ANN = "arn:aws:iam::111111111111:user/ann"
KEY = "aws:PrincipalTag/x"
BOMBS = [
    ("StringLike", "*a" * 4000 + "b", "a" * 8000),
    ("StringLike", "*?" * 4000 + "b", "a" * 8000),
    ("StringLike", "*" + "a" * 4000 + "b*", "a" * 8000),
    ("StringLike", "*" + "a?" * 2000 + "b*", "a" * 8000),
    ("StringNotLike", "**" * 4000, "a" * 8000),
    ("ArnLike", "arn:*a*a*a*a:b:c:d:" + "*a" * 2000 + "b", "arn:" + "a" * 3000 + ":b:c:d:" + "a" * 3000),
]


def _case(document: Any, **request: Any) -> Json:
    asked = {"principal": ANN, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", **request}
    return {"request": asked, "policies": {"identity": [document]}}


@pytest.mark.parametrize(("operator", "pattern", "value"), BOMBS, ids=lambda value: str(value)[:12])
def test_a_pattern_built_to_explode_is_decided_all_the_same(operator: str, pattern: str, value: str) -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {KEY: pattern}}}
    found = answer(_case({"Version": "2012-10-17", "Statement": statement}, context={KEY: value}), "case")
    assert found["decision"] == "implicitly_denied"


def test_patterns_fit_as_a_simple_matcher_says() -> None:
    random = Random(7)
    for _ in range(4000):
        pattern = "".join(random.choice("ab*?") for _ in range(random.randint(0, 8)))
        text = "".join(random.choice("ab") for _ in range(random.randint(0, 8)))
        assert bool(matcher(tokens_of(pattern, variables=False))(text)) == _fits(pattern, text), (pattern, text)


def _fits(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return _fits(pattern[1:], text) or (bool(text) and _fits(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and _fits(pattern[1:], text[1:])


def test_wildcards_and_escaped_wildcards_are_told_apart() -> None:
    assert tokens_of("a*${*}?", variables=True) == ("a", Wild.STAR, "*", Wild.QUESTION)
    assert tokens_of("a${*}", variables=False) == ("a${", Wild.STAR, "}")


def test_more_open_tests_than_are_computed_leave_the_decision_unknown_and_say_so() -> None:
    statements = [
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {f"aws:PrincipalTag/{n}": "x"}},
        }
        for n in range(300)
    ]
    found = answer(_case({"Version": "2012-10-17", "Statement": statements}, unknown_keys=["*"]), "case")
    assert found["decision"] == "unknown"
    assert len(found["unknown_keys"]) == 300
    assert "smallest set" in found["errors"][0]


def test_entangled_open_tests_are_settled_in_bounded_work() -> None:
    statements = [
        {
            "Effect": "Deny" if number % 2 else "Allow",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "StringEquals": {f"aws:PrincipalTag/{number * number % 19}": str(number % 3)},
                "StringLike": {f"aws:PrincipalTag/{number * 7 % 17}": str(number % 5)},
                "StringNotEquals": {f"aws:PrincipalTag/{number * 5 % 13}": str(number % 4)},
            },
        }
        for number in range(200)
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    case = _case(document, unknown_keys=["*"])
    case["policies"].update(boundary=[document], session=[document])
    assert answer(case, "case")["decision"] == "unknown"


LOOK_ALIKES = ["s3:GetObj\u0435ct", "\u217e3:GetObject", "S\uff13:GetObject", "\u212ams:Decrypt", "s3:Get\u200bObject"]


@pytest.mark.parametrize("action", LOOK_ALIKES)
def test_a_look_alike_is_no_action_in_a_request_or_a_policy(action: str) -> None:
    assert "error" in answer(_case(FULL, action=action), "case")
    with pytest.raises(PolicyError, match=r"U\+"):
        parse_document({"Statement": {"Effect": "Deny", "Action": action, "Resource": "*"}})


def test_the_kelvin_sign_is_no_k_in_a_condition_key() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/\u212a": "1"}},
    }
    found = answer(
        _case({"Version": "2012-10-17", "Statement": statement}, context={"aws:PrincipalTag/k": "1"}), "case"
    )
    assert found["decision"] == "implicitly_denied"


GARBAGE = [7, None, [[]], {"Effect": "Allow"}, {"Statement": FULL["Statement"], "Extra": 1}, "", "{", "Allow", True]


@pytest.mark.parametrize("kind", ["identity", "resource", "boundary", "session", "endpoint", "scps", "rcps"])
def test_no_case_with_an_unreadable_policy_is_answered_with_a_decision(kind: str) -> None:
    for garbage in GARBAGE:
        case = _case(FULL)
        if kind == "resource":
            if garbage is None:
                continue  # an absent policy, which does not apply
            case["policies"][kind] = garbage
        else:
            case["policies"][kind] = [[garbage]] if kind in ("scps", "rcps") else [garbage]
        found = answer(case, "case")
        assert "error" in found, (kind, garbage)
        assert f"/policies/{kind}" in found["error"]["pointer"]


def test_a_broken_spot_in_any_policy_makes_the_case_an_error() -> None:
    for seed in range(200):
        choice = Seeded(seed)
        case = json.loads(json.dumps(generated_case(choice)))
        statements = _statements(case["policies"])
        statement = choice.of(statements)
        statement[choice.of(["Efect", "action", "Resources", "Condition "])] = "x"
        assert "error" in answer(case, "case")


def _statements(value: Any) -> list[Json]:
    if isinstance(value, list):
        return [one for inner in value for one in _statements(inner)]
    if not isinstance(value, dict):
        return []
    if "Effect" in value:
        return [value]
    return [one for inner in value.values() for one in _statements(inner)]


def test_a_value_that_cannot_be_read_is_unknown_and_told() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    }
    found = answer(_case({"Statement": statement}, context={"aws:SourceIp": "cloudformation.amazonaws.com"}), "case")
    assert found["decision"] == "unknown"
    assert found["unknown_keys"] == ["aws:SourceIp"]
    assert "aws:SourceIp cannot be read" in found["errors"][0]


ANNS = ANN.split(":")[4]
SESSION = f"arn:aws:sts::{ANNS}:assumed-role/app/s1"
BUCKET, KEY = "arn:aws:s3:::data/x", "arn:aws:kms:eu-west-1:222222222222:key/k"


def _asking(**request: Any) -> Any:
    return {"request": {"principal": ANN, "action": "s3:GetObject", **request}}


MALFORMED: list[tuple[Any, str]] = [
    (7, ""),
    ({}, ""),
    ({"request": []}, "/request"),
    ({"request": {"action": "s3:GetObject"}}, "/request"),
    ({"request": {"principal": ANN}}, "/request"),
    ({"request": {"principal": ANN, "action": "s3:GetObject", "ressource": "x"}}, "/request/ressource"),
    ({"request": {"principal": {"aws": ANN}, "action": "s3:GetObject"}}, "/request/principal"),
    ({"request": {"principal": ANN, "action": 5}}, "/request/action"),
    ({"request": {"principal": ANN, "action": "s3:GetObject", "context": {"aws:x": {}}}}, "/request/context/aws:x"),
    (
        {"request": {"principal": ANN, "action": "s3:GetObject", "context": {"aws:x": 1, "AWS:X": 2}}},
        "/request/context/AWS:X",
    ),
    ({"request": {"principal": ANN, "action": "s3:GetObject", "context": {"x": 1}}}, "/request/context/x"),
    ({"request": {"principal": ANN, "action": "s3:GetObject", "unknown_keys": "x"}}, "/request/unknown_keys"),
    ({"request": {"principal": ANN, "action": "s3:GetObject", "principal_account": "1"}}, "/request/principal_account"),
    (
        {"request": {"principal": ANN, "action": "s3:GetObject", "principal_org_management": 1}},
        "/request/principal_org_management",
    ),
    (_asking(principal_account="222222222222"), "/request/principal_account"),
    (_asking(principal=SESSION, principal_account="222222222222"), "/request/principal_account"),
    (_asking(resource=KEY, resource_account="333333333333"), "/request/resource_account"),
    (_asking(context={"aws:principalaccount": "222222222222"}), "/request/context/aws:principalaccount"),
    (_asking(resource=KEY, context={"aws:ResourceAccount": ANNS}), "/request/context/aws:ResourceAccount"),
    (
        _asking(resource=BUCKET, resource_account=ANNS, context={"aws:ResourceAccount": ["222222222222"]}),
        "/request/context/aws:ResourceAccount",
    ),
    ({"request": {"principal": ANN, "action": "s3:GetObject"}, "policies": {"scp": []}}, "/policies/scp"),
    ({"request": {"principal": ANN, "action": "s3:GetObject"}, "policies": {"identity": FULL}}, "/policies/identity"),
    ({"request": {"principal": ANN, "action": "s3:GetObject"}, "policies": {"scps": [FULL]}}, "/policies/scps/0"),
]


@pytest.mark.parametrize(("case", "pointer"), MALFORMED, ids=lambda value: str(value)[:60])
def test_a_malformed_case_is_an_error_at_its_place(case: Any, pointer: str) -> None:
    assert answer(case, "case")["error"]["pointer"] == pointer


@pytest.mark.parametrize(
    "case",
    [
        _asking(principal_account=ANNS, context={"aws:PrincipalAccount": ANNS}),
        _asking(principal=SESSION, resource=KEY, resource_account="222222222222"),
        _asking(resource=BUCKET, resource_account="222222222222", context={"aws:ResourceAccount": "222222222222"}),
        _asking(resource=BUCKET, context={"aws:ResourceAccount": "222222222222"}),
        _asking(resource="arn:aws:s3:eu-west-1:222222222222:accesspoint/data", resource_account="333333333333"),
        _asking(resource="arn:aws:iam::aws:policy/ReadOnlyAccess", resource_account=ANNS),
        _asking(context={"aws:PrincipalAccount": "222222222222"}, unknown_keys=["aws:PrincipalAccount"]),
        _asking(resource=KEY, resource_account=ANNS, unknown_keys=["resource"]),
        _asking(principal={"service": "ops.amazonaws.com"}, principal_account="222222222222"),
    ],
    ids=lambda case: str(case["request"])[14:80],
)
def test_accounts_that_agree_or_that_no_arn_tells_are_no_error(case: Any) -> None:
    assert "error" not in answer(case, "case")


def test_a_malformed_case_does_not_keep_the_others_from_an_answer() -> None:
    answers, malformed = answer_text(json.dumps([_case(FULL), {"request": 1}, _case(FULL)]))
    assert [one.get("decision", "error") for one in answers if isinstance(one, dict)] == ["allowed", "error", "allowed"]
    assert malformed == 1


def test_a_policy_of_megabytes_in_a_case_is_an_error() -> None:
    document = {"Version": "2012-10-17", "Statement": [FULL["Statement"]] * 30_000}
    text = json.dumps(_case(document))
    assert len(text) > 1_500_000
    answers, malformed = answer_text(text)
    assert malformed == 1
    assert isinstance(answers, dict)
    assert "Reading stopped" in answers["error"]["what"]


def test_what_is_remembered_of_actions_has_an_end() -> None:
    _, policies = read_case(_case(FULL))
    policy = CompiledPolicy(parse_document(FULL), "scp")
    for number in range(4_200):
        request, _ = read_case(_case(FULL, action=f"s3:Made{number}"))
        assert evaluate(request, policies).decision == "allowed"
        assert policy.allows(request).truth
    assert len(policies._plans) <= 4096
