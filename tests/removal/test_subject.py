"""A text names a subject where the subject stands whole."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.model.errors import UsageError
from remit.rooms.removal.subject import Subject, read_subject

MAYA = "maya@example.com"
WHOLE = [
    ("ann", "ann"),
    ("ann", "Thanks, Ann!"),
    ("ann", "arn:aws:iam::111122223333:user/ann"),
    ("ann", "@ann"),
    ("ann", "co_author=ANN"),
    ("ann", "CORP\\ann"),
    ("ann", "it was ann."),
    ("ann", "--ann"),
    (MAYA, f"<{MAYA}>"),
    (MAYA, "AROAEXAMPLE:Maya@Example.com"),
    (MAYA, "user=maya%40example.com&x"),
    (MAYA, r"maya\u0040example.com"),
    ("10.0.0.1", "from 10.0.0.1:443"),
    ("10.0.0.1", "10.0.0.1/32"),
    ("10.0.0.1", "it came from 10.0.0.1."),
    ("arn:aws:iam::1:user/x", "User: arn:aws:iam::1:user/x is not"),
    ("Ann Smith", "by Ann Smith, yesterday"),
    ("Ann Smith", "Ann%20Smith"),
    ("josé", "José"),
    ("josé", "Jose\u0301"),
    ("STRASSE", "straße"),
    ("李雷", "由 李雷 提交"),
]
PART = [
    ("ann", "joanna"),
    ("ann", "annabel"),
    ("ann", "ann_b"),
    ("ann", "ann@example.com"),
    ("ann", "j.ann"),
    ("ann", "ann-marie"),
    ("ann", "x+ann"),
    (MAYA, "j.maya@example.com"),
    (MAYA, "maya@example.com.au"),
    ("example.com", MAYA),
    ("10.0.0.1", "10.0.0.12"),
    ("10.0.0.1", "110.0.0.1"),
    ("10.0.0.1", "10.0.0.1.5"),
    ("arn:aws:iam::1:user/x", "arn:aws:iam::1:user/xy"),
    ("josé", "josélito"),
]


@pytest.mark.parametrize(("subject", "text"), WHOLE)
def test_a_text_that_holds_the_subject_whole_names_it(subject, text):
    asked = read_subject(subject)
    assert asked.names(text)
    assert asked.names_in_source(json.dumps({"x": text}))
    assert asked.names_in_source(json.dumps({"x": f"first line\n{text}"}, ensure_ascii=False))
    assert asked.names_in_source(json.dumps({text: json.dumps({"inner": [text]})}))
    assert not asked.names(asked.replaced(text, "#"))


@pytest.mark.parametrize(("subject", "text"), PART)
def test_a_longer_word_does_not_name_the_subject_inside_it(subject, text):
    asked = read_subject(subject)
    assert not asked.names(text)
    assert not asked.names_in_source(json.dumps({"x": text, text: [text]}))
    assert asked.replaced(text, "#") == text


def _is_candidate(subject: Subject, text: str) -> bool:
    return bool(pc.match_substring_regex(pa.array([text]), subject.candidates, ignore_case=True)[0].as_py())


@pytest.mark.parametrize(("subject", "text"), WHOLE)
def test_whatever_names_the_subject_passes_the_pattern_that_is_tried_first(subject, text):
    asked = read_subject(subject)
    for form in (text, json.dumps({"x": text}), json.dumps({"x": json.dumps([text])}), json.dumps([text]).upper()):
        assert _is_candidate(asked, form) or not asked.names_in_source(form)
    assert _is_candidate(asked, json.dumps(text))


_LETTERS = st.sampled_from("annANN.@-+_/\\%40\\u00 \"'é\u0301ßß:李")


@given(st.text(_LETTERS, min_size=3, max_size=6), st.text(_LETTERS, max_size=30), st.booleans())
def test_no_text_that_names_a_subject_slips_through_the_first_pattern(words, text, spelled):
    try:
        asked = read_subject(words)
    except UsageError:
        return
    text = json.dumps(text + words + text) if spelled else text + words
    if asked.names_in_source(text):
        assert _is_candidate(asked, text)


@pytest.mark.parametrize("words", ["", "  ", "ab", "...", "@@@", "a\nbc", "x" * 513, "ab\u2028cd"])
def test_a_subject_that_could_mean_anybody_or_cannot_be_seen_is_refused(words):
    with pytest.raises(UsageError):
        read_subject(words)


def test_the_bytes_looked_for_are_the_forms_that_files_write():
    needles = read_subject("Maya/Ü@example.com").needles
    for form in ('"Maya/Ü@example.com"', json.dumps("Maya/Ü@example.com"), "maya%2F%C3%9C%40example.com"):
        assert re.search(b"|".join(map(re.escape, needles)), form.encode().lower()), form
