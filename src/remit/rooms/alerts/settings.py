"""What a person set about an alert, checked against the table of kinds; wrong values are refused in their words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from remit.model.errors import UsageError
from remit.rooms.alerts.kinds import BY_NAME, KINDS, Kind, Option

MINUTE_US: Final = 60_000_000
_UNITS: Final = {"m": 1, "h": 60, "d": 1440, "w": 10080}
_DURATION: Final = re.compile(r"([0-9]{1,5})\s*([mhdw])", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,7}(\.[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every option of a kind with its value, spelled in one way: ``{"window": "1h", "factor": "3", ...}``."""

    kind: Kind
    written: Mapping[str, str]

    def micros(self, name: str) -> int:
        """A duration in microseconds."""
        return _minutes(self.written[name]) * MINUTE_US

    def number(self, name: str) -> float:
        """A factor or count."""
        return float(self.written[name])

    @property
    def quiet_us(self) -> int:
        """How long the same finding stays quiet, in microseconds."""
        return self.micros("quiet")


def read_kind(name: str) -> Kind:
    """:raises UsageError: when there is no such kind."""
    kind = BY_NAME.get(name)
    if kind is None:
        known = ", ".join(f"{each.name} ({each.title.lower()})" for each in KINDS)
        raise UsageError(f"There is no kind of alert {_cut(name)}", remedy=f"It is one of {known}.")
    return kind


def read_settings(kind_name: str, given: Mapping[str, object]) -> Settings:
    """The settings of a kind; what is not given, or given empty, has its default.

    :raises UsageError: naming the option, what it may be, and what was written.
    """
    kind = read_kind(kind_name)
    known = {option.name for option in kind.options}
    if strange := sorted(set(given) - known):
        raise UsageError(
            f"An alert of kind {kind.name} has no setting {_cut(strange[0])}",
            remedy=f"It has {', '.join(sorted(known))}.",
        )
    written = {option.name: _read(option, str(given.get(option.name) or "").strip()) for option in kind.options}
    return Settings(kind, written)


def _read(option: Option, text: str) -> str:
    text = text or option.default
    if option.form == "choice":
        return _choice(option, text)
    if option.form == "duration":
        return _duration(option, text.lower())
    found = _NUMBER.fullmatch(text)
    if found is None or (option.form == "count" and found[1]) or not option.low <= float(text) <= option.high:
        whole = "a whole number" if option.form == "count" else "a number"
        raise _refused(option, text, f"Write {whole} from {option.low:,g} to {option.high:,.0f}.")
    return f"{float(text):g}" if option.form == "factor" else str(int(text))


def _choice(option: Option, text: str) -> str:
    if text not in {word for word, _ in option.choices}:
        raise _refused(option, text, f"It is one of {', '.join(word for word, _ in option.choices)}.")
    return text


def _duration(option: Option, text: str) -> str:
    minutes = _minutes(text)
    if not option.low <= minutes <= option.high:
        low, high = (_spelled(int(each)) for each in (option.low, option.high))
        raise _refused(option, text, f"Write a time such as 30m, 1h or 7d, from {low} to {high}.")
    return _spelled(minutes)


def _minutes(text: str) -> int:
    found = _DURATION.fullmatch(text)
    return int(found[1]) * _UNITS[found[2]] if found else -1


def _spelled(minutes: int) -> str:
    for unit in ("d", "h"):
        if minutes % _UNITS[unit] == 0:
            return f"{minutes // _UNITS[unit]}{unit}"
    return f"{minutes}m"


def _refused(option: Option, text: str, remedy: str) -> UsageError:
    return UsageError(f"«{option.title}» cannot be {_cut(text)}", where=option.name, remedy=remedy)


def _cut(text: str) -> str:
    shown = "".join(char if char.isprintable() else "?" for char in text[:41])
    return f"«{shown[:40]}…»" if len(text) > 40 else f"«{shown}»"
