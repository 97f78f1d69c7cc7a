"""A rate: how many matches the last window has, against earlier windows of its length."""

from __future__ import annotations

from collections.abc import Sequence

from remit.rooms.alerts import baseline
from remit.rooms.alerts.finding import Finding, Judgement, Watch, counted, fingerprint, length, moment
from remit.rooms.alerts.questions import Counts


def judge_rate(watch: Watch, asked: Counts, counts: Sequence[int], start: int | None) -> Judgement:
    """At most one finding; with too little history none, and a note that says so."""
    known = baseline.covered(asked.end, asked.width, asked.windows - 1, start)
    if known < baseline.FEWEST:
        return Judgement(note=too_short(known, asked.width))
    past = list(counts[-1 - known : -1])
    now, usual = counts[-1], baseline.usual_of(past)
    factor, least = watch.settings.number("factor"), watch.settings.number("least")
    sentence = (
        f"{counted(now, 'act')} in the {length(asked.width)} up to {moment(asked.end)}; usual is {usual.usual:.1f} "
        f"({usual.windows} earlier ones, the busiest had {usual.most:,})."
    )
    if not baseline.unusual(now, usual, factor, least):
        return Judgement(note=sentence)
    evidence = {
        "acts": now,
        "usual": round(usual.usual, 2),
        "windows": usual.windows,
        "busiest": usual.most,
        "factor": factor,
        "least": int(least),
    }
    low = asked.end - asked.width
    found = Finding(fingerprint(watch), sentence, 1, evidence, (), low, asked.end)
    return Judgement((found,))


def too_short(known: int, width: int) -> str:
    """Why nothing can be judged yet."""
    return (
        f"Too little history: the store covers {counted(known, 'earlier window')} of this length ({length(width)}); "
        f"{baseline.FEWEST} are needed."
    )
