"""Alerts: when a query's matches are worth telling somebody. Asks what it needs to know and judges the answers."""

from __future__ import annotations

from remit.rooms.alerts.baseline import look_at, step_of
from remit.rooms.alerts.finding import NAMED, SAMPLES, Finding, Judgement, Watch
from remit.rooms.alerts.kinds import KINDS, Kind, Option
from remit.rooms.alerts.settings import Settings, read_kind, read_settings
from remit.rooms.alerts.settle import Settled, settle
from remit.rooms.alerts.watching import judge, needs

__all__ = [
    "KINDS",
    "NAMED",
    "SAMPLES",
    "Finding",
    "Judgement",
    "Kind",
    "Option",
    "Settings",
    "Settled",
    "Watch",
    "judge",
    "look_at",
    "needs",
    "read_kind",
    "read_settings",
    "settle",
    "step_of",
]
