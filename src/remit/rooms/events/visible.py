"""Text from outside, made safe to show: what cannot be seen is spelled out, what is long is cut."""

from __future__ import annotations

import re
from typing import Final

DETAIL_LIMIT: Final = 300
"""Most characters a detail for people may have."""

_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Controls, bidirectional overrides, zero-width and tag characters, lone surrogates."""


def visible(text: str, limit: int = DETAIL_LIMIT) -> str:
    r"""``text`` with every invisible character as its escape (``\u202e``), cut to ``limit`` with an ellipsis."""
    shown = _INVISIBLE.sub(_escape, text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[: max(limit - 1, 0)]}…"


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
