"""The pages of alerts over a real store: set one from a query, try it, be told, silence it; and who may."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from tests.console.asgi import Answer, get
from tests.console.page_reader import Page

from remit.app.desk import LocalDesk
from remit.app.keeping import open_desks
from remit.faces.console.alert_links import alert_url
from remit.faces.console.site import build_console
from remit.faces.web.access import OPEN_HOUSE, Entrance, NoCredentials
from remit.faces.web.caller import ROLES, Caller
from remit.model.errors import TooSlow
from remit.rooms.query.predicate import EVERYTHING

from .conftest import House
from .receiver import receiving

VIEWER = Entrance(NoCredentials(), Caller("vera", "person", ROLES["viewer"], "viewer"))
OPERATOR = Entrance(NoCredentials(), Caller("olga", "person", ROLES["operator"], "operator"))


def console(house: House, entrance: Entrance = OPEN_HOUSE) -> Any:
    desks = {**open_desks(house.store), "alerts": house.desk}
    desk: LocalDesk = desks["questions"]
    return build_console(
        desk, allowed_hosts={"127.0.0.1:8420"}, demo=False, notices=list, desks=desks, entrance=entrance,
        clock=lambda: house.now,
    )  # fmt: skip


def post(app: Any, to: str, /, **form: str) -> Answer:
    return get(app, to, method="POST", body=urlencode(form).encode())


def test_an_alert_is_set_from_a_query_tried_told_and_deleted_with_forms_alone(house: House) -> None:
    app = console(house)
    house.happens("ada", "DeleteBucket", 3)
    house.later(5)
    assert "/alerts/new?q=operation%3ADeleteBucket" in get(app, "/?q=operation:DeleteBucket&since=all").text
    tried = Page(get(app, "/alerts/new?q=operation:DeleteBucket+since:24h").text)
    assert tried.faults == []
    assert "Its range of time was taken out" in tried.text
    assert "3 acts matched; this alert would have sent 1 message." in tried.text
    saved = post(app, "/alerts", q="operation:DeleteBucket", kind="match", **{"match.quiet": "2h"}, name="Buckets go")
    assert saved.status == 303
    place = saved.headers["location"]
    house.happens("ben", "DeleteBucket")
    house.rounds.once()
    shown = get(app, place).text
    assert "ben called s3:DeleteBucket" in shown
    assert '<b class="unseen-count">1' in shown
    assert "this alert had no channel" in shown
    assert post(app, "/alerts/seen", alert=place.rpartition("/")[2]).status == 303
    assert "unseen-count" not in get(app, "/alerts").text
    edit = get(app, f"{place}/edit").text
    assert 'value="2h"' in edit
    assert post(app, place, q="operation:CreateBucket", kind="rate", version="1", **{"rate.least": "4"}).status == 303
    assert post(app, place, q="operation:x", kind="match", version="1").status == 409
    assert post(app, f"{place}/switch", enabled="0", version="2").status == 303
    assert "Turn on" in get(app, place).text
    assert post(app, f"{place}/delete", version="1").status == 409
    assert post(app, f"{place}/delete", version="3").status == 303
    assert get(app, place).status == 404


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"q": "nosuch:1"}, "There is no field «nosuch»"),
        ({"q": "service:s3 (until:1d OR x)"}, "cannot confine time"),
        ({"q": "service:s3", "kind": "rate", "rate.window": "soon"}, "cannot be «soon»"),
        ({"q": "service:s3", "kind": "never"}, "There is no kind of alert"),
        ({"q": "service:s3", "channel.nowhere": "on"}, "There is no channel"),
        ({"q": "service:s3", "name": "x" * 121}, "at most 120 characters"),
    ],
)
def test_a_mistake_shows_the_form_again_with_what_was_written(house: House, form: dict[str, str], says: str) -> None:
    app = console(house)
    for answer in (post(app, "/alerts", **form), get(app, f"/alerts/new?{urlencode(form)}")):
        assert answer.status == 400
        page = Page(answer.text)
        assert page.faults == []
        assert says in page.text
        assert form["q"] in [each.get("value") for each in page.inputs]
    assert house.desk.alerts()["alerts"] == []


def test_every_kind_can_be_tried_and_every_page_stands_when_the_store_is_empty(house: House) -> None:
    app = console(house)
    for path in ("/alerts", "/alerts/channels", *(f"/alerts/new?kind={each['name']}" for each in house.desk.kinds())):
        answer = get(app, path)
        assert answer.status == 200
        assert Page(answer.text).faults == []


def test_an_alert_whose_trial_takes_too_long_can_still_be_set(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def given_up(_: object) -> None:
        raise TooSlow("This question takes longer than 20 seconds and was given up")

    monkeypatch.setattr(house.desk, "dry_run", given_up)
    shown = get(console(house), "/alerts/new?q=operation:DeleteBucket")
    assert shown.status == 200
    assert "It was not tried: This question takes longer than 20 seconds" in Page(shown.text).text
    assert "Save alert" in shown.text


def test_the_alert_of_an_event_asks_for_the_like_of_it(house: House) -> None:
    house.happens("ada", "DeleteBucket")
    app = console(house)
    event = house.index.search(EVERYTHING, ("event_id",), 1)[0]
    shown = get(app, f"/events/{event['event_id']}").text
    assert "/alerts/new?q=service%3As3+operation%3ADeleteBucket+account%3A111122223333" in shown


def test_a_form_left_to_add_a_channel_comes_back_as_it_stood_with_the_channel_chosen(house: House) -> None:
    app = console(house)
    draft = {"back": "/alerts/new", "touched": "1", "q": "operation:X name:a&b", "kind": "rate", "rate.least": "4"}
    page = get(app, f"/alerts/channels?{urlencode({**draft, 'name': 'Mine'})}")
    assert "Save channel and go back to the alert" in page.text
    url = "https://hooks.example/services/secretpath"
    form = {"name": "ops", "kind": "slack", "url": url, "back": draft.pop("back")}
    back = post(app, "/alerts/channels", **form, draft=urlencode({**draft, "name": "Mine"})).headers["location"]
    asked = dict(parse_qsl(urlsplit(back).query))
    assert asked == {**draft, "name": "Mine", "channel.ops": "on"}
    assert urlsplit(back).path == "/alerts/new"
    for elsewhere in ("//evil.example", "https://evil.example/", "/alerts/new/../../x", "/alerts/%0a/edit"):
        assert post(app, "/alerts/channels", **{**form, "back": elsewhere}).headers["location"] == "/alerts/channels"


def test_the_only_channel_is_chosen_until_a_person_takes_it_off(house: House) -> None:
    app = console(house)

    def chosen(path: str) -> list[str]:
        return [
            each["name"]
            for each in Page(get(app, path).text).inputs
            if "checked" in each and "channel." in str(each.get("name"))
        ]

    post(app, "/alerts/channels", name="ops", kind="slack", url="https://hooks.example/services/secretpath")
    assert chosen("/alerts/new?q=operation:x") == ["channel.ops"]
    assert chosen("/alerts/new?q=operation:x&touched=1") == []
    post(app, "/alerts/channels", name="two", kind="slack", url="https://hooks.example/services/secretpath")
    assert chosen("/alerts/new?q=operation:x") == []


def test_the_alert_of_a_denied_delete_asks_for_any_outcome_and_offers_any_delete(house: House) -> None:
    denied = {
        "actor": {"kind": "agent"},
        "action": {"service": "rds", "operation": "DeleteDBCluster", "kind": "delete"},
    }
    url = alert_url({**denied, "environment": "production", "denied": True})
    asked = parse_qs(urlsplit(url).query)
    call = "who:agent service:rds operation:DeleteDBCluster env:production"
    assert asked == {"q": [call], "or": ["who:agent kind:delete env:production", f"{call} denied:true"]}
    page = get(console(house), url).text
    assert "Or watch instead" in page
    assert Page(page).faults == []


def test_a_test_message_says_how_it_went_and_only_an_administrator_sets_where_alerts_go(house: House) -> None:
    app = console(house)
    with receiving() as receiver:
        url = f"{receiver.url}/services/secretpath12345"
        assert post(app, "/alerts/channels", name="ops", kind="slack", url=url).status == 303
        alert = post(app, "/alerts", q="operation:x", kind="match", **{"channel.ops": "on"}).headers["location"]
        assert "ops took the test message" in Page(post(app, f"{alert}/test").text).text
        receiver.status, receiver.answer = 404, b"no_service <b>"
        said = Page(post(app, "/alerts/channels/change", name="ops", do="test").text).text
        assert "refused the message with status 404: no_service <b>" in said
        assert receiver.taken[0].message["text"].startswith("Test: operation:x: This is a test of the alert")
    assert "secretpath" not in get(app, "/alerts/channels").text
    for caller, url, form in (
        (OPERATOR, "/alerts/channels", {"name": "mine", "kind": "slack", "url": "https://evil.example/x"}),
        (OPERATOR, "/alerts/channels/change", {"name": "ops", "do": "remove"}),
        (VIEWER, "/alerts/channels/change", {"name": "ops", "do": "test"}),
        (VIEWER, "/alerts", {"q": "operation:y", "kind": "match"}),
        (VIEWER, f"{alert}/delete", {}),
        (VIEWER, f"{alert}/test", {}),
        (VIEWER, "/alerts/seen", {}),
    ):
        assert post(console(house, caller), url, **form).status == 403
    assert "Save alert" not in get(console(house, VIEWER), "/alerts/new").text
    assert [each["name"] for each in house.desk.channels()] == ["ops"]


def test_a_channel_that_an_alert_sends_to_is_not_removed_until_it_sends_elsewhere(house: House) -> None:
    app = console(house)
    assert post(app, "/alerts/channels", name="ops", kind="slack", url="https://hooks.example/x12345678").status == 303
    alert = house.desk.add({"query": "who:agent", "name": "Agents", "channels": ["ops"]}, "ana")
    kept = post(app, "/alerts/channels/change", name="ops", do="remove")
    assert (kept.status, "is used by 1 alert: Agents" in Page(kept.text).text) == (400, True)
    assert [each["name"] for each in house.desk.channels()] == ["ops"]
    house.desk.change(alert["id"], {"channels": []}, None, "ana")
    assert post(app, "/alerts/channels/change", name="ops", do="remove").status == 303
    assert house.desk.channels() == []


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "ftp://hooks.example.com/x",
        "https://",
        "https://user:pass@hooks.example.com/x",
        "http://169.254.169.254/latest",
        "http://localhost.evil.example/x",
        "https://hooks.example.com/x y",
        "javascript:alert(1)",
        "https://[::1",
    ],
)
def test_an_address_that_is_not_https_is_refused(house: House, url: str) -> None:
    answer = post(console(house), "/alerts/channels", name="ops", kind="slack", url=url)
    assert answer.status == 400
    assert "address" in Page(answer.text).text
    assert not (house.store.folder / "secrets.json").exists()


def test_hostile_names_stay_text_on_the_pages(house: House) -> None:
    hostile = "<script>alert(1)</script>\u202egnp"
    house.add("operation:DeleteBucket")
    house.happens(hostile, "DeleteBucket")
    house.later(5)
    house.rounds.once()
    app = console(house)
    for path in (
        "/alerts",
        f"/alerts/{house.desk.alerts()['alerts'][0]['id']}",
        "/alerts/new?q=operation:DeleteBucket",
    ):
        text = get(app, path).text
        assert "<script>alert" not in text
        assert "\u202e" not in text
        assert "gnp" in text
