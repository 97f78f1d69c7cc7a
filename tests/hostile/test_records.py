"""Records that were made to harm: whatever they say, the others are read, and nothing raises, hangs or leaks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from remit.app.packaged import load_formats
from remit.model.columns import FACTS
from remit.rooms.events.decoded import Decoded
from remit.rooms.events.formats import Format, build_formats
from remit.rooms.events.redaction import redact

from .records import WHOLE, mutated, record

SECRET = "hunter2-correct-horse"
KINDS = {column.name: column.kind for column in FACTS}


def decode(records: Sequence[bytes]) -> Decoded:
    return load_formats()["cloudtrail"].decode(records, "f")


def seconds(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def test_every_value_of_a_record_may_be_of_any_type() -> None:
    records = list(mutated())
    decoded = decode(records)
    assert sorted([*decoded.rows, *(reject.index for reject in decoded.rejects)]) == list(range(len(records)))
    assert "decoder-failed" not in {reject.reason for reject in decoded.rejects}
    for name, values in decoded.columns.items():
        assert len(values) == len(decoded.rows)
        if KINDS.get(name) == "strings":
            assert all(isinstance(text, str) for texts in values for text in texts), name


def test_an_arn_without_colons_costs_no_other_record() -> None:
    hostile = record(userIdentity={**WHOLE["userIdentity"], "arn": "nocolon"}, eventID="h")
    assert decode([record(), hostile, record(eventID="z")]).columns["provider_id"] == ["e", "h", "z"]


def test_a_record_that_a_decoder_fails_at_is_quarantined_and_the_others_are_read() -> None:
    cloudtrail = load_formats()["cloudtrail"]

    def failing(records: Sequence[bytes], feed: str) -> Decoded:
        if any(b"boom" in each for each in records):
            raise IndexError("list index out of range")
        return cloudtrail.decode(records, feed)

    formats = build_formats({"cloudtrail": Format(failing, cloudtrail.claims)})
    records = [record(eventID="boom" if at in (0, 3, 4, 9) else str(at)) for at in range(10)]
    decoded = formats["cloudtrail"].decode(records, "f")
    assert decoded.rows == [1, 2, 5, 6, 7, 8]
    assert decoded.columns["provider_id"] == ["1", "2", "5", "6", "7", "8"]
    assert [(reject.index, reject.reason) for reject in decoded.rejects] == [
        (at, "decoder-failed") for at in (0, 3, 4, 9)
    ]


@pytest.mark.parametrize(
    "raw",
    [
        '{"eventName":"A","requestParameters":{"password":"SECRET","password":null}}',
        '{"eventName":"A","requestParameters":{"password":"SECRET"},"requestParameters":{}}',
        '{"eventName":"A","userAgent":"Bearer SECRET","userAgent":"x"}',
        '{"eventName":"A","requestParameters":{"policy":"{\\"password\\":\\"SECRET\\",\\"password\\":null}"}}',
    ],
)
def test_a_secret_in_the_earlier_of_two_members_of_one_name_is_gone(raw: str) -> None:
    assert SECRET not in redact(raw.replace("SECRET", SECRET).encode())


@pytest.mark.parametrize("name", ["secret key", "Pass Word", "PASS.WORD", "pass-word", "pass_word"])
def test_a_name_is_secret_however_its_words_are_parted(name: str) -> None:
    assert SECRET not in redact(json.dumps({"eventName": "A", name: SECRET}).encode())


def test_json_within_a_sentence_is_searched_by_names() -> None:
    assert SECRET not in redact(json.dumps({"errorMessage": f'invalid: {{"password": "{SECRET}"}} given'}).encode())


def test_redaction_takes_time_in_step_with_length() -> None:
    raw = json.dumps({"a": "eyJ" * 20_000, "b": "eyJhbGciOi.x"}).encode()
    assert seconds(lambda: redact(raw)) < 0.3


@pytest.mark.parametrize("spaces", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("userAgent", "Bearer hunter2-correct-horse"),
        ("requestParameters", {"password": SECRET}),
        ("userIdentity", {"type": "IAMUser", "secret": SECRET}),
    ],
)
def test_a_record_with_a_member_twice_keeps_no_secret_of_the_first(
    name: str, first: object, spaces: tuple[str, str]
) -> None:
    whole = json.dumps(json.loads(record()), separators=spaces)
    columns = decode([f"{{{json.dumps(name)}:{json.dumps(first)},{whole[1:]}".encode()]).columns
    assert SECRET not in str(columns)
    assert columns["provider_id"] == ["e"]


@pytest.mark.parametrize("body", ["requestParameters", "responseElements", "additionalEventData"])
def test_two_bodies_under_one_provider_id_are_two_events_in_any_order(body: str) -> None:
    records = [record(**{body: {"bucketName": name}}) for name in ("a", "b")]
    ids = [decode(given).columns["event_id"] for given in (records, records[::-1])]
    assert len(set(ids[0])) == 2
    assert ids[0] == ids[1][::-1]


@pytest.mark.parametrize(
    "otherwise",
    [
        {"userIdentity": {**WHOLE["userIdentity"], "sessionContext": {"attributes": {"mfaAuthenticated": "true"}}}},
        {"userIdentity": {**WHOLE["userIdentity"], "invokedBy": "cloudformation.amazonaws.com"}},
        {"eventType": "AwsServiceEvent"},
        {"sessionCredentialFromConsole": "true"},
    ],
)
def test_two_records_of_one_provider_id_that_name_another_actor_are_two(otherwise: dict[str, Any]) -> None:
    assert len(set(decode([record(), record(**otherwise)]).columns["event_id"])) == 2


def test_an_id_is_the_same_however_the_record_is_written() -> None:
    whole = json.loads(record(sessionCredentialFromConsole="true"))
    whole["requestParameters"] = {"filter": {"name": "a,b", "values": [1, {"x": None}]}, "bucketName": "a"}
    turned = {name: dict(reversed(v.items())) if isinstance(v, dict) else v for name, v in reversed(whole.items())}
    turned["requestParameters"]["filter"] = {"values": [1, {"x": None}], "name": "a,b"}
    decorated = {**whole, "@timestamp": "2026-01-01T00:00:00Z", "sessionCredentialFromConsole": True}
    forms = [json.dumps(whole), json.dumps(turned, indent=1), json.dumps(decorated)]
    assert len(set(decode([form.encode() for form in forms]).columns["event_id"])) == 1


def test_text_with_separators_imitates_no_other_record() -> None:
    texts = ("a\x1fb", "a\x00b", "a|b", 'a","b', "a\nb")
    pairs = [(text, None) for text in texts] + [("a", "b"), ("a", None), (None, "b"), (None, None)]
    decoded = decode([record(eventID=None, userAgent=a, sourceIPAddress=b) for a, b in pairs])
    assert len(set(decoded.columns["event_id"])) == len(pairs)


def test_ten_thousand_resources_in_one_record_are_capped() -> None:
    many = [{"ARN": f"arn:aws:s3:::b{at}", "type": "AWS::S3::Bucket"} for at in range(10_000)]
    hostile = record(resources=many, requestParameters={"tagSet": [{"key": str(at)} for at in range(10_000)]})
    assert seconds(lambda: decode([hostile])) < 1.0
    columns = decode([hostile]).columns
    assert len(columns["resource_arns"][0]) <= 1000
    assert len(columns["markers"][0]) <= 1000


@pytest.mark.parametrize("depth", [150, 5_000, 200_000])
@pytest.mark.parametrize("pair", [('{"a":', "}"), ("[", "]")])
def test_nesting_is_read_or_rejected(depth: int, pair: tuple[str, str]) -> None:
    nested = pair[0] * depth + "1" + pair[1] * depth
    raw = record(requestParameters="HERE").replace(b'"HERE"', nested.encode())
    decoded = decode([record(), raw])
    assert 0 in decoded.rows
    assert len(decoded.rows) + len(decoded.rejects) == 2
