"""Nothing anybody writes makes a decoder raise, hang or lose a record; and the shared logs read true."""

from __future__ import annotations

import copy
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.model.columns import FACTS
from remit.model.vocabulary import ACTION_KINDS, OUTCOMES
from remit.rooms.events.decoded import Decoded
from remit.rooms.events.formats import CODE_FORMATS, build_formats, decode_mixed

SHARED = Path(__file__).parents[3] / "shared/data/audit/github"
TIME = "2025-11-20T09:13:20Z"
PERSON = {"name": "Mira", "email": "mira@example.com", "login": "mira", "id": 1, "type": "User", "date": TIME}
PLACE = {
    "repository": {"id": 7, "full_name": "acme/app", "pushed_at": 1763630000, "created_at": TIME},
    "sender": PERSON,
}
SHAPES: list[Any] = [
    {"action": "git.push", "@timestamp": 1763630000000, "actor": "mira", "repo": "acme/app", "data": {"team": "t"}},
    {"ref": "refs/heads/x", "after": "a" * 40, "before": "b" * 40, "head_commit": {"id": "a" * 40},
     "commits": [{"id": "a" * 40, "message": "m", "author": PERSON}], **PLACE},
    {"action": "closed", "pull_request": {"number": 1, "merged": True, "merged_at": TIME, "user": PERSON,
     "labels": [{"name": "x"}], "head": {"ref": "h", "sha": "a"}}, **PLACE},
    {"action": "completed", "workflow_run": {"id": 5, "updated_at": TIME, "head_commit": {"author": PERSON},
     "pull_requests": [{"number": 1}], "actor": PERSON}, **PLACE},
    {"action": "completed", "workflow_job": {"id": 5, "run_id": 6, "completed_at": TIME, "labels": ["x"]}, **PLACE},
    {"headers": {"X-GitHub-Event": "member"}, "received_at": TIME, "body": {"member": PERSON, **PLACE}},
    {"action": "created", "deployment": {"sha": "a", "created_at": TIME, "creator": PERSON}, **PLACE},
    {"git_commit": {"sha": "a" * 40, "author": PERSON, "committer": PERSON, "message": "m", "parents": ["b"],
     "trailers": [["Co-authored-by", "A <a@b.c>"]], "repository": "acme/app"}},
    {"ci_build": {"id": 1, "finished_at": TIME, "status": "failed", "triggered_by": PERSON, "repository": "a/b"}},
    {"object_kind": "pipeline", "object_attributes": {"id": 1, "created_at": TIME}, "user": PERSON, "commit": {}},
    {"number": 1, "building": False, "timestamp": 1763630000000, "duration": 5, "actions": [
     {"causes": [{"_class": "a$b", "userId": "n"}]}, {"lastBuiltRevision": {"SHA1": "a", "branch": [{"name": "x"}]}}]},
]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def check(decoded: Decoded, size: int) -> None:
    places = sorted([*decoded.rows, *(reject.index for reject in decoded.rejects)])
    assert places == list(range(size))
    assert all(len(values) == len(decoded.rows) for values in decoded.columns.values())
    for column in FACTS:
        for value in decoded.columns.get(column.name, ()):
            expected = {"strings": list, "time": int, "bool": (bool, type(None))}.get(column.kind, (str, type(None)))
            assert isinstance(value, expected), (column.name, value)
            assert value != ""
    assert set(decoded.columns.get("action_kind", ())) <= set(ACTION_KINDS)
    assert set(decoded.columns.get("outcome", ())) <= set(OUTCOMES)
    assert all(len(reject.detail) <= 300 for reject in decoded.rejects)
    for at in range(len(decoded.rows)):
        widths = {len(decoded.columns[name][at]) for name in ("resource_types", "resource_ids", "resource_arns")}
        assert len(widths) == 1


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [path for key, item in inner for path in paths(item, (*at, key))]


@pytest.mark.parametrize("source", sorted(CODE_FORMATS))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_real_record_with_anything_in_any_place_is_a_row_or_a_reject(source: str, data: st.DataObject) -> None:
    record = copy.deepcopy(data.draw(st.sampled_from(SHAPES)))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths(record)))
        place = record
        for key in path[:-1]:
            place = place[key] if isinstance(place, list) or key in place else {}
            if not isinstance(place, (dict, list)):
                break
        if isinstance(place, dict) or (isinstance(place, list) and isinstance(path[-1], int) and path[-1] < len(place)):
            place[path[-1]] = data.draw(VALUES)
    check(CODE_FORMATS[source].decode([json.dumps(record).encode()], "f"), 1)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()), max_size=6))
def test_any_bytes_are_accounted_for(records: list[bytes]) -> None:
    for known in CODE_FORMATS.values():
        check(known.decode(records, "f"), len(records))
    parts = decode_mixed(records, "f", build_formats({}))
    told = [place for part in parts for place in [*part.decoded.rows, *(r.index for r in part.decoded.rejects)]]
    assert sorted(told) == list(range(len(records)))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"", "not-json"),
        (b"\xff\xfe{", "not-json"),
        (b'"text"', "not-an-object"),
        (b'{"a":' * 50_000, "too-deep"),
        (b'{"action":' + b"9" * 6000 + b"}", "not-json"),
    ],
)
def test_what_cannot_be_read_at_all_says_why(record: bytes, reason: str) -> None:
    for known in CODE_FORMATS.values():
        assert [reject.reason for reject in known.decode([record], "f").rejects] == [reason]


def shared(name: str) -> list[bytes]:
    path = SHARED / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the shared logs are not here: {path}")
    with gzip.open(path) as lines:
        return [line.strip() for line in lines]


@pytest.mark.parametrize(
    ("name", "source", "accepted"),
    [
        ("panther-github-audit-rule-tests", "github-audit", 35),
        ("panther-github-webhook-rule-tests", "github-webhook", 5),
        ("octokit-webhook-payload-examples", "github-webhook", 108),
        ("git-commits-agent-and-human", "git", 4224),
    ],
)
def test_the_shared_logs_are_found_out_and_read(name: str, source: str, accepted: int) -> None:
    records = shared(name)
    parts = {part.data_source: part.decoded for part in decode_mixed(records, "f", build_formats({}))}
    assert set(parts) <= {source, "unknown"}
    assert len(parts[source].rows) == accepted
    assert len(set(parts[source].columns["event_id"])) == accepted
    assert {reject.reason for decoded in parts.values() for reject in decoded.rejects} <= {
        "time-missing",
        "not-an-event",
        "unknown-format",
    }


def test_the_agents_of_the_shared_history_are_told_by_address_and_trailer() -> None:
    columns = CODE_FORMATS["git"].decode(shared("git-commits-agent-and-human"), "f").columns
    said = Counter(marker for markers in columns["markers"] for marker in markers)
    assert said["author_email=noreply@anthropic.com"] == 102
    assert said["co_author=noreply@anthropic.com"] == 599
    assert said["co_author=223556219+Copilot@users.noreply.github.com"] == 409
    assert said["generated_with=Claude Code"] > 250
    assert sum(1 for pull in columns["pull_request"] if pull) > 2900
