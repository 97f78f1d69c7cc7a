"""One act seen in several records counts once: which record counts, and which others are the same act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from remit.rooms.attribution.links import CAUSE, EFFECT, SAME_ACT, Link

ENDED: Final = "stage=end"
"""The marker of a record that tells how a long act ended (Azure, Google Cloud)."""
ACT_RELATIONS: Final = frozenset({CAUSE, EFFECT, SAME_ACT})
"""Relations of records of one act."""
_RANK: Final = {
    "cloudtrail": 0,
    "azure-activity": 0,
    "gcp-audit": 0,
    "github-audit": 0,
    "github-webhook": 1,
    "ci-build": 2,
    "git": 3,
}


def settle_act(facts: Mapping[str, Any], links: Sequence[Link]) -> tuple[bool, list[str]]:
    """Whether this record counts, and the ids of the other records of its act, sorted.

    The call an MCP request made counts, the request does not. Among records of one act the one that tells how it ended
    counts first, then the provider's audit log before a webhook, then the smaller id: every order of arrival picks the
    same one.
    """
    partners = [link for link in links if link.relation in ACT_RELATIONS]
    causes = {link.facts["event_id"] for link in partners if link.relation == CAUSE}
    mine = _place(facts)
    counts = not any(_precedes(link, causes, mine) for link in partners)
    return counts, sorted({str(link.facts["event_id"]) for link in partners})


def _precedes(link: Link, causes: set[Any], mine: tuple[bool, int, str]) -> bool:
    """Whether the partner counts instead. Two records that each name the other as the cause are merely one act."""
    if link.relation == EFFECT and link.facts["event_id"] not in causes:
        return True
    return link.relation in (SAME_ACT, EFFECT) and _place(link.facts) < mine


def _place(facts: Mapping[str, Any]) -> tuple[bool, int, str]:
    """Where a record stands among the records of its act; the first one counts."""
    ended = ENDED in (facts.get("markers") or ())
    return not ended, _RANK.get(str(facts.get("data_source")), 9), str(facts["event_id"])
