"""Insights as a page shows them: findings with names for their fixes, so that a button can say which one it means."""

from __future__ import annotations

from typing import Final

from remit.faces.console.ports import Json

SEVERITIES: Final = ("error", "high", "medium", "low")
SEVERITY_MEANS: Final = {
    "error": "AWS refuses the policy, or it cannot mean what it says",
    "high": "it locks out, can be walked around, or does nothing",
    "medium": "it surprises in a case that occurs",
    "low": "it costs space or clarity",
}


def insight_view(found: Json) -> Json:
    """The answer of the checks, each fix with the ``name`` that ``fix_named`` finds again."""
    findings = [{**each, "fixes": _named(each)} for each in found["findings"]]
    counts = [(found["counts"][severity], severity) for severity in SEVERITIES if found["counts"][severity]]
    said = [f"{count} {severity}{'s' * (severity == 'error' and count > 1)}" for count, severity in counts]
    return {**found, "findings": findings, "said": ", ".join(said), "means": SEVERITY_MEANS}


def _named(finding: Json) -> list[Json]:
    return [{**fix, "name": _name(finding, fix)} for fix in finding["fixes"] if fix["text"] is not None]


def _name(finding: Json, fix: Json) -> str:
    """What a fix is for and does: the same as long as the text around it has the same shape."""
    return f"{finding['code']} {finding['pointer']} {fix['title']}"


def fix_named(found: Json, name: str) -> Json | None:
    """The fix of this name and the finding it is for, as ``{code, title, text, changes_effect}``; None when the text
    does not need it any more."""
    for finding in found["findings"]:
        for fix in finding["fixes"]:
            if fix["text"] is not None and _name(finding, fix) == name:
                return {"code": finding["code"], **fix}
    return None
