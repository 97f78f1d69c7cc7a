"""What one ingest did: every record read is new, a duplicate, left out for a reason, or in quarantine with one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Summary:
    """Counts of one ingest. ``read`` = ``new + duplicate + erased + expired + quarantined records``; faults without a
    record are extra. ``erased`` were erased before and stay out; ``expired`` are older than what is kept."""

    read: int = 0
    new: int = 0
    duplicate: int = 0
    erased: int = 0
    expired: int = 0
    sources: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    by_data_source: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    earliest_us: int | None = None
    latest_us: int | None = None

    def add(self, other: Summary) -> None:
        """Take in what another batch or worker did."""
        self.read += other.read
        self.new += other.new
        self.duplicate += other.duplicate
        self.erased += other.erased
        self.expired += other.expired
        self.sources += other.sources
        self.quarantined.update(other.quarantined)
        self.by_data_source.update(other.by_data_source)
        self.skipped.update(other.skipped)
        for moment in (other.earliest_us, other.latest_us):
            self.saw(moment)

    def saw(self, moment_us: int | None) -> None:
        """Widen the span of event times."""
        if moment_us is None:
            return
        self.earliest_us = moment_us if self.earliest_us is None else min(self.earliest_us, moment_us)
        self.latest_us = moment_us if self.latest_us is None else max(self.latest_us, moment_us)

    def to_json(self) -> dict[str, Any]:
        """For records of runs and for ``--json``."""
        return {
            "read": self.read,
            "new": self.new,
            "duplicate": self.duplicate,
            "erased": self.erased,
            "expired": self.expired,
            "sources": self.sources,
            "quarantined": dict(self.quarantined),
            "by_data_source": dict(self.by_data_source),
            "skipped": dict(self.skipped),
        }
