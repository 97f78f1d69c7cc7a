"""What the query's input offers: the words of the language, and values as they have to be written."""

from __future__ import annotations

import json
import re

import pytest

from remit.model.columns import QUERY_FIELDS
from remit.rooms.query import read_query
from remit.rooms.query.completion import field_words, written

from .asgi import get
from .conftest import Console
from .estate import NOW, mixed, row


def words_of(app) -> dict:
    """The words that the page of the Event Center leads its script to."""
    url = re.search(r'data-words="([^"]+)"', get(app, "/").text)[1]
    answer = get(app, url)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert "immutable" in answer.headers["cache-control"]
    return {field: (means, values) for field, means, values in json.loads(answer.body)}


def test_every_word_of_the_language_is_offered_with_its_meaning(console: Console) -> None:
    words = words_of(console(mixed(1)))
    assert set(words) == {*QUERY_FIELDS, "since", "until"}
    assert all(means and "`" not in means for means, _ in words.values())
    assert words["source"][1][:2] == ["AgentOps", "ClickOps"]
    assert words["denied"][1] == ["true", "false"]
    assert words["agent"][1] == 1


@pytest.mark.parametrize("word", [each for each in field_words() if each.values], ids=lambda each: each.field)
def test_every_offered_word_can_be_asked(word) -> None:
    for value in word.values:
        read_query(f"{word.field}:{value}", NOW)


def test_values_come_commonest_first_and_as_they_are_written(console: Console) -> None:
    rows = [row(1, agent="Claude Code"), row(2, agent="Claude Code"), row(3, agent="Codex"), row(4, agent='a"b, c')]
    answer = get(console(rows), "/complete/agent?find=c")
    assert json.loads(answer.body) == [['"Claude Code"', 2], ["Codex", 1], ['"a\\"b, c"', 1]]
    assert json.loads(get(console(rows), "/complete/agent?find=cod").body) == [['"Claude Code"', 2], ["Codex", 1]]


@pytest.mark.parametrize("field", ["principal", "time", "nothing", "%3Cscript%3E"])
def test_a_field_whose_values_are_not_counted_is_not_found(console: Console, field: str) -> None:
    assert get(console(mixed(3)), f"/complete/{field}").status == 404


@pytest.mark.parametrize("value", ["a b", "x*y", "AND", "-minus", 'q"uote', "back\\slash", "(group)", "ünï", "a,b"])
def test_what_is_offered_asks_for_that_very_value(value: str) -> None:
    text = written("agent", value)
    assert text is not None
    assert read_query(f"agent:{text}", NOW) == read_query(f"agent:{json.dumps(value, ensure_ascii=False)}", NOW)


def test_a_value_that_no_query_can_name_is_not_offered() -> None:
    assert written("agent", "") is None
