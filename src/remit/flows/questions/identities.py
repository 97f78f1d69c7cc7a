"""Proposals for ``identities.toml``: the principals that make most changes and that nothing yet says who they are."""

from __future__ import annotations

import json
from typing import Any, Final

from remit.flows.questions.population import CHANGES, UNMARKED
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.search import nothing_found
from remit.flows.questions.window import Window, plural
from remit.model.event_json import rfc3339
from remit.rooms.query import term
from remit.rooms.query.predicate import both

_BY: Final = ("provider", "principal_type", "issuer", "principal", "app_id")
_LOOKED_AT: Final = 2000
CHOOSE: Final = "choose"
"""The kind of a proposal of which the records do not tell the kind: a person has to say it."""
_KIND_OF_TYPE: Final = {
    "iamuser": (CHOOSE, "an IAM user: a person or a program may hold its key"),
    "root": ("person", "the account's root user"),
    "federateduser": ("person", "a federated user"),
    "serviceaccount": ("workload", "a service account"),
    "managedidentity": ("workload", "a managed identity"),
    "serviceprincipal": ("workload", "a service principal"),
    "assumedrole": ("workload", "an assumed role; change the kind if people or an agent assume it"),
    "bot": ("agent", "a bot account; change the kind if it runs a pipeline"),
    "user": ("person", "a user account"),
}


def suggest_identities(index: EventIndex, window: Window, *, limit: int = 20) -> Json:
    """``{proposals: [{kind, name, match, column, changes, last_seen, reason, toml, query}], more, note}``.

    Busiest first. The kind is proposed from the provider's type of principal and is no finding: a person confirms it,
    or says it where it is ``choose``; the entry is then no registry until they have.
    """
    rows = index.groups(both(CHANGES, UNMARKED, window.within), _BY, _LOOKED_AT)
    merged = _merged(rows)
    note = (
        "Each kind is proposed from the provider's type of principal; confirm or change it before you keep it, and "
        "choose it where none is proposed: agent, person, pipeline, workload or service."
    )
    if not merged:
        note = _nothing_to_map(index, window)
    if len(rows) == _LOOKED_AT:
        note += f" Only the {_LOOKED_AT:,} busiest principals were looked at."
    return {
        "window": window.json(),
        "proposals": [_proposal(each, window) for each in merged[:limit]],
        "more": len(merged) > limit,
        "note": note,
    }


def _nothing_to_map(index: EventIndex, window: Window) -> str:
    changes = index.tally(both(CHANGES, window.within))["acts"]
    if not changes:
        return f"No changes are recorded in this window. {nothing_found(index)}"
    return f"Every one of the {plural(changes, 'change')} in this window carries a marker or names no principal to map."


def _merged(rows: list[Row]) -> list[Row]:
    """One row for what one entry would match: a role's sessions are one principal."""
    merged: dict[tuple[str, str], Row] = {}
    for row in rows:
        column = next((name for name in ("issuer", "app_id", "principal") if row[name]), None)
        if column is None:
            continue
        known = merged.setdefault((column, row[column]), {**row, "column": column, "count": 0, "principals": 0})
        known["count"] += row["count"]
        known["principals"] += 1
        known["last"] = max(known["last"], row["last"])
    return sorted(merged.values(), key=lambda row: (-row["count"], row["column"], row[row["column"]]))


def _proposal(row: Row, window: Window) -> Json:
    column, match = row["column"], row[row["column"]]
    kind, because = _kind(row["principal_type"])
    name = _short(match)
    under = f" under {plural(row['principals'], 'session name')}" if column == "issuer" else ""
    word = {"issuer": "role", "app_id": "app", "principal": "principal"}[column]
    return {
        "kind": kind,
        "name": name,
        "match": match,
        "column": column,
        "changes": row["count"],
        "last_seen": rfc3339(row["last"]),
        "reason": f"It made {plural(row['count'], 'change')}{under} and no marker says what it is; {because}.",
        "toml": f"[[{kind}]]\nname = {_toml(name)}\nmatch = [{_toml(match)}]\n",
        "query": f"{term(word, match)} {window.text()}",
    }


def _kind(principal_type: str | None) -> tuple[str, str]:
    """The kind to propose, and why; ``choose`` where the provider's type does not tell."""
    if not principal_type:
        return CHOOSE, "the record gives no type, so choose the kind"
    known = _KIND_OF_TYPE.get(principal_type.lower().replace("_", "").replace(" ", ""))
    if known is None:
        return CHOOSE, f"its type {principal_type} does not tell, so choose the kind"
    return known[0], f"its type is {principal_type}, {known[1]}"


def _short(match: str) -> str:
    """The last part of an ARN or path."""
    return match.rstrip("/").rpartition("/")[2].rpartition(":")[2] or match


def _toml(text: Any) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
