"""A backtest on a page: what is asked, and its answer laid out; for the library and for a policy of one's own."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from remit.faces.console.pages import Pages
from remit.faces.console.ports import Json
from remit.flows.backtest.groups import GROUPS
from remit.model.errors import NotFound, RemitError, Unavailable

DESK: Final = "backtest"
ORGANIZATION: Final = "organization"
WINDOWS: Final = (("7d", "7 days"), ("30d", "30 days"), ("90d", "90 days"), ("all", "All time"))
NO_TRIAL: Final[Json] = {"found": None, "wrong": None, "places": [], "known": False}
_MOST_PLACES: Final = 1000
"""Places of the organization that the field of targets offers."""
_SEVERAL: Final = re.compile(r"[\s,]+")


class Trial(NamedTuple):
    """What a backtest is asked: targets, a range and a query; it is run when ``run`` is true."""

    targets: tuple[str, ...]
    since: str
    until: str
    query: str
    run: bool

    @property
    def words(self) -> str:
        """The options of ``remit backtest`` that ask the same."""
        given = [*(("--target", each) for each in self.targets), ("--since", self.since), ("--until", self.until),
                 ("--query", self.query)]  # fmt: skip
        return " ".join(f"{option} {shlex.quote(text)}" for option, text in given if text)


def read_trial(asked: Mapping[str, str]) -> Trial:
    """From an address or a form; several targets are parted by commas or spaces."""
    targets = tuple(each for each in _SEVERAL.split(asked.get("target", "")) if each)
    since = asked.get("since", "").strip()
    return Trial(targets, since or "30d", asked.get("until", "").strip(), asked.get("query", "").strip(), bool(since))


def tried(
    pages: Pages, policy: Mapping[str, Any], kind: str, trial: Trial, against: Mapping[str, Any] | None = None
) -> Json:
    """``{found, wrong, places, known}``: the answer laid out, or what forbids one; nothing is remembered of it."""
    places, known = organization_places(pages)
    told = {"places": places, "known": known, "found": None, "wrong": None}
    if not trial.run:
        return told
    try:
        found = pages.desks[DESK].run(
            policy,
            kind=kind,
            targets=list(trial.targets),
            since=trial.since,
            until=trial.until,
            query=trial.query,
            against=against,
            remember=False,
        )
    except RemitError as error:
        return {**told, "wrong": error}
    return {**told, "found": _laid_out(found)}


def keep(pages: Pages, policy: Mapping[str, Any], kind: str, trial: Trial, who: str) -> tuple[str, Json]:
    """Run a backtest and remember it for whoever attaches the policy: the id it is remembered by, and its answer laid
    out.

    :raises Unavailable: if it was run, and not remembered.
    """
    found = pages.desks[DESK].run(
        policy, kind=kind, targets=list(trial.targets), since=trial.since, until=trial.until, who=who
    )
    if not found["recorded"]:
        raise Unavailable("This backtest was not remembered", remedy="One of all events, by this server's keeper, is.")
    return str(found["recorded"]), _laid_out(found)


def organization_places(pages: Pages) -> tuple[list[tuple[str, str]], bool]:
    """(id, name) of the units and accounts a policy can be attached to, and whether an organization is known."""
    tree, known = organization_tree(pages)
    return (_places(tree)[:_MOST_PLACES] if tree else []), known


def organization_tree(pages: Pages) -> tuple[Json | None, bool]:
    """The organization's root with all below it, and whether an organization is known."""
    try:
        return pages.desks[ORGANIZATION].show()["tree"], True
    except (NotFound, KeyError):
        return None, False
    except RemitError:
        return None, True  # it cannot be read; whoever names a target is told why


def _places(unit: Json) -> list[tuple[str, str]]:
    found = [(str(unit["id"]), str(unit["name"]))]
    found += [(str(each["id"]), str(each["name"])) for each in unit["accounts"]]
    for each in unit["units"]:
        found += _places(each)
    return found


def _laid_out(found: Json) -> Json:
    """The answer with its groups as tables and its exemption as text."""
    by = found["by"]
    groups = [(each.heading(by), _rows(by.get(each.name, []), each.columns)) for each in GROUPS]
    exemption = found["exemption"]
    if exemption is not None:
        exemption = {
            **exemption,
            "text": json.dumps(exemption["condition"], indent=2, ensure_ascii=False),
            "document_text": json.dumps(exemption["document"], indent=2, ensure_ascii=False),
        }
    return {**found, "groups": [(title, rows) for title, rows in groups if rows], "exemption": exemption}


def _rows(rows: list[Json], columns: tuple[str, ...]) -> list[Json]:
    return [{**each, "label": " ".join(str(each[column] or "none") for column in columns)} for each in rows]
