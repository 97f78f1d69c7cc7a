"""What is quick says the same as what is plain: plans as the general walk, cutting as redaction of the whole record."""

from __future__ import annotations

import gzip
import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import remit.reference
from remit.model.canonical import canonical_json
from remit.reference.aws import AwsReference
from remit.rooms.events.aws.arns import Arns, Place, Resource
from remit.rooms.events.aws.marks import _canonical
from remit.rooms.events.aws.meanings import Meanings
from remit.rooms.events.aws.resource_names import COMPOSITE, EC2_PREFIXES
from remit.rooms.events.aws.resources import ResourceNames
from remit.rooms.events.aws.times import micros, moments
from remit.rooms.events.cloudtrail import CloudTrailDecoder
from remit.rooms.events.redaction import redact

DATA = Path(remit.reference.__path__[0]) / "data" / "aws_actions.json.gz"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "audit" / "aws"
BENCH = Path(__file__).resolve().parents[2] / "bench"
REFERENCE = AwsReference.from_bytes(DATA.read_bytes())
EVENTS = 3_000
HOLDS_ARN = ("arn", "arns", "id", "ids", "identifier", "name", "resource", "cluster", "names")


class GeneralWalk(ResourceNames):
    """Resources by the rules alone: every member asked anew what it means, every ARN pattern filled in anew."""

    def __init__(self) -> None:
        super().__init__(REFERENCE)
        self.meanings = Meanings(REFERENCE)

    def from_request(self, service, operation, request, place):
        target = f"{service}:{self.meanings.noun(service, operation)}"
        found = list(self.walk(service, operation, request, place, "", 0))
        return self.distinct(sorted(found, key=lambda resource: resource.kind != target))

    def from_response(self, service, operation, response, place):
        target = f"{service}:{self.meanings.noun(service, operation)}"
        found = self.walk(service, operation, response, place, "", 0)
        return self.distinct([resource for resource in found if resource.kind == target])

    def distinct(self, found):
        kept = {}
        for resource in found:
            key = (resource.kind, resource.id)
            if key not in kept or (resource.arn and not kept[key].arn):
                kept[key] = resource
        return list(kept.values())

    def walk(self, service, operation, value, place, parent, depth) -> Iterator[Resource]:
        if depth > 6:
            return
        if isinstance(value, list):
            for item in value[:101]:
                yield from self.walk(service, operation, item, place, parent, depth + 1)
        if not isinstance(value, dict):
            return
        for name, item in value.items():
            if isinstance(item, str):
                yield from self.named(service, operation, name, item, place, parent, value)
            elif isinstance(item, list) and item and all(isinstance(each, str) for each in item):
                for each in item[:101]:
                    yield from self.named(service, operation, name, each, place, parent, value)
            elif isinstance(item, dict | list):
                yield from self.walk(service, operation, item, place, name, depth + 1)

    def named(self, service, operation, name, value, place, parent, beside) -> Iterator[Resource]:
        if not 0 < len(value) <= 2048 or value == "*" or value.startswith(("HIDDEN_DUE_TO", "[redacted:")):
            return
        if value.startswith("arn:"):
            if name.lower().endswith(HOLDS_ARN):
                yield Arns(REFERENCE).read(value)
            return
        kind = self.meanings.meaning(service, operation, name, parent)
        if kind is None and (service, name.lower()) == ("ec2", "resourceid"):
            kind = EC2_PREFIXES.get(value.rpartition("-")[0], "").removeprefix("ec2:") or None
        if kind is None:
            return
        inside = beside.get(COMPOSITE[service, name.lower()]) if (service, name.lower()) in COMPOSITE else None
        within = inside.rpartition("/")[2] if isinstance(inside, str) and service != "s3" else inside
        own = value.rpartition("/")[2] if name.lower() in ("queueurl", "hostedzoneid", "cluster") else value
        joined = f"{within}/{own}" if isinstance(within, str) and within else own
        yield Resource(f"{service}:{kind}", joined, self.arn(service, kind, joined, place))

    def arn(self, service, kind, name, place) -> str:
        types = REFERENCE.resource_types(service)
        pattern = types.get(kind)
        if pattern is None or (service, kind) == ("secretsmanager", "Secret"):
            return ""
        if ("${Account}" in pattern and not place.account) or ("${Region}" in pattern and not place.region):
            return ""
        if (service, kind) == ("kms", "key") and name.startswith("alias/"):
            pattern, name = types["alias"], name[6:]
        if service == "ssm" and kind == "parameter":
            name = name.removeprefix("/")
        for variable in ("Partition", "Region", "Account"):
            pattern = pattern.replace(f"${{{variable}}}", getattr(place, variable.lower()))
        unknown = pattern.count("${")
        parts = iter([name] if unknown == 1 else name.split("/", unknown - 1))
        if unknown == 0 or (unknown > 1 and name.count("/") < unknown - 1):
            return ""
        return re.sub(r"\$\{[A-Za-z0-9]+\}", lambda _: next(parts), pattern)


@pytest.fixture(scope="module")
def corpus() -> list[bytes]:
    sys.path.insert(0, str(BENCH))
    try:
        return list(importlib.import_module("corpus").records(EVENTS))
    finally:
        sys.path.remove(str(BENCH))


@pytest.fixture(scope="module")
def shared() -> list[bytes]:
    if not SHARED.is_dir():
        pytest.skip("the shared audit logs are not here")
    return [line for path in sorted(SHARED.glob("*.gz")) for line in gzip.decompress(path.read_bytes()).splitlines()]


@pytest.mark.parametrize("source", ["corpus", "shared"])
def test_plans_fill_the_columns_that_the_general_walk_fills(source, request):
    records = request.getfixturevalue(source)
    plain = CloudTrailDecoder(REFERENCE)
    plain._names = GeneralWalk()
    expected = plain.decode(records, "trail").columns
    quick = CloudTrailDecoder(REFERENCE)
    for _ in range(2):  # the second time everything is remembered
        assert quick.decode(records, "trail").columns == expected
    assert sum(map(bool, expected["resource_ids"])) > len(records) / 4


@pytest.mark.parametrize("source", ["corpus", "shared"])
def test_a_credential_cut_out_leaves_the_record_that_redaction_of_the_whole_leaves(source, request):
    records = request.getfixturevalue(source)
    decoded = CloudTrailDecoder(REFERENCE).decode(records, "trail")
    changed = 0
    for row, raw in zip(decoded.rows, decoded.columns["raw"], strict=True):
        if raw.encode() != records[row]:
            changed += 1
            assert json.loads(raw) == json.loads(redact(records[row]))
    assert changed > 0
    assert "CanarySecretDoNotStore" not in json.dumps({name: list(values) for name, values in decoded.columns.items()})


SECRET = "Canary" + "x1Y2" * 10
HOSTILE = {
    "the payload twice": b'"requestParameters":{"password":"%b"},"responseElements":{"password":"%b"}',
    "the same payload in the identity": b'"userIdentity":{"a":{"requestParameters":{"password":"%b"}}},'
    b'"requestParameters":{"password":"%b"}',
    "a space before the payload": b'"requestParameters": {"password":"%b"},"responseElements" :{"token":"%b"}',
    "the member named again, escaped": b'"request\\u0050arameters":{"password":"%b"},'
    b'"requestParameters":{"password":"%b"}',
    "the member named again": b'"requestParameters":{"password":"%b"},"requestParameters":{"password":"%b"}',
    "bytes that are no text": b'"requestParameters":{"x":"\xff","sessionToken":"%b"},"responseElements":{"psk":"%b"}',
    "a credential beside the payload": b'"requestParameters":{"password":"%b"},"additionalEventData":{"psk":"%b"}',
    "a payload that is text": b'"requestParameters":"password=%b","responseElements":["--token %b"]',
    "a secret operation's extra": b'"eventName":"PutParameter","requestParameters":{"value":"%b"},'
    b'"additionalEventData":{"value":"%b"}',
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
def test_no_credential_is_left_where_a_cut_could_miss_it(members):
    secret = SECRET.encode()
    head = b'{"eventTime":"2026-01-02T03:04:05Z","eventSource":"ssm.amazonaws.com","eventName":"DoIt",'
    decoded = CloudTrailDecoder(REFERENCE).decode([head + members % (secret, secret) + b"}"], "trail")
    assert len(decoded.rows) == 1
    assert SECRET not in json.dumps({name: list(values) for name, values in decoded.columns.items()})
    assert "[redacted:" in decoded.columns["raw"][0]


NAMES = st.sampled_from(
    ["name", "id", "arn", "cluster", "service", "bucketName", "key", "keyId", "groupId", "items", "vpcId", "tableName",
     "instancesSet", "roleArn", "policyArn", "secretId", "queueUrl", "names", "tags", "x"]
)  # fmt: skip
VALUES = st.sampled_from(
    ["i-1", "a/b", "alias/x", "/p/q", "*", "arn:aws:s3:::b/k", "arn:aws:iam::1:role/a/r", "arn:", "", "[redacted:x]"]
)
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(
        VALUES | st.integers() | st.none() | st.lists(VALUES, max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=5,
)
CALLS = st.sampled_from(
    [("ec2", "RunInstances"), ("s3", "PutObject"), ("kms", "Decrypt"), ("ssm", "PutParameter"), ("ecs", "RunTask"),
     ("iam", "CreateRole"), ("eks", "CreateNodegroup"), ("sqs", "DeleteQueue"), ("nosuch", "DoIt")]
)  # fmt: skip
PLACES = st.sampled_from([Place("aws", "eu-west-1", "111122223333"), Place("aws-cn", "", "1"), Place("aws", "x", "")])
GENERAL = GeneralWalk()
QUICK = ResourceNames(REFERENCE)


@settings(max_examples=300, deadline=None)
@given(CALLS, DOCUMENTS, PLACES)
@example(("ec2", "RunInstances"), {"x": [[[[[[[{"vpcId": "deep"}]]]]]]]}, Place("aws", "x", "1"))
@example(("ec2", "RunInstances"), {"x": {"x": {"x": {"x": {"x": {"x": {"vpcId": "v"}}}}}}}, Place("aws", "x", "1"))
def test_plans_name_what_the_general_walk_names_in_any_document(call, document, place):
    assert QUICK.from_request(*call, document, place) == GENERAL.from_request(*call, document, place)
    assert QUICK.from_response(*call, document, place) == GENERAL.from_response(*call, document, place)


def test_names_without_end_are_forgotten_again():
    names = ResourceNames(REFERENCE)
    place = Place("aws", "eu-west-1", "1")
    for at in range(60):
        names.from_request("ec2", "RunInstances", {f"a{at}x{each}": {"vpcId": "v"} for each in range(1000)}, place)
    plans = names._plans
    assert sum(len(plan) for plan in plans._plans.values()) + len(plans._plans) <= 50_001
    assert names.from_request("ec2", "RunInstances", {"vpcId": "v"}, place)[0].kind == "ec2:vpc"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.datetimes().map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}Z") | st.text(max_size=22) | st.none()))
@example(["2026-01-02T03:04:05Z", "2005-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "2100-12-31T23:59:59Z"])
@example(["2026-01-02T03:04:05Z", "2026-02-30T00:00:00Z"])
@example(["2026-01-02T03:04:60Z"])
def test_times_read_together_are_the_times_read_one_by_one(texts):
    assert moments(texts) == [micros(text or "") for text in texts]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(), st.lists(st.text(), max_size=3), max_size=4))
@example({"a\x7f\u2028": ['\x00\x1f/<\\"\ud800'], "é": [], "\U0001f600": ["\uffff"]})
def test_context_is_canonical_json(context):
    assert _canonical(context) == canonical_json(context)
