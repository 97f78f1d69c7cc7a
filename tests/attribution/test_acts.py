"""Which record of one act counts."""

from __future__ import annotations

from remit.rooms.attribution.acts import settle_act
from remit.rooms.attribution.links import CAUSE, EFFECT, SAME_ACT, Link


def facts(event_id: str, data_source: str = "cloudtrail", *markers: str) -> dict[str, object]:
    return {"event_id": event_id, "data_source": data_source, "markers": list(markers)}


def test_the_call_counts_and_the_request_that_caused_it_does_not() -> None:
    call, request = facts("b"), facts("a")
    assert settle_act(call, [Link(CAUSE, request)]) == (True, ["a"])
    assert settle_act(request, [Link(EFFECT, call)]) == (False, ["b"])


def test_two_records_that_name_each_other_as_the_cause_count_once() -> None:
    one, two = facts("a"), facts("b")
    both = [
        settle_act(one, [Link(CAUSE, two), Link(EFFECT, two)]),
        settle_act(two, [Link(CAUSE, one), Link(EFFECT, one)]),
    ]
    assert both == [(True, ["b"]), (False, ["a"])]


def test_the_audit_log_counts_before_a_webhook_and_the_end_before_the_beginning() -> None:
    audit, webhook = facts("z", "github-audit"), facts("a", "github-webhook")
    assert settle_act(audit, [Link(SAME_ACT, webhook)])[0]
    assert not settle_act(webhook, [Link(SAME_ACT, audit)])[0]
    begin, end = facts("a", "azure-activity", "stage=begin"), facts("z", "azure-activity", "stage=end")
    assert settle_act(end, [Link(SAME_ACT, begin)])[0]
    assert not settle_act(begin, [Link(SAME_ACT, end)])[0]
