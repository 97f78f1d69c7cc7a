"""Causes of denials as lines: the statement, why, what the record says, what to do."""

from __future__ import annotations

import json

from remit.faces.cli import output
from remit.faces.cli.ports import Json

_ROWS = 20
_CALLERS = 3


def draw_causes(found: Json) -> None:
    """What the organization's policies had to do with denials."""
    if found["note"]:
        output.note(found["note"])
        return
    output.line(f"By the policies of the organization {found['organization']}, as in force when each call was made:")
    told = [row for row in found["rows"] if row["concerns_organization"]]
    for row in told[:_ROWS]:
        output.line(f"{row['count']:>6,}  {row['sentence']}")
        draw_cause(row, "        ")
    others = sum(row["count"] for row in found["rows"] if not row["concerns_organization"])
    if others:
        output.line(f"{others:>6,}  by no policy of the organization; what their records say is below")
    open_ = sum(row["count"] for row in told if not row["explained"])
    if open_:
        output.line(f"{open_:>6,}  of these are not settled by that; what their records say is below too")
    if rarer := told[_ROWS:]:
        of = output.counted(sum(row["count"] for row in rarer), "denial")
        output.note(f"{output.counted(len(rarer), 'more cause')}, of {of}, left out here; --json has them.")
    if found["more"]:
        output.note(f"{output.counted(found['more'], 'rarer cause')} not listed; what their records say is below.")
    for each in found["left_out"]:
        output.note(f"Left out: {each['count']:,} denials {each['why']}.")
    for each in found["unreadable"]:
        output.note(f"The policy {each['policy']} cannot be read: {each['what']}")
    output.line()


def draw_cause(row: Json, indent: str) -> None:
    """The lines under a row's sentence."""
    for cause in row["causes"]:
        name = f"{cause['statement']} of {cause['name'] or cause['policy']}: " if cause["statement"] else ""
        output.line(f"{indent}{name if len(row['causes']) > 1 else ''}{cause['why']}")
    output.line(f"{indent}{row['record']['says']}")
    if row["callers"]:
        shown = ", ".join(f"{each['principal']} ({each['count']:,})" for each in row["callers"][:_CALLERS])
        more = row["more_callers"] + len(row["callers"][_CALLERS:])
        output.line(f"{indent}stopped: {shown}{f' and {more:,} more' if more else ''}")
    advised = row["recommendation"]
    if advised:
        output.line(f"{indent}- {advised['text']}")
        for each in advised["evidence"]:
            if each not in row["causes"][0]["why"]:
                output.line(f"{indent}  {each}")
        if advised["condition"]:
            output.line(f"{indent}  {json.dumps(advised['condition'])}")
