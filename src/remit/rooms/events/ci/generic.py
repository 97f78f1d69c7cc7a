"""Remit's own shape of a CI record, ``{"ci_build": {...}}``; docs/ci-records.md says what each field means."""

from __future__ import annotations

from remit.rooms.events.change.reading import Object, child, first_text
from remit.rooms.events.ci.build import Build
from remit.rooms.events.lenient import text


def is_generic(record: Object) -> bool:
    """Remit's own envelope."""
    return isinstance(record.get("ci_build"), dict)


def read_generic(record: Object) -> Build:
    """Every field is optional but a time and an id or URL."""
    build = child(record, "ci_build")
    who = child(build, "triggered_by")
    return Build(
        system=text(build.get("system")) or "ci",
        run=first_text(build, "id", "url", "number"),
        times=tuple(build.get(key) for key in ("finished_at", "started_at", "created_at")),
        state=first_text(build, "status", "result"),
        job=first_text(build, "job", "pipeline"),
        url=text(build.get("url")),
        repository=text(build.get("repository")),
        commit=text(build.get("commit")),
        branch=text(build.get("branch")),
        message=text(build.get("message")),
        title=text(build.get("title")),
        pull_request=text(build.get("pull_request")),
        cause=text(build.get("cause")),
        actor=first_text(who, "login", "name", "email") or text(build.get("triggered_by")),
        actor_id=text(who.get("id")),
        actor_email=text(who.get("email")),
        actor_type=text(who.get("type")),
        environment=text(build.get("environment")),
        error_message=text(build.get("error")),
    )
