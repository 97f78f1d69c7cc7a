"""Jenkins: the Notification plugin's payload, the JSON API's build object and the statistics gatherer's record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.events.change.reading import Object, child, children, first_text
from remit.rooms.events.change.times import instant
from remit.rooms.events.ci.build import Build
from remit.rooms.events.git_names import repository_name
from remit.rooms.events.lenient import text

_PHASES: Final = {"QUEUED": "queued", "STARTED": "started"}


def is_jenkins(record: Object) -> bool:
    """One of the three shapes."""
    return _is_notification(record) or _is_api(record) or _is_statistics(record)


def read_jenkins(record: Object) -> Build:
    """The record as a build. The time of a notification without one is missing, and the caller says so."""
    if _is_notification(record):
        return _notification(record)
    return _api(record) if _is_api(record) else _statistics(record)


def _is_notification(record: Object) -> bool:
    build = child(record, "build")
    return "name" in record and "phase" in build and ("number" in build or "full_url" in build)


def _is_api(record: Object) -> bool:
    return "number" in record and "building" in record and ("result" in record or "actions" in record)


def _is_statistics(record: Object) -> bool:
    return "buildUrl" in record and ("fullJobName" in record or "jobName" in record)


def _notification(record: Object) -> Build:
    build = child(record, "build")
    scm = child(build, "scm")
    number = first_text(build, "number")
    phase = (text(build.get("phase")) or "").upper()
    return Build(
        system="jenkins",
        run=first_text(build, "full_url", "url") or number,
        times=(build.get("timestamp"), record.get("received_at")),
        state=text(build.get("status")),
        phase=_PHASES.get(phase, "completed"),
        job=first_text(record, "name", "display_name"),
        part=number,
        url=text(build.get("full_url")),
        repository=repository_name(text(scm.get("url"))),
        commit=text(scm.get("commit")),
        branch=_branch(text(scm.get("branch"))),
        marks=[("jenkins_phase", phase or None)],
    )


def _api(record: Object) -> Build:
    started, duration = instant(record.get("timestamp")), record.get("duration")
    building = record.get("building") is True
    ended = isinstance(duration, int) and not building and started is not None and 0 < duration < 10**12
    finished = (started or 0) + duration * 1000 if ended and isinstance(duration, int) else None
    cause = _cause(record)
    commit, branch = _built_revision(record)
    return Build(
        system="jenkins",
        run=first_text(record, "url", "id", "number"),
        times=(finished, started),
        state=text(record.get("result")),
        phase="started" if building else "completed",
        job=first_text(record, "fullDisplayName", "displayName"),
        part=first_text(record, "number"),
        url=text(record.get("url")),
        repository=next(_remotes(record), None),
        commit=commit,
        branch=_branch(branch),
        actor=first_text(cause, "userId", "userName"),
        cause=_cause_name(cause),
        marks=[("cause_text", text(cause.get("shortDescription"))), ("actor_name", text(cause.get("userName")))],
    )


def _statistics(record: Object) -> Build:
    scm = child(record, "scmInfo")
    return Build(
        system="jenkins",
        run=text(record.get("buildUrl")),
        times=(record.get("endTime"), record.get("startTime")),
        state=text(record.get("result")),
        job=first_text(record, "fullJobName", "jobName"),
        part=first_text(record, "number"),
        url=text(record.get("buildUrl")),
        repository=repository_name(text(scm.get("url"))),
        commit=text(scm.get("commit")),
        branch=_branch(text(scm.get("branch"))),
        cause=text(record.get("buildCause")),
        actor=first_text(record, "startedUserId", "startedUsername"),
    )


def _cause(record: Object) -> Object:
    """The cause that names a user, else the first one: a replay or a re-run carries several."""
    causes = [cause for action in children(record, "actions") for cause in children(action, "causes")]
    return next((cause for cause in causes if text(cause.get("userId"))), causes[0] if causes else {})


def _cause_name(cause: Object) -> str | None:
    """``UserIdCause`` of ``hudson.model.Cause$UserIdCause``."""
    kind = text(cause.get("_class")) or ""
    return kind.rpartition("$")[2].rpartition(".")[2] or None


def _remotes(record: Object) -> Iterator[str]:
    for action in children(record, "actions"):
        urls = action.get("remoteUrls")
        for url in urls if isinstance(urls, list) else ():
            if name := repository_name(text(url)):
                yield name


def _built_revision(record: Object) -> tuple[str | None, str | None]:
    for action in children(record, "actions"):
        revision = child(action, "lastBuiltRevision")
        if sha := text(revision.get("SHA1")):
            branches = children(revision, "branch")
            return sha, text(branches[0].get("name")) if branches else None
    return None, None


def _branch(ref: str | None) -> str | None:
    return ref.removeprefix("refs/remotes/").removeprefix("refs/heads/").removeprefix("origin/") if ref else None
