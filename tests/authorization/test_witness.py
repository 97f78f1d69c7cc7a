"""A resource that two patterns share is found exactly when there is one."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from remit.rooms.authorization.witness import ANY, form, meeting
from remit.rooms.iam.templates import matcher, tokens_of

CASES = (
    ("arn:aws:s3:::acme-*", "arn:aws:s3:::?*/?*", f"arn:aws:s3:::acme-/{ANY}"),
    ("arn:aws:s3:::acme", "arn:aws:s3:::?*/?*", None),
    ("arn:aws:s3:::acme/*", "arn:aws:s3:::?*/?*", f"arn:aws:s3:::acme/{ANY}"),
    ("*", "arn:aws:ec2:eu-west-1:1:instance/?*", f"arn:aws:ec2:eu-west-1:1:instance/{ANY}"),
    ("arn:aws:ec2:eu-*", "arn:aws:ec2:us-east-1:1:instance/?*", None),
    ("*:role/*-deploy", "arn:aws:iam::1:role/?*", f"arn:aws:iam::1:role/{ANY}-deploy"),
    ("?", "*", ANY),
    ("", "*", ""),
)


@pytest.mark.parametrize(("left", "right", "shared"), CASES)
def test_patterns_meet_where_they_should(left: str, right: str, shared: str | None) -> None:
    assert meeting(left, right) == shared == meeting(right, left) or meeting(right, left) is not None


def test_what_is_found_fits_both_and_nothing_is_missed() -> None:
    """Against every text of up to four letters."""
    chance = random.Random(5)
    texts = ["".join(each) for size in range(5) for each in itertools.product("ab", repeat=size)]
    met = 0
    for _ in range(600):
        left, right = ("".join(chance.choices("ab*?", weights=(3, 3, 2, 1), k=chance.randint(0, 4))) for _ in "lr")
        fits = [matcher(tokens_of(each, variables=False)) for each in (left, right)]
        found = meeting(left, right)
        if found is None:
            assert not [text for text in texts if all(fit(text) for fit in fits)], (left, right)
        else:
            met += 1
            assert all(fit(found) for fit in fits), (left, right, found)
    assert met > 100


def test_a_template_takes_what_is_known_and_leaves_the_rest_open() -> None:
    made = form(
        "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}", {"Partition": "aws", "Account": "1"}
    )
    assert re.fullmatch(r"arn:aws:ec2:\?\*:1:instance/\?\*", made)


def test_patterns_built_to_explode_are_answered_at_once() -> None:
    assert meeting("*a" * 900 + "b", "arn:aws:iam::1:role/?*") is not None
    assert meeting("a*" * 5000, "b*") is None
