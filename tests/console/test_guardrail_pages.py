"""The library of guardrails in the console: finding one, filling it in, its policy, and a file of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from remit.adapters.store.store import Store
from remit.app.keeping import open_desks

from .asgi import Answer, get
from .conftest import console_of

REGIONS = "/guardrails/region-allowlist-deny"


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The desks of an empty store: the whole library, no event."""
    with Store.open(tmp_path_factory.mktemp("guardrails"), "test") as store:
        yield open_desks(store)


@pytest.fixture(scope="module")
def app(desks: dict[str, Any]) -> Any:
    return console_of([], desk=desks["questions"], desks=desks)


def asked(app: Any, path: str, **said: str) -> Answer:
    return get(app, f"{path}?{urlencode(said)}" if said else path)


def titles(page: str) -> list[str]:
    return re.findall(r'<a class="row" href="/guardrails/[a-z0-9-]+"><bdi>(.*?)</bdi>', page)


def test_the_library_lists_every_guardrail_and_says_whose_the_mappings_are(app: Any) -> None:
    page = asked(app, "/guardrails").text
    assert len(titles(page)) == 307
    assert "307 of 307 guardrails" in page
    assert "this project&#39;s own reading" in page


def test_a_search_for_sage_finds_what_bounds_sagemaker(app: Any) -> None:
    found = titles(asked(app, "/guardrails", q="sage").text)
    assert {"Deny Default VPC Usage (SageMaker)", "Require SageMaker Encryption", "Require Graviton SageMaker"} <= set(
        found
    )
    assert len(found) < 307


def test_filters_narrow_together_and_each_can_be_taken_away(app: Any) -> None:
    page = asked(app, "/guardrails", framework="PCI-DSS-4.0", type="RCP", service="s3").text
    found = titles(page)
    assert found
    assert f"{len(found)} of 307 guardrails" in page
    assert set(re.findall(r't-(\w+)">', page)) == {"rcp"}
    assert 'href="/guardrails?type=RCP&amp;service=s3" aria-label="Any framework"' in page


def test_the_count_beside_a_framework_is_what_its_link_finds(app: Any) -> None:
    page = asked(app, "/guardrails", q="s3").text
    pattern = r'href="(/guardrails\?[^"]*framework=SOC2)"><span class="label">SOC2</span><span class="n">(\d+)<'
    (url, count), *_ = re.findall(pattern, page)
    assert len(titles(get(app, url.replace("&amp;", "&")).text)) == int(count) > 0


def test_a_search_that_finds_nothing_says_what_was_looked_at(app: Any) -> None:
    page = asked(app, "/guardrails", q="zebra crossing").text
    assert "All 307 were looked at" in page
    assert "condition keys" in page


def test_a_framework_that_does_not_exist_is_an_error_with_those_that_do(app: Any) -> None:
    answer = asked(app, "/guardrails", framework="PCI-DDS")
    assert answer.status == 400
    assert "PCI-DSS-4.0" in answer.text


def test_a_guardrail_shows_its_example_until_it_is_filled_in(app: Any) -> None:
    page = asked(app, REGIONS).text
    assert "values of the example, which are not yours" in page
    filled = asked(app, REGIONS, **{"set.approved_regions": "eu-north-1\r\neu-west-3"}).text
    assert "values of the example" not in filled
    assert "&#34;eu-north-1&#34;" in filled
    assert "&#34;eu-west-3&#34;" in filled
    assert "remit guardrails render region-allowlist-deny --set approved_regions=eu-north-1,eu-west-3" in filled


def test_every_wrong_value_is_told_at_its_own_field(app: Any) -> None:
    answer = asked(app, REGIONS, **{"set.approved_regions": "Atlantis", "set.exempt_principal_arns": "me"})
    for name in ("approved_regions", "exempt_principal_arns"):
        assert f'id="wrong-{name}" role="alert"' in answer.text
    assert "Atlantis" in answer.text
    assert 'id="insights"' not in answer.text


def test_a_required_parameter_left_empty_is_told_at_its_field(app: Any) -> None:
    page = asked(app, REGIONS, **{"set.approved_regions": ""}).text
    assert 'id="wrong-approved_regions"' in page
    assert "must be given" in page


def test_a_parameter_that_does_not_exist_is_refused_out_loud(app: Any) -> None:
    page = asked(app, REGIONS, **{"set.approved_region": "eu-west-1"}).text
    assert "There is no parameter" in page


def test_each_finding_names_a_line_of_the_policy_that_is_shown(app: Any) -> None:
    page = asked(app, REGIONS).text
    lines = set(re.findall(r'<li id="(L\d+)"', page))
    places = set(re.findall(r'class="place" href="#(\w+)"', page))
    assert places
    assert places <= lines


@pytest.mark.parametrize("form", ["json", "terraform", "cloudformation", "cdk-typescript", "cdk-python"])
def test_what_is_downloaded_is_what_the_exporter_writes(app: Any, desks: dict[str, Any], form: str) -> None:
    said = {"set.approved_regions": "eu-north-1", "target": "ou-ab12-11111111", "form": form}
    answer = asked(app, f"{REGIONS}/export", **said)
    made = desks["exports"].export_guardrail(
        "region-allowlist-deny", {"approved_regions": ["eu-north-1"]}, form, ["ou-ab12-11111111"]
    )
    assert answer.text == made["text"]
    assert answer.headers["content-disposition"] == f'attachment; filename="region-allowlist-deny{made["suffix"]}"'
    if form == "json":
        assert json.loads(answer.text)["Version"] == "2012-10-17"


def test_a_form_that_cannot_be_exported_says_why(app: Any) -> None:
    assert asked(app, f"{REGIONS}/export", form="word").status == 400


def test_a_backtest_is_run_when_it_is_asked_for_and_says_what_it_looked_at(app: Any) -> None:
    assert "No call was considered" not in asked(app, REGIONS).text
    page = asked(app, REGIONS, since="30d").text
    assert "No call was considered" in page
    assert "No organization is known" in page


def test_a_backtest_is_remembered_only_when_somebody_keeps_it(app: Any) -> None:
    values = {"set.approved_regions": "eu-north-1", "since": "30d"}
    page = asked(app, REGIONS, **values).text
    assert f'action="{REGIONS}/backtest"' in page
    headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "http://127.0.0.1:8420")]
    answer = get(app, f"{REGIONS}/backtest", method="POST", headers=headers, body=urlencode(values).encode())
    assert answer.status == 303
    kept = get(app, answer.headers["location"].partition("#")[0]).text
    assert "This backtest is kept as" in kept
    assert "&#34;eu-north-1&#34;" in kept


def test_a_target_that_cannot_be_looked_up_is_told_beside_the_backtest(app: Any) -> None:
    answer = asked(app, REGIONS, since="30d", target="ou-none")
    assert answer.status == 200
    assert "ou-none" in answer.text
    assert "cannot be looked up" in answer.text


def test_what_an_address_says_is_shown_inert(app: Any) -> None:
    script = "<script>alert(1)</script>"
    for url, said in (
        ("/guardrails", {"q": script}),
        ("/guardrails", {"service": script}),
        (REGIONS, {"set.approved_regions": script}),
        (REGIONS, {f"set.{script}": "x"}),
        (REGIONS, {"since": "30d", "target": script, "query": script}),
    ):
        assert "<script>alert" not in asked(app, url, **said).text


def test_every_guardrail_of_the_library_has_a_page(app: Any, desks: dict[str, Any]) -> None:
    for each in desks["guardrails"].list()["items"][::13]:
        assert get(app, f"/guardrails/{each['id']}").status == 200, each["id"]
    assert get(app, "/guardrails/nothing-like-this").status == 404
