"""What the index takes apart to store it in fewer bytes comes back exactly as it came, and is found by it."""

from __future__ import annotations

import pytest

from remit.adapters.store.index.lookups import KEYED
from remit.adapters.store.index.narrowed import reader_of
from remit.adapters.store.index.packed import PACKED
from remit.model.columns import BY_NAME
from remit.rooms.query.predicate import Equals, either

from .rows import event_columns, put

UUID = "00000000-7b0c-4a1d-9e52-0000000000ff"
IDS = [
    UUID,
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    UUID.upper(),
    f"{{{UUID}}}",
    UUID.replace("-", ""),
    f" {UUID}",
    UUID[:-1],
    "0x7b0c4a1d",
    "-7b0c4a1d",
    "insert-id",
    "ü\x00'\"",
    "",
    None,
]
ARNS = [
    (["i-1"], ["arn:aws:ec2:us-east-1:123456789012:instance/i-1"], "123456789012"),
    (["1"], ["arn:aws:ec2:us-east-1:123456789012:instance/1"], "123456789012"),
    (["123456789012"], ["arn:aws:iam::123456789012:root/123456789012"], "123456789012"),
    (["\x02"], ["arn:aws:s3:::\x02"], "a"),
    (["a\x01"], ["arn:aws:s3:::a\x01"], "s3"),
    (["a"], ["arn:aws:s3:::b"], "c"),
    (["a"], ["arn:aws:s3:::a"], None),
    (["a"], ["arn:aws:s3:::a"], ""),
    ([""], ["arn:aws:s3:::a"], "3"),
    (["a"], [""], "1"),
    (["a", "b"], ["arn:aws:s3:::a", "arn:aws:s3:::b"], "1"),
    (["a", "b"], ["arn:aws:s3:::a"], "1"),
    ([], [], "1"),
    ([], ["arn:aws:s3:::a"], "1"),
]


def test_ids_of_every_shape_come_back_as_they_came_and_are_found(store):
    events = event_columns(len(IDS))
    events["provider_id"] = events["request_id"] = IDS
    put(store, events)
    store.follow()
    found = store.index.by_id(events["event_id"], ["provider_id", "request_id"])
    assert [found[each]["provider_id"] for each in events["event_id"]] == IDS
    assert [found[each]["request_id"] for each in events["event_id"]] == IDS
    reader = reader_of(store.index)
    for event_id, provider_id in zip(events["event_id"], IDS, strict=True):
        if provider_id:
            rows = reader.search(Equals("provider_id", provider_id), ("event_id",), 9)
            assert [row["event_id"] for row in rows] == [event_id]
    every = either(Equals("provider_id", each) for each in IDS if each)
    assert reader.tally(every)["records"] == len([each for each in IDS if each])


def test_names_of_resources_come_back_as_they_came(store):
    events = event_columns(len(ARNS))
    events["resource_ids"], events["resource_arns"], events["account"] = (
        list(each) for each in zip(*ARNS, strict=True)
    )
    put(store, events)
    store.follow()
    found = store.index.by_id(events["event_id"], ["resource_arns", "resource_ids", "account"])
    for event_id, (ids, arns, account) in zip(events["event_id"], ARNS, strict=True):
        assert found[event_id] == {
            "event_id": event_id,
            "resource_arns": arns,
            "resource_ids": ids,
            "account": account,
        }


LISTS = [[], [""], ["", ""], ["a"], ["a=b", "c"], ["a\x1fb"], ["\x1f"], ["ü\x00'\""], ["a", "", "a"]]


def test_lists_come_back_as_they_came(store):
    events = event_columns(len(LISTS))
    events["markers"] = events["context_unknown"] = LISTS
    put(store, events)
    store.follow()
    found = store.index.by_id(events["event_id"], ["markers", "context_unknown"])
    assert [found[each]["markers"] for each in events["event_id"]] == LISTS
    assert [found[each]["context_unknown"] for each in events["event_id"]] == LISTS
    assert store.index.execute("SELECT count(*) AS n FROM events WHERE len(markers_list) > 0")["n"].to_pylist() == [2]


def test_most_of_what_is_taken_apart_is_stored_as_numbers_and_short_forms(store):
    events = event_columns(3)
    events["provider_id"] = events["request_id"] = [UUID] * 3
    events["resource_ids"], events["account"] = [["i-1"]] * 3, ["123456789012"] * 3
    events["resource_arns"] = [["arn:aws:ec2:us-east-1:123456789012:instance/i-1"]] * 3
    put(store, events)
    store.follow()
    sql = "SELECT DISTINCT provider_text, request_text, arn_list, arn_form FROM events"
    assert store.index.execute(sql).to_pylist() == [
        {
            "provider_text": None,
            "request_text": None,
            "arn_list": None,
            "arn_form": "arn:aws:ec2:us-east-1:\x02:instance/\x01",
        }
    ]


@pytest.mark.parametrize("name", [*PACKED, *KEYED])
def test_what_is_packed_or_has_a_key_is_a_column_of_events(name):
    assert BY_NAME[name].stage != "lake"
