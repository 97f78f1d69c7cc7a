"""A webhook whose receiver can tell that a message is ours and is not an old one sent again.

``Remit-Signature: t=<unix seconds>,v1=<hex>`` where v1 is HMAC-SHA256 of ``<t>.<body>`` with the channel's secret.
``Idempotency-Key`` is the same for every attempt at one message.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from remit.adapters.channels.post import post


def signature(secret: str, body: bytes, at: int) -> str:
    """The header that proves where a body comes from; ``at`` is seconds since the epoch."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def send_webhook(secrets: Mapping[str, str], message: Mapping[str, Any], key: str, clock: Callable[[], float]) -> None:
    """POST the message as JSON. Raises Unavailable when it was not taken."""
    body = json.dumps(message, sort_keys=True, ensure_ascii=True).encode()
    headers = {"Idempotency-Key": key, "Remit-Signature": signature(secrets["secret"], body, int(clock()))}
    post(secrets["url"], body, headers)
