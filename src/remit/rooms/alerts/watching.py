"""Ask, answer, judge: what an alert needs to know for one look, and what it concludes from the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from remit.rooms.alerts import baseline
from remit.rooms.alerts.blast import judge_blast
from remit.rooms.alerts.finding import Judgement, Watch
from remit.rooms.alerts.first import columns, judge_firsts
from remit.rooms.alerts.match import COLUMNS, judge_matches
from remit.rooms.alerts.questions import Counts, HistoryStart, NewMatches, NewValues, Question, Reach
from remit.rooms.alerts.rate import judge_rate


def needs(watch: Watch, end: int) -> tuple[Question, ...]:
    """The questions of one look. ``end`` is where its window ends (see ``look_at``), in microseconds."""
    if watch.kind == "match":
        return (NewMatches(COLUMNS),)
    if watch.kind == "first":
        return (NewValues(columns(watch)),)
    width = watch.settings.micros("window")
    windows = baseline.earlier_windows(width) + 1
    asked: Question = Counts(end, width, windows) if watch.kind == "rate" else Reach(end, width, windows)
    return (asked, HistoryStart())


def judge(watch: Watch, questions: Sequence[Question], answers: Sequence[Any]) -> Judgement:
    """What the answers to ``questions``, in their order, say."""
    asked = questions[0]
    if isinstance(asked, NewMatches):
        return judge_matches(watch, answers[0])
    if isinstance(asked, NewValues):
        return judge_firsts(watch, answers[0])
    if isinstance(asked, Counts):
        return judge_rate(watch, asked, answers[0], answers[1])
    if isinstance(asked, Reach):
        return judge_blast(watch, asked, answers[0], answers[1])
    raise TypeError(f"no alert is judged by {asked!r}")
