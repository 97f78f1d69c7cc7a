"""Keys that a webhook and an audit log entry of one and the same act both carry.

A key is offered only where it names one act for ever: a pull request is opened and merged once, a run's attempt starts
and ends once, a repository's id is created and deleted once, and a push moves one ref from one commit to another.
What can repeat (closing, labelling) has no key, because two acts must never become one.
"""

from __future__ import annotations

from typing import Final

from remit.rooms.events.change.batch import Facts
from remit.rooms.events.change.reading import Object, first_text
from remit.rooms.events.lenient import text

_PULL_AUDIT: Final = {"pull_request.create": "opened", "pull_request.merge": "merged"}
_PULL_WEBHOOK: Final = {"pull_request.opened": "opened", "pull_request.merged": "merged"}
_RUN_AUDIT: Final = {"workflows.created_workflow_run": "requested", "workflows.completed_workflow_run": "completed"}
_REPOSITORY_AUDIT: Final = {"repo.create": "created", "repo.destroy": "deleted"}


def push_key(repository: str | None, ref: str | None, before: str | None, after: str | None) -> list[str]:
    """One push: the same commit may be pushed to two refs, and to one ref twice after a force push."""
    return [f"same:gh:push:{repository}@{after}:{ref}:{before}"] if repository and ref and before and after else []


def pull_key(operation: str, repository: str | None, number: str | None) -> list[str]:
    """A webhook's pull request, opened or merged."""
    act = _PULL_WEBHOOK.get(operation)
    return [f"same:gh:pr:{repository}#{number}:{act}"] if act and repository and number else []


def run_key(repository: str | None, run: str | None, attempt: str | None, act: str) -> list[str]:
    """A run's attempt, requested or completed."""
    known = act in ("requested", "completed") and repository and run and attempt
    return [f"same:gh:run:{repository}:{run}:{attempt}:{act}"] if known else []


def repository_key(repository_id: str | None, act: str | None) -> list[str]:
    """A repository, created or deleted, by its numeric id."""
    return [f"same:gh:repo:{repository_id}:{act}"] if repository_id and act in ("created", "deleted") else []


def audit_keys(facts: Facts, entry: Object) -> list[str]:
    """The audit log's side of all of the above."""
    action, repository = facts["operation"], facts["repository"]
    if action == "git.push":
        return push_key(repository, *(text(entry.get(key)) for key in ("ref", "before", "after")))
    if (act := _PULL_AUDIT.get(action)) and repository and facts["pull_request"]:
        return [f"same:gh:pr:{repository}#{facts['pull_request']}:{act}"]
    if act := _RUN_AUDIT.get(action):
        first = "1" if act == "requested" else None
        return run_key(repository, facts["run"], first_text(entry, "run_attempt") or first, act)
    return repository_key(text(entry.get("repo_id")), _REPOSITORY_AUDIT.get(action))
