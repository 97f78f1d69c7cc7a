"""The cases beside the checks, and how each is read.

A case names a check's ``code`` and either the JSON Pointer ``at`` which it must be told, or ``null`` when it must not.
A pointer that does not begin with a slash is one below the first statement. ``begins`` is the text that must stand at
the line and column of the finding; left out, the name of the member that the pointer ends in.

The document is a ``text``, a ``policy``, a list of ``statements``, or one ``statement``: a Deny of s3:GetObject on
everything but for what the case says (``null`` takes an element away). ``buckets`` gives that statement as many
buckets of 50 characters; ``spaces`` puts as many line breaks before the end of the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

from remit.reference.aws import AwsReference
from remit.reference.aws_condition_keys import ConditionKeys
from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.lint import Insights, lint, text_of
from remit.rooms.guardrails.insights.located import read_located
from remit.rooms.guardrails.insights.viewing import view_policy

MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)
FOLDER = resources.files("remit.rooms.guardrails.insights") / "cases"
PLAIN = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}


@lru_cache(maxsize=1)
def tables() -> tuple[AwsReference, ConditionKeys]:
    """The tables that ship with the package."""
    data = resources.files("remit.reference.data")
    return (
        AwsReference.from_bytes((data / "aws_actions.json.gz").read_bytes()),
        ConditionKeys.from_bytes((data / "aws_condition_keys.json.gz").read_bytes()),
    )


def facts(**more: Any) -> Facts:
    """Fresh facts at one moment for all cases."""
    return Facts(*tables(), MOMENT, **more)


@dataclass(frozen=True)
class Case:
    """One case as its file has it."""

    file: str
    data: dict[str, Any]

    @property
    def label(self) -> str:
        return f"{self.data['code']}: {self.data['name']}"

    @property
    def text(self) -> str:
        if "text" in self.data:
            return str(self.data["text"])
        text = text_of(self.data.get("policy") or {"Version": "2012-10-17", "Statement": self._statements()})
        return text[:-1] + "\n" * self.data.get("spaces", 0) + text[-1]

    def _statements(self) -> list[Any]:
        if "statements" in self.data:
            return list(self.data["statements"])
        one = {**PLAIN, **self.data.get("statement", {})}
        if "buckets" in self.data:
            names = (f"bucket-with-a-name-of-{n:04}" for n in range(self.data["buckets"]))
            one["Resource"] = [f"arn:aws:s3:::{name:->34}/*" for name in names]
        return [{name: value for name, value in one.items() if value is not None}]

    @property
    def pointer(self) -> str:
        at = str(self.data["at"])
        return at if at.startswith("/") or not at else f"/Statement/0/{at}"

    @property
    def begins(self) -> str:
        if "begins" in self.data:
            return str(self.data["begins"])
        return json.dumps(self.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~"), ensure_ascii=False)

    def facts(self) -> Facts:
        beside = [view_policy(text, read_located(text), "scp") for text in map(text_of, self.data.get("beside", ()))]
        return facts(targets=self.data.get("targets"), beside=beside)

    def insights(self) -> Insights:
        return lint(self.text, self.data.get("type"), self.facts())


def all_cases() -> Iterator[Case]:
    """Every case of every file."""
    for file in sorted(FOLDER.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".cases.json"):
            for data in json.loads(file.read_text("utf-8")):
                yield Case(file.name, data)


CASES = tuple(all_cases())
