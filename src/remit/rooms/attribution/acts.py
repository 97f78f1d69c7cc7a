"""One act seen in several records counts once: which record counts, and which others are the same act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from remit.rooms.attribution.links import CAUSE, EFFECT, SAME_ACT, Link

_RANK: Final = {
    "cloudtrail": 0,
    "azure-activity": 0,
    "gcp-audit": 0,
    "github-audit": 0,
    "github-webhook": 1,
    "ci-build": 2,
    "git": 3,
}


def settle_act(event_id: str, data_source: str, links: Sequence[Link]) -> tuple[bool, list[str]]:
    """Whether this record counts, and the ids of the other records of its act, sorted.

    The call an MCP request made counts, the request does not. Among equals the provider's audit log counts before a
    webhook, then the smaller id, so that every order of arrival picks the same one.
    """
    partners = [link for link in links if link.relation in (CAUSE, EFFECT, SAME_ACT)]
    mine = (_RANK.get(data_source, 9), event_id)
    counts = not any(
        link.relation == EFFECT or (link.relation == SAME_ACT and _place(link) < mine) for link in partners
    )
    return counts, sorted({str(link.facts["event_id"]) for link in partners})


def _place(link: Link) -> tuple[int, str]:
    return _RANK.get(str(link.facts.get("data_source")), 9), str(link.facts["event_id"])
