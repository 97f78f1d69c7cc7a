"""A refusal in plain words, with what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypedDict

import msgspec

from remit.model.errors import ConfigError
from remit.model.vocabulary import POLICY_TYPES


class Explanation(TypedDict):
    """``what`` happened, ``why`` such refusals happen, and the ``next`` steps, most likely first."""

    what: str
    why: str
    next: list[str]


_MANNERS: Final[dict[bool | None, str]] = {True: "implicit", False: "explicit", None: "unknown"}
_Texts = dict[str, dict[str, Explanation]]


class DenialGuide:
    """The explanations of ``explanations.json``: one for each policy type and manner, some for a rule of its own."""

    def __init__(self, texts: _Texts) -> None:
        self._texts = texts

    @classmethod
    def from_bytes(cls, data: bytes) -> DenialGuide:
        """Read ``explanations.json``. Raises ``ConfigError`` when a policy type or a manner is missing."""
        try:
            texts = msgspec.json.decode(data, type=_Texts)
        except msgspec.MsgspecError as error:
            raise ConfigError("The explanations of denials cannot be read", where=str(error)[:200]) from error
        missing = [t for t in POLICY_TYPES if set(_MANNERS.values()) - texts.get(t, {}).keys()]
        if missing:
            raise ConfigError(f"The explanations of denials lack {', '.join(missing)}")
        return cls(texts)

    def explanation(self, deny: Mapping[str, Any]) -> Explanation:
        """The explanation for an event's ``deny_*`` columns (a mapping by column name)."""
        manners = self._texts.get(deny.get("deny_policy_type") or "unknown", self._texts["unknown"])
        text = self._texts["rules"].get(deny.get("deny_rule") or "") or manners[_MANNERS[deny.get("deny_implicit")]]
        arn = deny.get("deny_policy_arn")
        words = {
            "{action}": deny.get("deny_action") or "the call",
            "{resource}": deny.get("deny_resource") or "the resource",
            "{policy}": f" in {arn}" if arn else "",
        }
        return {
            "what": _sentence(_filled(text["what"], words)),
            "why": _sentence(_filled(text["why"], words)),
            "next": [_sentence(_filled(step, words)) for step in text["next"]],
        }


def _filled(text: str, words: Mapping[str, str]) -> str:
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text


def _sentence(text: str) -> str:
    return text if text.startswith(("arn:", "http")) or ":" in text.split(" ", 1)[0] else text[:1].upper() + text[1:]
