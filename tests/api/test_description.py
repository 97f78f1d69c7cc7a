"""The API is what its description says: asked by schemathesis, from the document that is published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import allow_header_conformance, unsupported_method
from tests.cli.conftest import stored as stored

from .server import served

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "openapi.json"
FEW = settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate], database=None)
MANY = settings(FEW, max_examples=150, suppress_health_check=list(HealthCheck))
ACCEPTED = ("2xx", "304", "400", "404", "409", "412")
_served: dict[str, Any] = {}


async def _site(scope: Any, receive: Any, send: Any) -> None:
    await _served["site"](scope, receive, send)


def _described(*, coverage: bool) -> Any:
    described = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    described.app = _site
    described.config.phases.coverage.enabled = coverage
    # No schema says which text is a query, a window or a cursor: some of what fits it is refused, never with a fault.
    described.config.checks.positive_data_acceptance.expected_statuses = [*ACCEPTED]
    described.config.checks.missing_required_header.expected_statuses = ["428"]
    return described


few, many = _described(coverage=False), _described(coverage=True)


@pytest.fixture(scope="module", autouse=True)
def _serving(stored: Path) -> Iterator[None]:
    with served(stored, "read", "push", "operate", "admin") as (site, token):
        _served.update(site=site, token=token)
        yield
        _served.clear()


def _overlaps(path: str) -> bool:
    """Whether another path of the description is this one, or could be: a feed's name may hold slashes."""
    mine = path.split("/")
    others = (other.split("/") for other in json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"] if other != path)
    return any(
        (len(each) == len(mine) or (len(each) < len(mine) and each[-1].startswith("{")))
        and all(a == b or a.startswith("{") or b.startswith("{") for a, b in zip(each, mine, strict=False))
        for each in others
    )


def _ask(case: Any) -> None:
    case.headers.pop("X-Hub-Signature-256", None)  # this server knows no webhook's secret, and it has a token
    seconds = 1.0 if case.path == "/events/stream" else 30.0  # a stream does not end by itself
    # Where paths overlap, one refuses another's method for another reason, and names what both of them take.
    excluded = [unsupported_method, allow_header_conformance] if _overlaps(case.path) else []
    headers = {"Authorization": f"Bearer {_served['token']}"}
    case.call_and_validate(headers=headers, timeout=seconds, excluded_checks=excluded)


@few.parametrize()
@FEW
def test_an_operation_answers_as_it_says(case: Any) -> None:
    _ask(case)


@pytest.mark.heavy
@many.parametrize()
@MANY
def test_an_operation_answers_as_it_says_whatever_it_is_sent(case: Any) -> None:
    _ask(case)
