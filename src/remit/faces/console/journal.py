"""The page of the journal: who changed what in Remit itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.asking import address
from remit.faces.console.pages import Pages
from remit.faces.web.caller import caller_of

PATH: Final = "/settings/journal"
SHOWN: Final = 100
_DEEPEST: Final = 4
_SAYS: Final = {
    "events.erased": "erased a subject",
    "events.expired": "removed what is older than is kept",
    "store.maintained": "merged and tidied what is stored",
    "token.created": "made a token",
    "token.revoked": "revoked a token",
    "view.saved": "saved a view",
    "view.changed": "changed a view",
    "view.deleted": "deleted a view",
    "alert.created": "set an alert",
    "alert.changed": "changed an alert",
    "alert.removed": "deleted an alert",
    "channel.set": "set a channel of alerts",
    "channel.removed": "removed a channel of alerts",
    "channel.tested": "sent a test to a channel",
    "identity.mapped": "mapped an identity",
    "reattribute.started": "had stored events judged again",
    "feed.retried": "had unread records of a feed read again",
    "signed_in": "signed in",
    "signed_out": "signed out",
}
"""What a record's word means; one that is not here is shown as it is."""


def journal_page(pages: Pages, request: Request) -> Response:
    """The newest records, and older ones by ``before``."""
    caller_of(request.scope).require("admin")
    before = request.query_params.get("before") or None
    found = pages.desks["removal"].journal(SHOWN + 1, before)
    entries = [{**entry, "says": _SAYS.get(entry["what"], ""), "told": list(_told(entry["facts"]))} for entry in found]
    older = address(PATH, before=entries[SHOWN - 1]["at"]) if len(entries) > SHOWN else None
    return pages.render("journal.html", here="journal", entries=entries[:SHOWN], older=older, before=before)


def _told(facts: Any, under: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Facts as (name, value) in one list; what is empty is left out, and what lies deep is shown as it is."""
    if isinstance(facts, dict) and depth < _DEEPEST:
        for name, value in facts.items():
            yield from _told(value, f"{under} {name}".strip().replace("_", " "), depth + 1)
    elif isinstance(facts, list) and facts:
        yield under, ", ".join(map(str, facts))
    elif facts not in (None, "", [], {}):
        yield under, f"{facts:,}" if type(facts) is int else str(facts)
