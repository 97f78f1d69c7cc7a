"""One build or pipeline run, whichever system recorded it, and the words its state is told in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from remit.rooms.events.change.words import words

_COMPLETED: Final = words(
    "success succeeded successful passed ok fixed failure failed error errored unstable aborted cancelled canceled "
    "canceling skipped not_built timed_out timeout completed finished finalized broken"
)
_QUEUED: Final = words(
    "queued pending created waiting waiting_for_resource preparing scheduled manual blocked enqueued"
)
_FAILED: Final = words(
    "failure failed error errored unstable aborted cancelled canceled canceling timed_out timeout broken"
)


@dataclass(slots=True)
class Build:
    """A build as its system tells it; what it does not say is ``None``.

    ``times`` are candidates for the record's time, best first. ``state`` is the system's own word; ``phase`` is set
    where the system tells the phase apart from the result. ``act`` is ``build`` or ``deployment``.
    """

    system: str
    run: str | None
    times: tuple[object, ...]
    state: str | None = None
    phase: str | None = None
    job: str | None = None
    part: str | None = None
    url: str | None = None
    repository: str | None = None
    commit: str | None = None
    branch: str | None = None
    message: str | None = None
    title: str | None = None
    pull_request: str | None = None
    cause: str | None = None
    actor: str | None = None
    actor_id: str | None = None
    actor_email: str | None = None
    actor_type: str | None = None
    author_email: str | None = None
    environment: str | None = None
    error_message: str | None = None
    act: str = "build"
    marks: list[tuple[str, str | None]] = field(default_factory=list)


def phase_of(build: Build) -> str:
    """``queued``, ``started`` or ``completed``, from the phase where told, else from the state."""
    word = (build.phase or build.state or "").lower()
    return "completed" if word in _COMPLETED else "queued" if word in _QUEUED else "started"


def failed(build: Build) -> bool:
    """Whether the build ended without doing its work."""
    return (build.state or "").lower() in _FAILED
