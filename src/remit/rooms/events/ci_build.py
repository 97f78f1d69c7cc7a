"""CI build records: Remit's own generic shape, Jenkins, and GitLab, as one kind of event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from remit.model.errors import RecordError
from remit.rooms.events.change.batch import Facts, Origin, Reading, decode_each
from remit.rooms.events.change.markers import Markers
from remit.rooms.events.change.reading import Object
from remit.rooms.events.change.resources import Resources
from remit.rooms.events.change.texts import mark_message, ticket_in
from remit.rooms.events.change.times import first_instant
from remit.rooms.events.ci.build import Build, failed, phase_of
from remit.rooms.events.ci.generic import is_generic, read_generic
from remit.rooms.events.ci.gitlab import is_gitlab, read_gitlab
from remit.rooms.events.ci.jenkins import is_jenkins, read_jenkins
from remit.rooms.events.decoded import Decoded

_SHAPES: Final[tuple[tuple[Callable[[Object], bool], Callable[[Object], Build]], ...]] = (
    (is_generic, read_generic),
    (is_gitlab, read_gitlab),
    (is_jenkins, read_jenkins),
)
_KINDS: Final = {"queued": "create", "started": "create", "completed": "other"}
"""A run comes into being once; its end is a report about it."""


def decode(records: Sequence[bytes], feed: str) -> Decoded:
    """CI records as event columns. Never raises: a record it cannot read is a ``Reject``."""
    return decode_each(records, feed, _ORIGIN)


def claims(record: Mapping[str, Any]) -> bool:
    """A record of one of the shapes."""
    return any(fits(record) for fits, _ in _SHAPES)


def _read(record: dict[str, Any]) -> Reading:
    reader = next((read for fits, read in _SHAPES if fits(record)), None)
    if reader is None:
        raise RecordError("not-an-event", "The record is no CI build: neither `ci_build`, nor Jenkins, nor GitLab.")
    build = reader(record)
    if build.run is None:
        raise RecordError("not-an-event", "The CI record names no run: neither an id, nor a URL, nor a number.")
    phase = phase_of(build)
    facts: Facts = {
        "time": first_instant(*build.times),
        "provider_id": build.url or build.run,
        "account": _account(build),
        "service": "build",
        "operation": f"{build.act}.{phase}",
        "action_kind": _KINDS[phase] if build.act == "build" else "update",
        "event_type": build.system,
        "principal": build.actor,
        "principal_id": build.actor_id,
        "principal_name": build.actor,
        "principal_type": build.actor_type,
        "repository": build.repository,
        "commit": build.commit,
        "pull_request": build.pull_request,
        "run": build.run,
        "ticket": ticket_in(build.branch, build.title, build.message),
        "markers": _markers(build),
        "link_offers": [*_known(build), *_same_act(build, phase)],
        **_outcome(build, phase),
        **_resources(build),
    }
    return Reading(facts, None, record)


def _account(build: Build) -> str | None:
    owner, slash, _ = (build.repository or "").partition("/")
    return owner if slash and owner else None


def _outcome(build: Build, phase: str) -> Facts:
    if phase != "completed" or not failed(build):
        return {}
    return {"outcome": "failure", "error_code": build.state, "error_message": build.error_message}


def _markers(build: Build) -> list[str]:
    markers = Markers()
    markers.add("ci_system", build.system)
    markers.add("cause", build.cause)
    markers.add("head_branch", build.branch)
    markers.add("environment", build.environment)
    markers.add("actor_email", build.actor_email)
    markers.add("author_email", build.author_email)
    for key, value in build.marks:
        markers.add(key, value)
    mark_message(markers, build.message)
    return markers.listed()


def _known(build: Build) -> list[str]:
    return [f"{kind}:{value}" for kind, value in (("commit", build.commit), ("run", build.run)) if value]


def _same_act(build: Build, phase: str) -> list[str]:
    """A Jenkins build starts and ends once, and its plugins and its API each tell it; a GitLab pipeline, whose jobs
    may be retried, ends as often as it likes."""
    return [f"same:ci:{build.url}:{phase}"] if build.system == "jenkins" and build.url else []


def _resources(build: Build) -> Facts:
    found = Resources()
    job = " ".join(word for word in (build.job, f"#{build.part}" if build.part else None) if word)
    found.add("ci:build", job or build.run, build.url)
    found.add("ci:repository", build.repository)
    found.add("ci:environment", build.environment)
    return found.columns()


_ORIGIN: Final = Origin("ci", "ci-build", _read)
