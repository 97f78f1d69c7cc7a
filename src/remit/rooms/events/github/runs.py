"""The ``workflow_run`` and ``workflow_job`` webhooks."""

from __future__ import annotations

from typing import Final

from remit.rooms.events.change.batch import Facts
from remit.rooms.events.change.markers import Markers
from remit.rooms.events.change.reading import Object, child, children
from remit.rooms.events.change.resources import Resources
from remit.rooms.events.change.texts import mark_message, ticket_in
from remit.rooms.events.change.times import first_instant
from remit.rooms.events.change.words import words
from remit.rooms.events.github.names import account_columns, mark_account, repository_of
from remit.rooms.events.github.same_act import run_key
from remit.rooms.events.lenient import text

FAILED: Final = words("failure cancelled timed_out startup_failure action_required stale")
"""Conclusions of a run that did not do its work."""
_RUN_TIMES: Final = {
    "requested": ("run_started_at", "created_at"),
    "completed": ("updated_at",),
    "in_progress": ("updated_at", "run_started_at"),
}
_JOB_TIMES: Final = {
    "completed": ("completed_at",),
    "in_progress": ("started_at",),
    "queued": ("created_at",),
    "waiting": ("created_at",),
}


def read_run(payload: Object) -> Facts:
    """Facts of one step in a run's life. Whoever triggered this attempt is the principal, not the payload's sender."""
    run = child(payload, "workflow_run")
    act = text(payload.get("action")) or "completed"
    repository, number = repository_of(payload), text(run.get("id"))
    attempt = text(run.get("run_attempt"))
    facts: Facts = {
        "time": first_instant(*(run.get(key) for key in (*_RUN_TIMES.get(act, ()), "updated_at", "created_at"))),
        "run": number,
        "commit": text(run.get("head_sha")),
        "pull_request": _only_pull(run),
        "ticket": ticket_in(text(run.get("head_branch")), text(run.get("display_title")), _head_message(run)),
        "markers": _run_markers(run),
        **_conclusion(run, act),
    }
    trigger = child(run, "triggering_actor") or child(run, "actor")
    if trigger:
        facts.update(account_columns(trigger))
    facts["link_offers"] = _known(facts) + run_key(repository, number, attempt, act)
    facts.update(_resources(payload, run, number))
    return facts


def read_job(payload: Object) -> Facts:
    """Facts of one job of a run; the run's id ties it to the run."""
    job = child(payload, "workflow_job")
    act = text(payload.get("action")) or "completed"
    facts: Facts = {
        "time": first_instant(*(job.get(key) for key in (*_JOB_TIMES.get(act, ()), "started_at", "created_at"))),
        "run": text(job.get("run_id")),
        "commit": text(job.get("head_sha")),
        "ticket": ticket_in(text(job.get("head_branch"))),
        "markers": _job_markers(job),
        **_conclusion(job, act),
    }
    facts["link_offers"] = _known(facts)
    facts.update(_resources(payload, job, facts["run"]))
    return facts


def _conclusion(work: Object, act: str) -> Facts:
    """A run that goes on has no conclusion, whatever its object carries from an earlier attempt."""
    conclusion = text(work.get("conclusion"))
    if act == "completed" and conclusion in FAILED:
        return {"outcome": "failure", "error_code": conclusion}
    return {}


def _only_pull(run: Object) -> str | None:
    """The pull request a run is for, where it is for exactly one."""
    pulls = children(run, "pull_requests")
    return text(pulls[0].get("number")) if len(pulls) == 1 else None


def _head_message(run: Object) -> str | None:
    return text(child(run, "head_commit").get("message"))


def _known(facts: Facts) -> list[str]:
    return [f"{kind}:{value}" for kind, value in (("commit", facts["commit"]), ("run", facts["run"])) if value]


def _run_markers(run: Object) -> list[str]:
    markers = Markers()
    for key in ("event", "head_branch", "run_attempt"):
        markers.add(key, text(run.get(key)))
    markers.add("workflow", text(run.get("name")))
    markers.add("workflow_path", text(run.get("path")))
    mark_account(markers, "run_actor", child(run, "actor"))
    head = child(run, "head_commit")
    markers.add("author_email", text(child(head, "author").get("email")))
    markers.add("committer_email", text(child(head, "committer").get("email")))
    mark_message(markers, _head_message(run))
    return markers.listed()


def _job_markers(job: Object) -> list[str]:
    markers = Markers()
    markers.add("workflow", text(job.get("workflow_name")))
    for key in ("head_branch", "run_attempt", "runner_name"):
        markers.add(key, text(job.get(key)))
    labels = job.get("labels")
    for label in labels if isinstance(labels, list) else ():
        markers.add("runner_label", text(label))
    return markers.listed()


def _resources(payload: Object, work: Object, run: str | None) -> Facts:
    found = Resources()
    url = text(work.get("html_url"))
    if payload.get("workflow_job") is work:
        found.add("github:workflow_job", text(work.get("id")), url)
        url = None
    found.add("github:workflow_run", run, url)
    repository = child(payload, "repository")
    found.add("github:repository", text(repository.get("full_name")), text(repository.get("html_url")))
    return found.columns()
