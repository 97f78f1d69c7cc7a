"""Values of condition operators: what a policy's text and a request's text mean to each kind of test.

``parse_*`` give None for a text that does not say such a value.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?", re.ASCII)
_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017  # one name for the zone below
Network = tuple[int, int, int]
"""Version (4 or 6), first address, mask."""


@lru_cache(maxsize=1024)
def parse_number(text: str) -> Decimal | None:
    """A decimal number without exponent: ``10``, ``-2.5``."""
    text = text.strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=1024)
def parse_date(text: str) -> Decimal | None:
    """Seconds since 1970 of an ISO 8601 date (without a zone it is UTC) or of seconds since 1970 themselves."""
    text = text.strip()
    match = _DATE.fullmatch(text)
    if match is None:
        return parse_number(text)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=_zone(zone),
        )
    except (ValueError, OverflowError):
        return None
    whole = (moment - _EPOCH) // timedelta(seconds=1)
    return Decimal(whole) + (Decimal(f"0.{fraction}") if fraction else 0)


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return timezone(timedelta(0))
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)


def parse_bool(text: str) -> bool | None:
    """``true`` or ``false`` in any letter case."""
    lowered = text.strip().lower()
    return lowered == "true" if lowered in ("true", "false") else None


@lru_cache(maxsize=1024)
def parse_network(text: str) -> Network | None:
    """An address or a CIDR block, IPv4 or IPv6; bits beyond the prefix are ignored."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return network.version, int(network.network_address), int(network.netmask)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> tuple[int, int] | None:
    """Version and number of one address."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return address.version, int(address)


def parse_binary(text: str) -> bytes | None:
    """The bytes of base64 text."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
