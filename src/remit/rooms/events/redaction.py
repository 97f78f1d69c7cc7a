"""Credentials out of records, before anything is kept: the same rules for every provider.

``suspects`` looks at a batch of raw records at once and says which may hold a credential; those, and only those,
go through ``redact``. Everything that is stored of such a record, its columns too, is read from the redacted text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from remit.rooms.events.secrets import (
    CONTAINER_NAMES,
    KEPT,
    LITERALS,
    OPERATIONS,
    SECRET_NAMES,
    SHAPES,
    STRUCTURED,
    SUFFIXES,
    normal,
    suspicion,
)

_IN_RECORD: Final = suspicion()
_IN_PAYLOAD: Final = suspicion(payload=True)
_Cut = tuple[tuple[str, ...], str, re.Pattern[str]]
_CUTS: Final[tuple[_Cut, ...]] = tuple(
    (literals, kind, re.compile(cut)) for literals, (kind, _, cut) in zip(LITERALS, SHAPES, strict=True)
)
_KEY_ID: Final = re.compile(r"^A[KS]IA[A-Z0-9]{16}$")
_SECRET_KEY: Final = re.compile(r"^(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9/+]{40}$")
_DEEPEST: Final = 200
_MEMBER: Final = re.compile(r'("((?:[^"\\]|\\.){1,80})\\*"\s*:\s*)(\\*"(?:[^"\\]|\\[^"]|\\\\)*\\*"?|[^\s,}\]\["]+)')


def suspects(records: Sequence[bytes], *, payload: bool = False) -> list[bool]:
    """For each raw record whether it may hold a credential. Never False for a record that ``redact`` would change.

    With ``payload`` these are parts of records without their caller's identity. One call costs a millisecond and
    then nanoseconds for each byte, so call it for many records at once.
    """
    if not records:
        return []
    found = pc.match_substring_regex(pa.array(records, pa.large_binary()), _IN_PAYLOAD if payload else _IN_RECORD)
    return found.to_numpy(zero_copy_only=False).tolist()  # type: ignore[no-any-return]


_TOKEN: Final = re.compile(rb'"sessionToken":\s?"[A-Za-z0-9+/=]+"')


def without_session_token(raw: bytes) -> bytes:
    """The record without the one credential that AWS itself logs all day: the token of every assumed role."""
    return _TOKEN.sub(b'"sessionToken":"[redacted:sessiontoken]"', raw)


def redact(raw: bytes) -> str:
    """A JSON record as valid UTF-8 text in which every known credential is ``[redacted:kind]``.

    A record without credentials comes back as it was. A record with some is written anew: the same members in the
    same order, without optional spaces. What is no JSON is searched as text. Invalid bytes become U+FFFD.
    """
    return redact_all([raw])[0]


def redact_all(records: Sequence[bytes]) -> list[str]:
    """``redact`` for many records, which are searched together."""
    texts = (raw.decode("utf-8", "replace") for raw in records)
    return [redact_record(text) if found else text for text, found in zip(texts, suspects(records), strict=True)]


def redact_record(text: str) -> str:
    """``redact`` for a record already known to be suspect."""
    try:
        document, repeated = parsed(text)
        clean = _Walk(_possible(text)).value(document, 0)
        return text if clean == document and not repeated else _dumped(clean)
    except (ValueError, RecursionError):
        return _by_text(text)


def redact_part(text: str, secrets: tuple[str, ...] = ()) -> str:
    """A JSON value out of a record without its credentials; ``secrets`` as ``OPERATIONS`` names them for the record's
    operation. Raises ``ValueError`` or ``RecursionError`` for what cannot be parsed."""
    document, repeated = parsed(text)
    clean = _Walk(_possible(text), secrets).value(document, 1)
    return text if clean == document and not repeated else _dumped(clean)


def parsed(text: str) -> tuple[Any, bool]:
    """A JSON document, and whether some object in it has a member twice: only the last is read, so that the text
    says more than the document does. Raises ``ValueError`` or ``RecursionError``."""
    with suppress(msgspec.MsgspecError, UnicodeEncodeError):  # written anew it is the very text: nothing is in it twice
        document = msgspec.json.decode(text)
        if msgspec.json.encode(document) == text.encode():
            return document, False
    repeated = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        found = dict(pairs)
        repeated = repeated or len(found) != len(pairs)
        return found

    return json.loads(text, object_pairs_hook=members), repeated


def redact_text(text: str | None) -> str | None:
    """A column's text (an error message, a user agent) with everything that has a credential's shape replaced."""
    return text if text is None else _shapes(text, _possible(text))


@lru_cache(maxsize=8192)
def secret_name(name: str) -> str | None:
    """The kind of credential a member of this name holds, None for other names."""
    plain = normal(name)
    if plain in SECRET_NAMES or plain.endswith(SUFFIXES):
        return "password" if "pass" in plain or plain == "pwd" else re.sub(r"[^a-z]", "", plain)[:30] or "secret"
    return None


def _possible(text: str) -> tuple[_Cut, ...]:
    """The shapes that can occur in a text, by the literal each must have; escapes can hide any."""
    lower = text.lower()
    if "\\u00" in lower:
        return _CUTS
    return tuple([cut for cut in _CUTS if cut[0][0] in lower or any(literal in lower for literal in cut[0][1:])])


def _shapes(text: str, cuts: tuple[_Cut, ...]) -> str:
    if cuts and len(text) > 6 and _gate(cuts).search(text):
        for _, kind, cut in cuts:
            text = cut.sub(_replacement(kind), text)
    return text


@lru_cache(maxsize=256)
def _gate(cuts: tuple[_Cut, ...]) -> re.Pattern[str]:
    """Finds any literal of any of the shapes: one look instead of one for each."""
    return re.compile("|".join(re.escape(literal) for literals, _, _ in cuts for literal in literals), re.IGNORECASE)


def _dumped(document: Any) -> str:
    """Compact JSON that is valid UTF-8, whatever lone surrogates were escaped in the original."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode("utf-8")


@lru_cache(maxsize=64)
def _replacement(kind: str) -> Callable[[re.Match[str]], str]:
    return lambda match: f"{match.group(1) or '' if match.re.groups else ''}[redacted:{kind}]"


class _Walk:
    """One pass over a parsed record. ``extra`` holds the names that are secret for the operation at hand."""

    def __init__(self, cuts: tuple[_Cut, ...], extra: tuple[str, ...] = ()) -> None:
        self.cuts = cuts
        self.extra = extra

    def value(self, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            return "[redacted:too-deep]"
        if isinstance(value, str):
            return self.string(value, depth)
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        return self.members(value, depth) if isinstance(value, dict) else value

    def members(self, members: dict[str, Any], depth: int) -> dict[str, Any]:
        outer = self.extra
        self.extra = OPERATIONS.get(str(members.get("eventName")), outer) if "eventName" in members else outer
        beside_key_id = any(isinstance(item, str) and _KEY_ID.match(item) for item in members.values())
        clean = {
            _shapes(name, self.cuts) if len(name) > 20 else name: self.member(name, item, depth, beside_key_id)
            for name, item in members.items()
        }
        self.extra = outer
        return clean

    def member(self, name: str, value: Any, depth: int, beside_key_id: bool) -> Any:
        if isinstance(value, bool) or value is None:
            return value
        plain = normal(name)
        kind = secret_name(name) or ("secret" if plain in self.extra else None)
        if kind is not None and not (plain == STRUCTURED and isinstance(value, dict)):
            return _blanked(value, kind)
        if plain in CONTAINER_NAMES and not isinstance(value, str):
            return _settings(self.value(value, depth + 1))
        if beside_key_id and isinstance(value, str) and _SECRET_KEY.match(value):
            return "[redacted:secret-access-key]"
        return self.value(value, depth + 1)

    def string(self, text: str, depth: int) -> str:
        """A string: a JSON document of its own is redacted as one, anything else by the names and shapes in it."""
        if text[:1] in ("{", "[") and text[-1:] in ("}", "]"):
            try:
                inner, repeated = parsed(text)
            except (ValueError, RecursionError):
                return _by_text(text)
            clean = self.value(inner, depth + 1)
            return text if clean == inner and not repeated else _dumped(clean)
        return _shapes(_members(text), self.cuts)


def _blanked(value: Any, kind: str) -> Any:
    """Every leaf of a credential's value replaced; what a provider already hid stays."""
    if isinstance(value, dict):
        return {name: _blanked(item, kind) for name, item in value.items()}
    if isinstance(value, list):
        return [_blanked(item, kind) for item in value]
    if value is None or isinstance(value, bool) or (isinstance(value, str) and KEPT.match(value)):
        return value
    return f"[redacted:{kind}]"


def _settings(value: Any) -> Any:
    """Settings of a workload: in a list of name and value only the value goes, in a mapping every value."""
    if isinstance(value, list):
        return [_settings(item) for item in value]
    if not isinstance(value, dict):
        return _blanked(value, "setting")
    if any(normal(name) in ("value", "plaintextvalue") for name in value):
        return {n: _blanked(item, "setting") if normal(n) == "value" else item for n, item in value.items()}
    return {name: _settings(item) for name, item in value.items()}


def _by_text(text: str) -> str:
    """Redaction of what cannot be parsed: every member with a secret name, then every shape."""
    clean = _members(text)
    return _shapes(clean, _possible(clean)).encode("utf-8", "replace").decode("utf-8")


def _members(text: str) -> str:
    """A text in which every member of a JSON object that has a secret name is blanked, wherever it stands."""
    return _MEMBER.sub(_member, text) if '"' in text and ":" in text else text


def _member(match: re.Match[str]) -> str:
    name, value = match[2].rstrip("\\"), match[3]
    kind = secret_name(name)
    hidden = value in ("true", "false", "null") or KEPT.match(value.strip('\\"'))
    if kind is None or hidden or (normal(name) == STRUCTURED and value.startswith("{")):
        return match[0]
    quote = value[: value.index('"') + 1] if value.startswith(("\\", '"')) and '"' in value else '"'
    return f"{match[1]}{quote}[redacted:{kind}]{quote}"
