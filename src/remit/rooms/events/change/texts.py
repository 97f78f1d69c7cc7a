"""What people and tools write into commit messages, branches and titles: trailers, tickets, footers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from remit.rooms.events.change.markers import Markers
from remit.rooms.events.change.words import words

SCAN_LIMIT: Final = 65_536
"""Characters of a message that are read; git hosts themselves show far fewer."""

_TELLING: Final = {
    name.lower(): name
    for name in (
        "Agent-Logs-Url",
        "Amp-Thread-ID",
        "Assisted-by",
        "Claude-Session",
        "Co-developed-by",
        "Generated-By",
        "Generated-with",
        "Made-with",
        "On-behalf-of",
        "Prompted-by",
        "Session-Id",
    )
}
"""Trailers that tell how a commit was made, in the spelling the marker uses whatever case the commit does."""

_TRAILER: Final = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,40}): ?(\S[^\r\n]{0,1000})", re.MULTILINE)
_ADDRESS: Final = re.compile(r"<\s*([^<>\s]{1,254})\s*>")
_FOOTER: Final = re.compile(
    r"^[^\w\n]{0,8}Generated (?:with|by) (?:\[([^\]\n]{1,80})\]|([A-Z][\w .-]{0,60}?))"
    r"[ .]*(?:\([^)\n]{0,200}\))?[ .]*\r?$",
    re.MULTILINE,
)
_KEYED_TICKET: Final = re.compile(r"(?<![A-Za-z0-9_-])([A-Z][A-Z0-9]{1,9})-(\d{1,9})(?![A-Za-z0-9_])")
_CLOSED_ISSUE: Final = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d{1,9})\b", re.IGNORECASE)
_NO_PROJECT: Final = words(
    "ADR AES ARM BASE CIS CRC CVE CWE DES ECMA EC FIPS GHSA GPT HTTP IEEE IPV IPV4 IPV6 ISO JSR LTS MD NIST PEP PKCS "
    "PR RC RFC RHEL RSA SEP SHA SHA1 SHA2 SHA3 SSL TLS UCS UTC UTF WIN WINDOWS X86 RULE RUSTSEC PYSEC GMT LF CP CIS "
    "GB KB MB OAUTH OAUTH2 SOC PCI PY V"
)
"""Prefixes that look like a tracker's project and name a standard, a hash or an advisory."""


def ticket_in(*texts: str | None) -> str | None:
    """The ticket that branch, title or message name, looked for in this order.

    ``PAY-123`` anywhere, or ``#12`` where a text says that it closes or fixes issue 12.
    """
    scanned = [given[:SCAN_LIMIT] for given in texts if given]
    for scan in scanned:
        for match in _KEYED_TICKET.finditer(scan):
            if match.group(1) not in _NO_PROJECT:
                return match.group()
    closed = next((found for scan in scanned if (found := _CLOSED_ISSUE.search(scan))), None)
    return f"#{closed.group(1)}" if closed else None


def trailers_in(message: str) -> list[tuple[str, str]]:
    """Every ``Key: value`` line: squash merges leave co-authors in the middle of a message, not only at its end."""
    return _TRAILER.findall(message[:SCAN_LIMIT])


def mark_trailers(markers: Markers, trailers: Iterable[tuple[str, str]]) -> None:
    """``co_author=<e-mail>`` for each co-author, ``trailer.KEY=value`` for each telling trailer; others are prose."""
    for key, value in trailers:
        lowered = key.lower()
        if lowered == "co-authored-by":
            address = _ADDRESS.search(value)
            markers.add("co_author", address.group(1) if address else value.strip())
        elif lowered in _TELLING:
            markers.add(f"trailer.{_TELLING[lowered]}", value.strip())


def mark_footers(markers: Markers, message: str) -> None:
    """``generated_with=NAME`` for footers such as the robot line that coding agents append."""
    for linked, plain in _FOOTER.findall(message[:SCAN_LIMIT]):
        markers.add("generated_with", linked or plain)


def mark_message(markers: Markers, message: str | None) -> None:
    """Trailers and footers of a whole commit message or pull request body."""
    if message:
        mark_trailers(markers, trailers_in(message))
        mark_footers(markers, message)
