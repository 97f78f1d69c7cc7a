"""The backtest against the reference evaluator, event by event, and what its figures add up to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from tests.estate_store import END_US, fill, share

from remit.adapters.store.index import classed
from remit.adapters.store.index.contexts import Contexts
from remit.adapters.store.store import Store
from remit.app.catalogue import load_guardrails
from remit.app.packaged import load_reference
from remit.flows.backtest.measure import Measured, measure
from remit.flows.backtest.trial import Trial, backtest
from remit.model.columns import INDEXED
from remit.rooms.estate import organization_json
from remit.rooms.guardrails import backtest as kernel
from remit.rooms.guardrails.backtest import Kernel
from remit.rooms.guardrails.callers import Membership, caller_of
from remit.rooms.guardrails.cells import told
from remit.rooms.guardrails.owners import RESOURCE_ACCOUNT
from remit.rooms.guardrails.record import fields_of
from remit.rooms.guardrails.rendering import example_values, render
from remit.rooms.guardrails.requests import Translation
from remit.rooms.guardrails.verdicts import DENY, NOT, OUTSIDE, UNKNOWN, WHOSE, Judgement, Scope
from remit.rooms.iam import CompiledPolicy, Document, Principal, parse_document
from remit.rooms.iam.reference_evaluator import reference_denies
from remit.rooms.organization import parse_organization
from remit.rooms.query.predicate import EVERYTHING, Range

SOMEBODY = Principal("role", "", "000000000000")
OF_MANAGEMENT, OF_A_MEMBER = "111111111111", "222222222222"
KNOWN = Membership("o-abcdefghij", OF_MANAGEMENT, dict.fromkeys((OF_MANAGEMENT, OF_A_MEMBER), "o-abcdefghij/r-ab12/"))
Event = dict[str, Any]


@dataclass(frozen=True)
class Estate:
    """A small store, its events, and what is known of the organization."""

    contexts: Contexts
    events: list[Event]
    translation: Translation


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """A sixth of the demonstration's CloudTrail records."""
    folder = tmp_path_factory.mktemp("backtest") / "data"
    with Store.open(folder, "test") as store:
        fill(store, folder, share(6, cloudtrail_alone=True))
        shown = ", ".join('epoch_us("time") AS "time"' if c.name == "time" else f'"{c.name}"' for c in INDEXED)
        events = store.index.execute(f"SELECT {shown} FROM events WHERE counted IS NOT FALSE", []).to_pylist()
        yield Estate(Contexts(store.index), events, translation())


def translation() -> Translation:
    known = parse_organization(organization_json(END_US))
    return Translation(
        load_reference(),
        Membership(known.id, known.management_account, {each: known.path(each) for each in known.accounts}),
    )


def compiled(document: Any, kind: str, name: str = "tried") -> CompiledPolicy:
    return CompiledPolicy(parse_document(document, name), kind.lower())


def one_by_one(estate: Estate, policy: CompiledPolicy, scope: Scope) -> tuple[Counter[str], Counter[tuple[str, ...]]]:
    """Words and missing keys, by the reference evaluator over every request of every event."""
    document = policy.document
    keys = sorted({key for e in estate.events for each in e["permissions"] for key in policy.condition_keys(each)})
    reach = Judgement([policy], estate.translation, scope)
    words: Counter[str] = Counter()
    missing: Counter[tuple[str, ...]] = Counter()
    for event in (each for each in estate.events if each["permissions"]):
        row = fields_of(event)
        out = reach.reach(row)
        if out is not None:
            words[out.word] += 1
            continue
        doubtful = scope.kind == "SCP" and caller_of(row).kind == "unknown"
        doubt = {WHOSE} if doubtful else {RESOURCE_ACCOUNT} if scope.kind == "RCP" and unowned(row) else set()
        found = [_answer(estate, policy, document, event, keys, request, doubtful)
                 for request in estate.translation.requests(event, keys)]  # fmt: skip
        word = DENY if any(a == "yes" for a, _ in found) else UNKNOWN if any(a == "unknown" for a, _ in found) else NOT
        word = UNKNOWN if doubt and word == DENY else word
        words[word] += 1
        if word == UNKNOWN:
            named = {key.lower() for key in doubt.union(*(some for _, some in found))}
            missing[tuple(sorted(named))] += 1
    return words, missing


def unowned(row: Any) -> bool:
    """Whether a resource without an account in its ARN is in no other way known to be anybody's."""
    named, caller = (row["owners"] or "").split("\x1f"), caller_of(row)
    foreign = caller.account != row["account"] if caller.account else row["principal_type"] not in (None, "Unknown")
    return (len(named) > 1 or named == ["?"]) and not foreign and row["permissions"] != "s3:CreateBucket"


def _answer(
    estate: Estate,
    policy: CompiledPolicy,
    document: Document,
    event: Event,
    keys: list[str],
    request: Any,
    doubtful: bool,
) -> tuple[str, set[str]]:
    asked = replace(request, principal=SOMEBODY, principal_account=SOMEBODY.account) if doubtful else request
    return reference_denies(asked, document) if policy.reaches(asked) else ("no", set())


def agrees(estate: Estate, policy: CompiledPolicy, scope: Scope) -> Measured:
    """Hold the backtest against the reference; gives what was measured."""
    found = measure(estate.contexts, Kernel([policy], estate.translation, scope), EVERYTHING)
    words, missing = one_by_one(estate, policy, scope)
    counted = {label: tally.count for label, tally in found.by_label.items()}
    assert counted == {word: count for word, count in words.items() if word in (DENY, UNKNOWN)}
    assert found.considered.count == words.total() - words[OUTSIDE]
    spelled: Counter[tuple[str, ...]] = Counter()
    for each, count in found.by_keys.items():
        spelled[tuple(sorted(key.lower() for key in each))] += count
    assert spelled == missing
    return found


def library(step: int) -> list[Any]:
    return [pytest.param(each, id=each.id) for each in load_guardrails().guardrails[::step]]


def check(estate: Estate, guardrail: Any) -> None:
    document = render(guardrail, example_values(guardrail))
    agrees(estate, compiled(document, guardrail.type, guardrail.id), Scope(guardrail.type))


@pytest.mark.parametrize("guardrail", library(13))
def test_a_backtest_equals_the_reference_event_by_event(estate: Estate, guardrail: Any) -> None:
    check(estate, guardrail)


@pytest.mark.heavy
@pytest.mark.parametrize("guardrail", library(1))
def test_a_backtest_of_every_guardrail_equals_the_reference_event_by_event(estate: Estate, guardrail: Any) -> None:
    check(estate, guardrail)


def deny(actions: Any = "*", conditions: Any = None, kind: str = "SCP", **more: Any) -> CompiledPolicy:
    resource = {} if "NotResource" in more else {"Resource": "*"}
    statement = {"Sid": "Guard", "Effect": "Deny", "Action": actions, **resource, **more}
    if conditions:
        statement["Condition"] = conditions
    if kind == "RCP":
        statement["Principal"] = "*"
    return compiled({"Version": "2012-10-17", "Statement": [statement]}, kind)


def several(*statements: Any) -> CompiledPolicy:
    return compiled({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **each} for each in statements]}, "SCP")


HARD = {
    "a window of time": deny(conditions={"DateGreaterThan": {"aws:CurrentTime": "2026-09-10T00:00:00Z"},
                                         "DateLessThan": {"aws:CurrentTime": "2026-09-12T12:30:30Z"}}),
    "until the end of the calendar": deny(conditions={"DateLessThan": {"aws:CurrentTime": "9999-12-31T23:59:59Z"}}),
    "beyond the calendar": deny(conditions={"DateGreaterThan": {"aws:CurrentTime": [
        "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-09-12T00:00:00Z"]}}),
    "a moment as text": deny(conditions={"StringLike": {"aws:CurrentTime": "2026-09-1*T1?:*"}}),
    "seconds since 1970": deny(conditions={"NumericLessThan": {"aws:EpochTime": "1789000000"}}),
    "an address": deny(conditions={"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}}),
    "a resource": deny("s3:*", Resource="arn:aws:s3:::acme-*-orders/*"),
    "a resource that is not": deny(["iam:*", "rds:*", "ec2:*"], NotResource="arn:aws:rds:*:*:db:*"),
    "resource and address": deny("s3:GetObject", {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
                                 Resource="arn:aws:s3:::*/exports/*"),
    "a variable": deny(conditions={"StringNotEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}),
    "a variable in a resource": deny("s3:*", Resource="arn:aws:s3:::*/${aws:PrincipalAccount}/*"),
    "the user's agent and id": deny(conditions={"StringLike": {"aws:UserAgent": "*Boto3*", "aws:userid": "AROA*"}}),
    "tags": deny(conditions={"Null": {"aws:RequestTag/Owner": "true"}}),
    "two regions of two callers": deny(conditions={"StringEquals": {"aws:RequestedRegion": "eu-west-1"},
                                                   "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*-role"}}),
    "a set": deny(conditions={"ForAllValues:StringEquals": {"aws:TagKeys": ["Owner"]}}),
    "through a service": deny(conditions={"Bool": {"aws:ViaAWSService": "true"}}),
    "the made instance": deny("ec2:RunInstances", Resource="arn:aws:ec2:*:*:instance/*"),
    "resources of several classes": several(
        {"Action": ["s3:*", "iam:*"], "Resource": ["arn:aws:s3:::acme-*-orders*", "arn:*:iam::*:role/?*-role"]},
        {"Action": ["s3:Get*", "ec2:*"], "NotResource": ["arn:aws:s3:::*/exports/*", "arn:aws:ec2:*:*:i?stance/*"]},
        {"Action": "rds:*", "Resource": "arn:aws:rds:eu-west-?:*:db:*",
         "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "data"}}}),
    "what a call does not name, in its place": deny("ec2:*", Resource=["arn:aws:ec2:us-*:*:subnet/*",
                                                                       "arn:aws:ec2:*:2*:security-group/*"]),
    "TLS": deny(conditions={"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
}  # fmt: skip


@pytest.mark.parametrize("name", HARD)
def test_what_takes_more_than_classes_equals_the_reference_too(estate: Estate, name: str) -> None:
    agrees(estate, HARD[name], Scope("SCP"))


def test_the_hard_policies_do_deny_and_do_leave_unknown(estate: Estate) -> None:
    words: Counter[str] = Counter()
    for policy in HARD.values():
        found = measure(estate.contexts, Kernel([policy], estate.translation, Scope("SCP")), EVERYTHING)
        words.update(dict.fromkeys(found.by_label, 1))
    assert words[DENY] >= 8
    assert words[UNKNOWN] >= 5


@pytest.mark.parametrize("kind", ["SCP", "RCP"])
def test_targets_leave_everybody_else_out(estate: Estate, kind: str) -> None:
    scope = Scope(kind, frozenset({"444455556666"}))
    policy = deny("s3:*", {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}, kind)
    found = agrees(estate, policy, scope)
    assert 0 < found.considered.count < len(estate.events)
    assert found.left_out["outside_target"] > 0


def test_figures_add_up_and_say_whom_the_policy_cannot_reach(estate: Estate) -> None:
    policy = deny("ec2:*", {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})
    answer = backtest(estate.contexts, Trial(policy, Scope("SCP"), EVERYTHING), estate.translation)
    figures, already = answer["figures"], answer["figures"]["already_denied"]
    for counts in (figures, already):
        assert counts["would_deny"] + counts["would_not_deny"] + counts["unknown"] == counts["considered"]
    left = answer["left_out"]
    assert left["total"] == figures["considered"] + sum(count for name, count in left.items() if name != "total")
    assert figures["would_deny"] > 0
    assert sum(each["deny"] for each in answer["by"]["accounts"]) == figures["would_deny"]
    assert {each["why"] for each in answer["exempt"]} >= {"a service-linked role", "the management account"}
    assert {each["region"] for each in answer["samples"][DENY]} == {"us-west-1"}


def test_the_difference_of_two_versions_is_what_either_denies_alone(estate: Estate) -> None:
    wide = deny("ec2:*", {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})
    other = deny("rds:*")
    both = backtest(estate.contexts, Trial(wide, Scope("SCP"), EVERYTHING, other), estate.translation)
    back = backtest(estate.contexts, Trial(other, Scope("SCP"), EVERYTHING, wide), estate.translation)
    difference = both["against"]
    assert difference["newly_denied"]["count"] == both["figures"]["would_deny"] > 0
    assert difference["no_longer_denied"]["count"] == back["figures"]["would_deny"] > 0
    assert difference["no_longer_denied"]["count"] == back["against"]["newly_denied"]["count"]
    assert difference["newly_denied"]["samples"]
    same = backtest(estate.contexts, Trial(wide, Scope("SCP"), EVERYTHING, wide), estate.translation)["against"]
    assert [same[name]["count"] for name in ("newly_denied", "no_longer_denied", "newly_unknown")] == [0, 0, 0]


@pytest.mark.parametrize("conditions", [None, {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}])
def test_the_exemption_spares_what_it_says(estate: Estate, conditions: Any) -> None:
    policy = deny(["rds:*", "iam:*", "dynamodb:*"], conditions)
    answer = backtest(estate.contexts, Trial(policy, Scope("SCP"), EVERYTHING), estate.translation)
    found = answer["exemption"]
    assert found["spared"] > 0
    revised = compiled(json.dumps(found["document"]), "SCP")
    again = backtest(estate.contexts, Trial(revised, Scope("SCP"), EVERYTHING), estate.translation)
    assert again["figures"]["would_deny"] == found["would_deny"] == answer["figures"]["would_deny"] - found["spared"]


def test_only_the_events_asked_for_are_tried(estate: Estate) -> None:
    newest = max(event["time"] for event in estate.events)
    trial = Trial(deny(), Scope("SCP"), Range("time", newest - 86_400_000_000, newest + 1))
    within = sum(event["time"] >= newest - 86_400_000_000 for event in estate.events)
    assert backtest(estate.contexts, trial, estate.translation)["left_out"]["total"] == within


@pytest.mark.parametrize(
    ("name", "target"),
    [("ProtectRegions", "Workloads"), ("ProtectBackups", "Production"), ("DataPerimeter", "Staging")],
)
def test_the_demonstration_was_denied_exactly_what_its_policies_deny(estate: Estate, name: str, target: str) -> None:
    known = parse_organization(organization_json(END_US))
    policy = next(each for each in known.policies.values() if each.name == name)
    scope = Scope(policy.kind, known.members(known.target(target)))
    found = agrees(estate, compiled(policy.versions[-1].document, policy.kind, name), scope)
    named = sum(event["deny_policy_arn"] == policy.arn for event in estate.events)
    assert sum(tally.count for label, tally in found.by_label.items() if label == DENY) == named
    assert UNKNOWN not in found.by_label


class DecodedTwice:
    """An index whose events of one operation were decoded under two references: some have other permissions."""

    def __init__(self, contexts: Contexts) -> None:
        self._engine = contexts._engine

    def execute(self, sql: str, params: Any, **tables: Any) -> Any:
        other = f"CASE WHEN {OF_OLDER} THEN ['s3:GetObjectVersion'] ELSE permissions END AS permissions"
        events = f"FROM (SELECT * REPLACE ({other}) FROM events) AS events"
        return self._engine.execute(sql.replace("FROM events", events), params, **tables)


OF_OLDER = "(operation = 'GetObject' AND service = 's3' AND event_id < '8')"


@pytest.mark.parametrize("action", ["s3:GetObjectVersion", "s3:GetObject", "s3:GetObject*"])
def test_an_operation_with_now_these_now_those_permissions_is_judged_by_each(estate: Estate, action: str) -> None:
    older = [each for each in estate.events if each["operation"] == "GetObject" and each["event_id"] < "8"]
    assert older
    ids = {each["event_id"] for each in older}
    events = [{**e, "permissions": ["s3:GetObjectVersion"]} if e["event_id"] in ids else e for e in estate.events]
    mixed = replace(estate, contexts=Contexts(DecodedTwice(estate.contexts)), events=events)
    found = agrees(mixed, deny(action), Scope("SCP"))
    assert found.by_label


class OddlyNamed:
    """An index in which the resources of some events have other ARNs: some that are hard to spell in a question."""

    def __init__(self, contexts: Contexts) -> None:
        self._engine = contexts._engine

    def execute(self, sql: str, params: Any, **tables: Any) -> Any:
        named = pa.table({"event": list(self.arns), "arns": pa.array(self.arns.values(), pa.list_(pa.string()))})
        other = "CASE WHEN event IS NULL THEN resource_arns ELSE arns END AS resource_arns"
        events = f"FROM (SELECT e.* REPLACE ({other}) FROM events AS e LEFT JOIN named ON event = event_id) AS events"
        return self._engine.execute(sql.replace("FROM events", events).replace("JOIN events", f"JOIN {events[5:]}"),
                                    params, **tables, named=named)  # fmt: skip

    arns: dict[str, list[str]]


ODD = (
    ["arn:aws:s3:::a.b"], ["arn:aws:s3:::axb"], ["arn:aws:s3:::a\nb"], ["arn:aws:s3:::A.B"], ["arn:aws:s3:::aéb"],
    ["arn:aws:s3:::a'b%_\\"], ["arn:aws:s3:::a.b\x1farn:aws:s3:::axb"], ["", "arn:aws:s3:::a.b"], [""], [], ["*"],
    ["arn:aws:s3:::axb", "arn:aws:s3:::a.b"], ["arn:aws:s3:::a.b", "arn:aws:s3:::zzz"], ["arn:aws:s3:::a.bc"],
    ["arn:aws:s3:::a #&~-^$|b"],
)  # fmt: skip


@pytest.mark.parametrize(
    "patterns",
    [
        ["a.b"],
        ["a?b"],
        ["a*b"],
        ["*b*"],
        ["a'b%_\\"],
        ["?", "a.b*"],
        ["a #&~-^$|b"],
        ["a\nb"],
        ["a{1}b", "[a].b", "(a|b)"],
    ],
)
@pytest.mark.parametrize("element", ["Resource", "NotResource"])
def test_resources_that_are_hard_to_spell_are_of_the_class_that_the_policy_gives_them(
    estate: Estate, patterns: list[str], element: str
) -> None:
    ids = sorted(each["event_id"] for each in estate.events if "s3:bucket" in (each["resource_types"] or []))
    odd = OddlyNamed(estate.contexts)
    odd.arns = {each: ODD[at % len(ODD)] for at, each in enumerate(ids)}
    events = [
        {**each, "resource_arns": odd.arns.get(each["event_id"], each["resource_arns"])} for each in estate.events
    ]
    assert len(ids) > 2 * len(ODD)
    mixed = replace(estate, contexts=Contexts(odd), events=events)
    asked = [f"arn:aws:s3:::{each}" for each in patterns]
    agrees(mixed, several({"Action": "s3:*", element: asked}), Scope("SCP"))


def test_actions_that_are_about_different_resources_of_a_record_are_of_different_classes() -> None:
    tried = Kernel([deny("iam:Attach*", Resource="arn:aws:iam::*:role/*")], Translation(load_reference()), Scope("SCP"))
    calls = [("iam", f"Attach{each}Policy", f"iam:Attach{each}Policy") for each in ("Role", "User")]
    named = {"resource_types": "iam:role\x1fiam:user", "principal_type": "IAMUser", "region": "us-east-1",
             "resource_arns": "arn:aws:iam::222222222222:role/x\x1farn:aws:iam::222222222222:user/x",
             "caller": "arn:aws:iam::222222222222:user/y", "issuer": None, "account": OF_A_MEMBER}  # fmt: skip
    tried.prepare(calls)
    part = next(each for each in tried.parts if "permissions" in each.fields)
    of_call = [dict(zip(("service", "operation", "permissions"), each, strict=True)) for each in calls]
    assert [tried.judge({**each, **named}).words for each in of_call] == [(DENY,), (NOT,)]
    tried.classify(part, [tuple(each[name] for name in part.fields) for each in of_call])
    assert len(set(part.classes.values())) == 2


@pytest.mark.parametrize(
    ("field", "value"), [("region", "eu-west-1"), ("account", OF_MANAGEMENT), ("resource_types", "ec2:subnet")]
)
def test_what_tells_a_resource_that_the_record_does_not_name_tells_calls_apart(field: str, value: str) -> None:
    policy = deny("ec2:RunInstances", Resource="arn:aws:ec2:us-*:2*:subnet/*")
    tried = Kernel([policy], Translation(load_reference()), Scope("SCP"))
    call = ("ec2", "RunInstances", "ec2:RunInstances")
    tried.prepare([call])
    row = {**dict(zip(("service", "operation", "permissions"), call, strict=True)), "region": "us-east-1",
           "account": OF_A_MEMBER, "principal_type": "IAMUser", "caller": "arn:aws:iam::222222222222:user/y",
           "issuer": None, "resource_types": "ec2:image", "resource_arns": "arn:aws:ec2:eu-1::image/x"}  # fmt: skip
    assert tried.judge(row).words == (DENY,)
    assert tried.judge({**row, field: value}).words == (NOT,)
    assert field in tried.kinds.fields


def test_calls_that_an_rcp_judges_by_whose_each_resource_is_are_told_apart_by_all_of_it() -> None:
    policy = deny("s3:*", kind="RCP", Resource="arn:aws:s3:::a*")
    tried = Kernel([policy], Translation(load_reference(), KNOWN), Scope("RCP"))
    tried.prepare([("s3", "GetObject", "s3:GetObject")])
    assert {"resource_arns", "owners"} <= set(tried.kinds.fields)


def test_calls_on_resources_of_one_class_are_judged_once(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(HARD["resources of several classes"], Scope("SCP"), EVERYTHING)
    by_class = backtest(estate.contexts, trial, estate.translation)
    monkeypatch.setattr(kernel, "_LONGEST", -1)
    each = backtest(estate.contexts, trial, estate.translation)
    assert by_class.pop("judged")["combinations"] < each.pop("judged")["combinations"]
    assert by_class == each


@pytest.mark.parametrize("name", ["two regions of two callers", "a window of time", "tags"])
def test_classes_that_are_joined_count_what_classes_that_are_looked_up_count(
    estate: Estate, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Trial(HARD[name], Scope("SCP"), EVERYTHING)
    looked_up = backtest(estate.contexts, trial, estate.translation)
    monkeypatch.setattr(classed, "_MOST_LISTED", -1)
    monkeypatch.setattr(classed, "_MOST_CELLS", 0)
    assert backtest(estate.contexts, trial, estate.translation) == looked_up
    agrees(estate, HARD[name], Scope("SCP"))


def test_what_arrives_while_a_policy_is_tried_is_in_no_answer(tmp_path: Path) -> None:
    lines = list(islice(share(1, cloudtrail_alone=True), 90))
    with Store.open(tmp_path / "data", "test") as store:
        fill(store, tmp_path / "data", lines[:50])
        contexts = Contexts(store.index)
        pinned, before = contexts.pinned(), contexts.operations(EVERYTHING)
        fill(store, tmp_path / "data", lines[50:])
        order = {"key": str}
        assert sorted(pinned.operations(EVERYTHING), **order) == sorted(before, **order)
        assert sum(row["count"] for row in contexts.operations(EVERYTHING)) > sum(row["count"] for row in before)
        assert pinned.distinct(EVERYTHING, ("provider",)) != contexts.distinct(EVERYTHING, ("provider",))


def test_fields_that_make_no_difference_tell_no_class() -> None:
    classes = {("eu", "a", None): 0, ("eu", "b", "x"): 0, ("us", "a", None): 1, ("us", "b", None): 2}
    fields, told_by = told(("region", "caller", "issuer"), classes)
    assert fields == ("region", "caller")
    assert told_by == {("eu", "a"): 0, ("eu", "b"): 0, ("us", "a"): 1, ("us", "b"): 2}
    assert told(("region", "caller"), {("eu", "a"): 3, ("us", "b"): 3}) == ((), {(): 3})
    assert told(("region", "caller"), {("eu", "a"): 0, ("us", "b"): 1})[0] == ("region",)


def of_a_bucket(account: str, operation: str, *more: str) -> Event:
    """A call on a bucket whose owner no record tells."""
    needed = "\x1f".join((f"s3:{operation}", *more))
    role = f"arn:aws:iam::{account}:role/deployer"
    return {"service": "s3", "operation": operation, "permissions": needed, "principal_type": "AssumedRole",
            "issuer": role, "caller": None, "account": account, "owners": "?"}  # fmt: skip


@pytest.mark.parametrize("action", ["s3:*", "s3:CreateBucket"])
def test_a_member_s_bucket_is_not_judged_as_the_management_account_s(action: str) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"},
    }
    kernel = Kernel([compiled(document, "RCP")], Translation(load_reference(), KNOWN), Scope("RCP"))
    calls = [("CreateBucket",), ("CreateBucket", "s3:PutBucketTagging"), ("DeleteBucket",)]
    rows = [of_a_bucket(account, *call) for account in (OF_MANAGEMENT, OF_A_MEMBER) for call in calls]
    kernel.prepare({(row["service"], row["operation"], row["permissions"]) for row in rows})
    for part in kernel.parts:
        kernel.classify(part, dict.fromkeys(tuple(row[name] for name in part.fields) for row in rows))
    cells = [[part.classes[tuple(row[name] for name in part.fields)] for part in kernel.parts] for row in rows]
    assert [kernel.judge_classes(cell).words for cell in cells] == [kernel.judge(row).words for row in rows]
    assert kernel.judge(rows[0]).words == (NOT,)
    assert kernel.judge(rows[3]).words == (DENY,)


@pytest.mark.parametrize(
    ("named", "listed", "expected"),
    [
        (["arn:aws:kms:eu-west-1:111111111111:key/1", "arn:aws:s3:::b"], "111111111111", "111111111111"),
        (
            ["arn:aws:kms:eu-west-1:222222222222:key/1", "arn:aws:s3:::b"],
            "111111111111",
            "111111111111\x1f222222222222",
        ),
        (["arn:aws:kms:eu-west-1:222222222222:key/1", "arn:aws:s3:::b"], "", "222222222222\x1f?"),
        (["arn:aws:s3:::b", "arn:aws:s3:::c"], "333333333333", "333333333333"),
        (["arn:aws:iam::aws:policy/Billing"], "333333333333", None),
    ],
)
def test_each_owner_is_told_once_in_the_store_as_of_an_event(
    named: list[str], listed: str, expected: str | None
) -> None:
    markers = [f"resource_account={listed}"] if listed else []
    assert fields_of({"resource_arns": named, "markers": markers})["owners"] == expected
    columns = "SELECT ?::VARCHAR[] AS resource_arns, NULL::VARCHAR AS markers_line, ?::VARCHAR[] AS markers_list"
    stored = duckdb.connect().execute(f"SELECT {classed.field('owners')} FROM ({columns})", [named, markers]).fetchone()
    assert stored == (expected,)
