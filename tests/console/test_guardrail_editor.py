"""A policy of one's own in the console: checked, mended, compared, tried and exported, without any script."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from remit.adapters.store.store import Store
from remit.app.keeping import open_desks
from remit.faces.web.caller import ROLES, Caller

from .asgi import Answer, get
from .conftest import console_of

EDIT = "/guardrails/edit"
SHADOWED = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "One", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"},
    {"Sid": "All", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
  ]
}"""
VIEWER = Caller("vera@example.com", "person", ROLES["viewer"], "viewer")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with Store.open(tmp_path_factory.mktemp("editor"), "test") as store:
        desks = open_desks(store)
        yield console_of([], desk=desks["questions"], desks=desks)


def posted(app: Any, **form: str) -> Answer:
    headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "http://127.0.0.1:8420")]
    return get(app, EDIT, method="POST", headers=headers, body=urlencode(form).encode())


def area(answer: Answer, name: str) -> str:
    """What stands in a text area; the line break after its tag is not part of it."""
    (found,) = re.findall(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)
    return html.unescape(found)


def fixes(answer: Answer) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'name="fix" value="([^"]*)"', answer.text)]


def test_a_text_is_checked_with_line_and_column(app: Any) -> None:
    answer = posted(app, text=SHADOWED, type="scp")
    assert "line 4, column" in answer.text
    assert "shadowed-statement" in answer.text
    assert area(answer, "text") == SHADOWED


def test_line_ends_of_a_browser_are_not_counted(app: Any) -> None:
    plain, windows = (posted(app, text=text, type="scp") for text in (SHADOWED, SHADOWED.replace("\n", "\r\n")))
    assert plain.text == windows.text


def test_a_button_applies_a_fix_and_keeps_the_version_before(app: Any) -> None:
    (fix,) = (each for each in fixes(posted(app, text=SHADOWED, type="scp")) if "shadowed" in each)
    after = posted(app, text=SHADOWED, type="scp", fix=fix)
    statements = json.loads(area(after, "text"))["Statement"]
    assert [each["Sid"] for each in statements] == ["All"]
    assert area(after, "before") == SHADOWED
    assert "Applied:" in after.text
    assert '<span class="gone">' in after.text


def test_a_fix_of_another_text_changes_nothing(app: Any) -> None:
    (fix,) = (each for each in fixes(posted(app, text=SHADOWED, type="scp")) if "shadowed" in each)
    other = SHADOWED.replace('"s3:GetObject"', '"ec2:RunInstances"')
    answer = posted(app, text=other, type="scp", fix=fix)
    assert area(answer, "text") == other
    assert "no longer fits" in answer.text


def test_a_backtest_of_two_versions_tells_their_difference(app: Any) -> None:
    answer = posted(app, text=SHADOWED, before=SHADOWED.replace("s3:", "ec2:"), type="scp", do="backtest", since="30d")
    assert "No call was considered" in answer.text
    assert "Against the version before" in answer.text


def test_only_policies_of_an_organization_are_tried(app: Any) -> None:
    answer = posted(app, text=SHADOWED, type="identity", do="backtest", since="30d")
    assert "can be tried on past calls" in answer.text
    assert "No call was considered" not in answer.text


@pytest.mark.parametrize(("form", "word"), [("terraform", "aws_organizations_policy"), ("json", '"Version"')])
def test_a_policy_of_one_s_own_is_exported(app: Any, form: str, word: str) -> None:
    answer = posted(app, text=SHADOWED, type="scp", do="export", form=form)
    (shown,) = re.findall(r'<pre class="out" id="exported"[^>]*>(.*?)</pre>', answer.text, re.DOTALL)
    assert word in html.unescape(shown)


def test_a_policy_that_aws_would_refuse_is_not_exported(app: Any) -> None:
    refused = SHADOWED.replace('"Sid": "All"', '"Sid": "All of it"')
    answer = posted(app, text=refused, type="scp", do="export", form="terraform", name="mine")
    assert "This SCP is not exported, for it has errors" in answer.text
    assert "mine at /Statement/1/Sid, line 5" in answer.text
    assert "aws_organizations_policy" not in answer.text


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"Statement": {}}', "\ud83d\ude00" * 10, "[" * 5000, "\x00"])
@pytest.mark.parametrize("do", ["check", "backtest", "export"])
def test_what_is_no_policy_is_answered_with_what_is_wrong(app: Any, text: str, do: str) -> None:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    answer = posted(app, text=text, type="scp", do=do, since="30d", form="terraform")
    assert answer.status == 200
    assert 'class="severity"' in answer.text
    if do != "check":
        assert answer.text.count('role="alert"') == 1


def test_nothing_written_is_no_error(app: Any) -> None:
    for text in ("", "  \r\n "):
        answer = posted(app, text=text, do="backtest", since="30d")
        assert "Nothing is written yet" in answer.text
        assert 'role="alert"' not in answer.text


def test_a_guardrail_is_taken_into_the_editor_with_its_values(app: Any) -> None:
    asked = urlencode({"guardrail": "region-allowlist-deny", "set.approved_regions": "eu-north-1"})
    answer = get(app, f"{EDIT}?{asked}")
    assert '"eu-north-1"' in area(answer, "text")
    assert area(answer, "before") == area(answer, "text")


def test_what_somebody_pastes_is_shown_inert(app: Any) -> None:
    script = "</textarea><script>alert(1)</script>"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": script, "Effect": script, "Action": script}]})
    for text in (script, policy):
        answer = posted(app, text=text, before=script, name=script, type="scp", do="export", form="terraform")
        assert "<script>alert" not in answer.text


def test_texts_too_long_to_compare_are_said_to_be(app: Any) -> None:
    answer = posted(app, text=SHADOWED + "\n" * 1600, before=SHADOWED, type="scp")
    assert "not compared line by line" in answer.text


def test_a_suggested_exemption_goes_into_the_editor_and_its_difference_is_tried_on_request(app: Any) -> None:
    condition = '"Condition": {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::123456789012:role/x"]}}'
    exempted = SHADOWED.replace('"Resource": "*"}\n', f'"Resource": "*", {condition}}}\n')
    form = {
        "text": exempted,
        "before": SHADOWED,
        "type": "scp",
        "exempted": "2",
        "since": "7d",
        "target": "123456789012",
    }
    put = posted(app, **form)
    assert (area(put, "text"), area(put, "before")) == (exempted, SHADOWED)
    assert "an exemption of the 2 callers seen" in put.text
    assert "No call was considered" not in put.text
    tried = posted(app, **form, do="backtest")
    assert "Against the version before" in tried.text
    assert 'name="since" value="7d"' in tried.text
    assert "an exemption of" not in posted(app, **{**form, "exempted": "<b>"}).text


def test_proposing_is_in_sight_before_anything_is_tried_and_json_is_said_to_have_no_attachment(app: Any) -> None:
    page = get(app, EDIT).text
    assert 'formaction="/guardrails/propose"' in page
    assert "JSON is the document alone" in page
