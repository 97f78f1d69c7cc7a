"""One bounded HTTPS POST: every wait has an end, no redirects, and no more of the answer than is needed."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import requests

from remit.model.errors import Unavailable, UsageError

_TIMEOUT: Final = (5.0, 10.0)
_DEADLINE_SECONDS: Final = 15.0
_ANSWER_BYTES: Final = 4096
_SHOWN: Final = 120
USER_AGENT: Final = "remit-alerts"
_LONGEST_URL: Final = 2000


def check_url(url: str) -> str:
    """The address without spaces around it.

    :raises UsageError: unless it is https (or http to this machine), names a host, and holds no user or password.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    remedy = "Write an address such as https://hooks.example.com/remit; http is for this machine alone."
    if len(text) > _LONGEST_URL or any(char.isspace() or not char.isprintable() for char in text):
        raise UsageError("The channel's address cannot be used: it is too long or has spaces in it", remedy=remedy)
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise UsageError("The channel's address cannot be used: it is no web address", remedy=remedy)
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise UsageError("The channel's address must begin with https://", remedy=remedy)
    if parts.username is not None or parts.password is not None:
        raise UsageError("The channel's address cannot hold a user or password", remedy=remedy)
    return text


def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send ``body`` once. Returns when the other side took it (2xx).

    :raises Unavailable: when it did not; the message never holds the address, which may be a secret.
    """
    sent = {"Content-Type": "application/json", "User-Agent": USER_AGENT, **headers}
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy or .netrc of the environment gets to see the message
            with session.post(
                url, data=body, headers=sent, timeout=_TIMEOUT, allow_redirects=False, stream=True
            ) as answer:
                status = answer.status_code
                said = "" if 200 <= status < 300 else _beginning(answer)
    except requests.RequestException as error:
        raise Unavailable(f"The channel did not answer: {_reason(error)}") from None
    if not 200 <= status < 300:
        detail = f": {said}" if said else ""
        moved = " Redirects are not followed." if 300 <= status < 400 else ""
        raise Unavailable(f"The channel refused the message with status {status}{detail}.{moved}")


def _beginning(answer: requests.Response) -> str:
    """The first words of an answer, for a person; reading ends at a size and a deadline."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    taken = b""
    for letter in answer.iter_content(1):  # a larger piece would be waited for, however slowly it comes
        taken += letter
        if len(taken) >= _ANSWER_BYTES or time.monotonic() > deadline:
            break
    text = taken[:_ANSWER_BYTES].decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:_SHOWN]


def _reason(error: requests.RequestException) -> str:
    kinds = (
        (requests.exceptions.SSLError, "its certificate cannot be verified"),
        (requests.exceptions.Timeout, "it took too long"),
        (requests.exceptions.ConnectionError, "no connection"),
    )
    return next((words for kind, words in kinds if isinstance(error, kind)), type(error).__name__)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
