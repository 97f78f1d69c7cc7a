"""What AWS documents of policy evaluation, case by case; the cases are data."""

from __future__ import annotations

from typing import Any

import pytest
from tests.iam.case_files import load_cases

from remit.rooms.iam import answer

CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']}: {case['name']}")
def test_the_engine_decides_as_aws_documents(case: dict[str, Any]) -> None:
    expected = case["expect"]
    found = answer({"request": case["request"], "policies": case["policies"]}, "case")
    if "error" in expected:
        assert expected["error"] in found["error"]["where"]
        return
    assert found.get("decision") == expected["decision"], found
    assert found["unknown_keys"] == expected.get("unknown_keys", [])
    if "sids" in expected:
        assert [one["sid"] for one in found["determining"]] == expected["sids"]
    if "missing" in expected:
        assert found["missing"] == expected["missing"]
    if "possible" in expected:
        assert found["possible"] == expected["possible"]


def test_no_two_cases_have_one_name() -> None:
    names = [(case["file"], case["name"]) for case in CASES]
    assert len(names) == len(set(names))
