"""The forms of export by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from remit.model.errors import UsageError
from remit.rooms.guardrails.exports import cdk, cloudformation, terraform, traps
from remit.rooms.guardrails.exports.policy import OrganizationPolicy
from remit.rooms.guardrails.limits import minified

Exporter = Callable[[OrganizationPolicy], str]


def _json(policy: OrganizationPolicy) -> str:
    traps.refuse_traps(policy.document)
    return minified(policy.document)


FORMS: Final[Mapping[str, Exporter]] = {
    "json": _json,
    "terraform": terraform.export,
    "cloudformation": cloudformation.export,
    "cdk-typescript": cdk.export_typescript,
    "cdk-python": cdk.export_python,
}
"""Name -> what writes it. ``json`` is the document alone: neither its name nor its targets."""


def export(policy: OrganizationPolicy, form: str) -> str:
    """The policy in one of the forms.

    :raises UsageError: for a form there is not. :raises NotExportable: for text that the form cannot carry unchanged.
    """
    if form not in FORMS:
        raise UsageError(f"There is no form {form!r}", remedy=f"Choose one of {', '.join(FORMS)}.")
    return FORMS[form](policy)
