"""When things happen: people in office hours, pipelines on merges, workloads all day, and a calm after the incident."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from remit.rooms.estate.chance import Chance
from remit.rooms.estate.instants import DAY, HOUR, MINUTE, SECOND, moment_of

DAYS: Final = 30
INCIDENT_BEFORE_END: Final = 5 * HOUR
CALM_BEFORE_INCIDENT: Final = 15 * MINUTE
"""Routine scenes stop this long before the incident, so that the incident stands at the top of the page."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One scene's start and its own stream of choices; ``ordinal`` counts the scenes of one routine from 0."""

    at: int
    chance: Chance
    ordinal: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Scenes per working day and per weekend day (fractions are chances), the UTC hours they fall in, and
    ``always``: hours before the end at which a scene takes place on whatever weekday the estate ends."""

    weekday: float
    weekend: float = 0.0
    hours: tuple[float, float] = (7.5, 17.5)
    always: tuple[float, ...] = ()
    calm: float = 0.0
    """The share of scenes that also takes place in the calm hours after the incident."""


def moments(rhythm: Rhythm, end: int, chance: Chance) -> Iterator[Moment]:
    """The scenes of one routine in order of time, each on a whole second."""
    instants = [*_instants(rhythm, end, chance), *(end - int(hours * HOUR) for hours in rhythm.always)]
    for ordinal, at in enumerate(sorted(instants)):
        yield Moment(at - at % SECOND, Chance("scene", chance.hex(16)), ordinal)


def _instants(rhythm: Rhythm, end: int, chance: Chance) -> Iterator[int]:
    calm_from = end - INCIDENT_BEFORE_END - CALM_BEFORE_INCIDENT
    for day in range(DAYS + 1):
        midnight = (end - (DAYS - day) * DAY) // DAY * DAY
        for _ in range(_count(rhythm.weekend if moment_of(midnight).weekday() >= 5 else rhythm.weekday, chance)):
            low, high = rhythm.hours
            at = midnight + int(HOUR * (low + (high - low) * chance.random.random()))
            stays = at < calm_from or chance.happens(rhythm.calm)
            if end - DAYS * DAY <= at < end and stays:
                yield at


def _count(mean: float, chance: Chance) -> int:
    return int(mean) + chance.happens(mean - int(mean))
