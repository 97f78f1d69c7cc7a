"""GitLab's pipeline, job and deployment webhooks."""

from __future__ import annotations

from typing import Final

from remit.rooms.events.change.reading import Object, child, first_text
from remit.rooms.events.ci.build import Build
from remit.rooms.events.lenient import text

_KINDS: Final = ("pipeline", "build", "deployment")
"""``object_kind``; the job hook calls a job ``build``."""
_NO_EMAIL: Final = "[REDACTED]"


def is_gitlab(record: Object) -> bool:
    """A hook about a run; pushes, issues and merge requests are none."""
    return record.get("object_kind") in _KINDS


def read_gitlab(record: Object) -> Build:
    """The hook as a build of its pipeline."""
    kind = record.get("object_kind")
    build = _pipeline(record) if kind == "pipeline" else _job(record) if kind == "build" else _deployment(record)
    user, project = child(record, "user"), child(record, "project")
    email = text(user.get("email"))
    build.actor = first_text(user, "username", "name")
    build.actor_id = text(user.get("id"))
    build.actor_email = email if email != _NO_EMAIL else None
    build.repository = text(project.get("path_with_namespace")) or _spaced_path(text(record.get("project_name")))
    merge_request = child(record, "merge_request")
    build.pull_request = text(merge_request.get("iid"))
    build.title = text(merge_request.get("title"))
    build.marks += [("source_branch", text(merge_request.get("source_branch")))]
    return build


def _pipeline(record: Object) -> Build:
    run, commit = child(record, "object_attributes"), child(record, "commit")
    upstream = child(record, "source_pipeline")
    return Build(
        system="gitlab",
        run=text(run.get("id")),
        times=(run.get("finished_at"), run.get("created_at")),
        state=text(run.get("status")),
        job=text(run.get("name")) or "pipeline",
        url=text(run.get("url")),
        commit=text(run.get("sha")) or text(commit.get("id")),
        branch=text(run.get("ref")),
        message=text(commit.get("message")),
        cause=text(run.get("source")),
        author_email=text(child(commit, "author").get("email")),
        marks=[("upstream_pipeline", text(upstream.get("pipeline_id")))],
    )


def _job(record: Object) -> Build:
    commit = child(record, "commit")
    times = ("build_finished_at_iso", "build_finished_at", "build_started_at_iso", "build_started_at")
    created = ("build_created_at_iso", "build_created_at")
    web = text(child(record, "project").get("web_url")) or text(child(record, "repository").get("homepage"))
    part = text(record.get("build_id"))
    return Build(
        system="gitlab",
        run=text(record.get("pipeline_id")) or part,
        times=tuple(record.get(key) for key in (*times, *created)),
        state=text(record.get("build_status")),
        job=text(record.get("build_name")),
        part=part,
        url=f"{web}/-/jobs/{part}" if web and part else None,
        commit=text(record.get("sha")) or text(commit.get("sha")),
        branch=text(record.get("ref")),
        message=text(commit.get("message")),
        author_email=text(commit.get("author_email")),
        error_message=text(record.get("build_failure_reason")),
    )


def _deployment(record: Object) -> Build:
    return Build(
        system="gitlab",
        run=first_text(record, "deployable_id", "deployment_id"),
        times=(record.get("status_changed_at"),),
        state=text(record.get("status")),
        job="deployment",
        part=text(record.get("deployment_id")),
        url=text(record.get("deployable_url")),
        commit=(text(record.get("commit_url")) or "").rpartition("/")[2] or text(record.get("short_sha")),
        branch=text(record.get("ref")),
        title=text(record.get("commit_title")),
        environment=text(record.get("environment")),
        act="deployment",
    )


def _spaced_path(written: str | None) -> str | None:
    """Job hooks spell the project ``group / name``."""
    return written.replace(" / ", "/") if written else None
