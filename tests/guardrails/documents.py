"""Policies to export: plain ones, and ones whose every text is chosen to be misread."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import strategies as st

SNIPPETS = (
    "${aws:PrincipalTag/team, 'none'}",
    "$${escaped}",
    "$$${twice}",
    "%{if true}",
    "%%{x}%{y}",
    "$",
    "%",
    "$$",
    "{",
    '"quoted" \\ back',
    "line\nbreak\r\n\ttab",
    "\u2028\u2029\u0085\ufeff\u202e\u200b",
    "\x00\x07\x1b\x7f",
    "日本語 ñ 🔒 \U000e0001",
    "'''\"\"\"`${x}`",
    "*/ // # --",
    "EOT\n",
    "Null",
    "yes",
    "2012-10-17",
    "0x10",
    "1e3",
    "~",
    "- a: b",
    "&a *a !Sub {x}",
    "{{ x }}",
    "#{Aws}",
    "</script>",
)
HOSTILE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": f"S{number}",
            "Effect": "Deny",
            "Action": ["s3:*", text],
            "Resource": text,
            "Condition": {
                "StringNotEqualsIfExists": {f"aws:RequestTag/{text}": [text, f"a{text}b"]},
                "Null": {text: True},
            },
        }
        for number, text in enumerate(SNIPPETS)
    ],
}
PLAIN: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "DenyOutsideApprovedRegions",
            "Effect": "Deny",
            "NotAction": ["iam:*", "sts:*"],
            "Resource": "*",
            "Condition": {
                "StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]},
                "ArnNotLikeIfExists": {"aws:PrincipalArn": ["arn:aws:iam::*:role/platform-*"]},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        },
        {"Sid": "Empty", "Effect": "Deny", "Action": [], "Resource": ["*"], "Condition": {}},
    ],
}

_LETTERS = st.characters(exclude_categories=("Cs",))
_TEXTS = st.one_of(
    st.sampled_from(SNIPPETS),
    st.lists(st.one_of(st.sampled_from(SNIPPETS), st.text(_LETTERS, max_size=6)), max_size=3).map("".join),
).map(lambda text: unicodedata.normalize("NFC", text))
_NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(-1e15, 1e15, allow_nan=False))


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Objects of JSON such as a policy is, with any text as key or value."""
    values = st.recursive(
        st.one_of(_TEXTS, st.booleans(), _NUMBERS),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXTS, inner, max_size=4)),
        max_leaves=12,
    )
    return st.dictionaries(_TEXTS, values, min_size=1, max_size=5)
