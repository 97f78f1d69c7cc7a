"""Finding each record's format, and decoding mixed batches record by record."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

import pytest

from remit.rooms.events.decoded import Decoded, Reject
from remit.rooms.events.formats import CODE_FORMATS, UNKNOWN, Format, build_formats, decode_mixed
from remit.rooms.events.sniffing import sniff

AUDIT = {"action": "repo.create", "@timestamp": 1763630000000, "actor": "mira", "org": "acme", "repo": "acme/app"}
HOOK = {
    "ref": "refs/heads/main",
    "commits": [],
    "repository": {"full_name": "acme/app", "pushed_at": 1763630000},
    "sender": {"login": "mira"},
}
BUILD = {"ci_build": {"id": 1, "finished_at": 1763630000}}
COMMIT = {"git_commit": {"sha": "c" * 40, "committer": {"date": "2025-11-20T09:13:20Z"}}}
TRAIL = {"eventVersion": "1.08", "eventName": "RunInstances", "eventSource": "ec2.amazonaws.com", "userIdentity": {}}
GCP = {"protoPayload": {"methodName": "x"}, "insertId": "1", "logName": "l"}
STRANGER = {"eventtype": "user.mfa.factor.deactivate", "actor": {"id": "1"}}


def encoded(*records: object) -> list[bytes]:
    return [record if isinstance(record, bytes) else json.dumps(record).encode() for record in records]


class Counting:
    """A stand-in for a cloud's decoder: takes what has an ``eventName``; remembers the sizes it was given."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def decode(self, records: Sequence[bytes], feed: str) -> Decoded:
        self.batches.append(len(records))
        mine = [at for at, record in enumerate(records) if b'"eventName"' in record]
        rest = [Reject(at, "time-missing", "") for at in range(len(records)) if at not in mine]
        return Decoded({"feed": [feed] * len(mine)}, mine, rest)


@pytest.mark.parametrize(
    ("record", "source"),
    [
        (TRAIL, "cloudtrail"),
        ({"detail-type": "AWS API Call via CloudTrail", "source": "aws.ec2", "detail": TRAIL}, "cloudtrail"),
        (GCP, "gcp-audit"),
        ({"protopayload": {}, "insertid": "1"}, "gcp-audit"),
        (
            {
                "message": {"data": base64.b64encode(json.dumps(GCP).encode()).decode(), "messageId": "1"},
                "subscription": "projects/p/subscriptions/s",
            },
            "gcp-audit",
        ),
        ({"time": "x", "resourceId": "/S", "operationName": "A/B/C", "category": "Administrative"}, "azure-activity"),
        ({"eventTimestamp": "x", "operationName": {"value": "A/B/C"}, "correlationId": "1"}, "azure-activity"),
        ({"event_timestamp": "x", "operation_name": {"value": "A"}, "correlation_id": "1"}, "azure-activity"),
        (AUDIT, "github-audit"),
        (HOOK, "github-webhook"),
        ({"x_github_event": "ping", "payload": {}}, "github-webhook"),
        ({"headers": {"X-GitHub-Event": "push"}, "body": HOOK}, "github-webhook"),
        (BUILD, "ci-build"),
        ({"object_kind": "pipeline", "object_attributes": {}}, "ci-build"),
        ({"name": "job", "build": {"phase": "STARTED", "number": 1}}, "ci-build"),
        (COMMIT, "git"),
        ({"sha": "c" * 40, "author": {"name": "x"}, "parents": []}, "git"),
        (STRANGER, None),
        ({}, None),
        ([], None),
        (b"not json", None),
        (b"[" * 100_000, None),
    ],
)
def test_a_record_is_known_by_the_names_of_its_members(record: object, source: str | None) -> None:
    assert sniff(encoded(record)[0]) == source


def test_text_inside_a_record_does_not_mislead() -> None:
    message = 'x "eventName": "y", "eventSource": "z", "protoPayload": {}'
    hook = {**HOOK, "commits": [{"id": "c" * 40, "message": message}]}
    assert sniff(encoded(hook)[0]) == "github-webhook"


def test_every_code_side_format_claims_its_own_record_and_no_other() -> None:
    own = {"github-audit": AUDIT, "github-webhook": HOOK, "ci-build": BUILD, "git": COMMIT}
    for record_of, record in own.items():
        assert [name for name, known in CODE_FORMATS.items() if known.claims(record)] == [record_of]


def test_a_batch_of_one_format_is_decoded_once_and_whole() -> None:
    counting = Counting()
    formats = build_formats({"cloudtrail": Format(counting.decode, lambda record: "eventName" in record)})
    parts = decode_mixed(encoded(*[TRAIL] * 50), "f", formats)
    assert counting.batches == [50]
    assert [(part.data_source, part.decoded.rows) for part in parts] == [("cloudtrail", list(range(50)))]


def test_a_stray_record_in_a_long_batch_finds_its_own_decoder() -> None:
    counting = Counting()
    formats = build_formats({"cloudtrail": Format(counting.decode, lambda record: "eventName" in record)})
    records = encoded(*[TRAIL] * 20, AUDIT, *[TRAIL] * 20, STRANGER, b"{", COMMIT)
    parts = {part.data_source: part for part in decode_mixed(records, "f", formats)}
    assert counting.batches == [44]
    assert parts["github-audit"].decoded.rows == [20]
    assert parts["git"].decoded.rows == [43]
    assert [(reject.index, reject.reason) for reject in parts["cloudtrail"].decoded.rejects] == [
        (41, "time-missing"),
        (42, "time-missing"),
    ]


def test_a_mixed_batch_goes_record_by_record_and_loses_nothing() -> None:
    records = encoded(AUDIT, HOOK, STRANGER, COMMIT, b"nonsense", BUILD, AUDIT, [1], {**AUDIT, "@timestamp": None})
    parts = decode_mixed(records, "f", build_formats({}))
    outcome = {row: part.data_source for part in parts for row in part.decoded.rows}
    rejects = {reject.index: reject.reason for part in parts for reject in part.decoded.rejects}
    assert outcome == {0: "github-audit", 1: "github-webhook", 3: "git", 5: "ci-build", 6: "github-audit"}
    assert rejects == {2: "unknown-format", 4: "not-json", 7: "not-an-object", 8: "time-missing"}
    assert sorted(position for part in parts for position in part.positions) == list(range(len(records)))
    assert {part.data_source for part in parts} == {*outcome.values(), UNKNOWN}


def test_the_same_records_are_the_same_events_however_they_are_batched() -> None:
    records = encoded(AUDIT, HOOK, COMMIT, BUILD)

    def ids(batches: Sequence[Sequence[bytes]]) -> set[str]:
        formats = build_formats({})
        parts = [part for batch in batches for part in decode_mixed(batch, "f", formats)]
        return {name for part in parts for name in part.decoded.columns["event_id"]}

    assert ids([records]) == ids([[record] for record in reversed(records)])
    assert len(ids([records])) == 4


def test_no_records_make_no_parts() -> None:
    assert decode_mixed([], "f", build_formats({})) == []


def test_a_name_that_is_no_data_source_is_refused() -> None:
    with pytest.raises(ValueError, match="No data source is called oracle"):
        build_formats({"oracle": CODE_FORMATS["git"]})


def test_what_no_format_claims_is_refused_without_asking_any_decoder() -> None:
    def never(records: Sequence[bytes], feed: str) -> Decoded:
        raise AssertionError("a document of megabytes would be redacted, only to be refused")

    formats = {"cloudtrail": Format(never, lambda record: False)}
    (part,) = decode_mixed(encoded(STRANGER, b"[1]", b"{"), "f", formats)
    assert part.data_source == UNKNOWN
    assert [(reject.index, reject.reason) for reject in part.decoded.rejects] == [
        (0, "unknown-format"),
        (1, "not-an-object"),
        (2, "not-json"),
    ]
