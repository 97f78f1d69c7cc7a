"""The library of guardrails as it is packaged."""

from __future__ import annotations

import pytest

from remit.app.packaged import load_guardrails
from remit.flows.library import GuardrailLibrary
from remit.rooms.guardrails.catalogue import Catalogue


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """Every guardrail with its cases."""
    return load_guardrails()


@pytest.fixture
def library(catalogue: Catalogue) -> GuardrailLibrary:
    """The calls on it."""
    return GuardrailLibrary(catalogue)
