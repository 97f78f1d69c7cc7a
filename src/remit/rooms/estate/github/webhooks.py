"""Webhook deliveries, wrapped with the event's name, which GitHub sends as a header."""

from __future__ import annotations

from typing import Final

from remit.rooms.estate.feed import Item, Json
from remit.rooms.estate.github.accounts import ORGANIZATION, Account, Repository
from remit.rooms.estate.github.change import Change, Commit
from remit.rooms.estate.instants import SECOND, to_seconds

NO_COMMIT: Final = "0" * 40


def delivery(event: str, repository: Repository, sender: Account, at: int, **payload: object) -> Item:
    """One delivery."""
    body = {
        **payload,
        "repository": repository.payload(to_seconds(at)),
        "organization": ORGANIZATION,
        "sender": sender.sender(),
    }
    return Item("github-webhook", repository.full_name, at, {"x_github_event": event, "payload": body})


def push(repository: Repository, sender: Account, ref: str, before: str, commit: Commit, at: int) -> Item:
    """A ref moved from ``before`` to one new commit."""
    body = {
        "id": commit.sha,
        "tree_id": commit.sha[::-1],
        "message": commit.message,
        "timestamp": to_seconds(commit.at),
        "url": f"{repository.url}/commit/{commit.sha}",
        "author": commit.author,
        "committer": commit.committer,
        "added": [],
        "removed": [],
        "modified": list(commit.paths),
        "distinct": True,
    }
    return delivery(
        "push", repository, sender, at,
        ref=f"refs/heads/{ref}", before=before, after=commit.sha, created=before == NO_COMMIT, deleted=False,
        forced=False, base_ref=None, compare=f"{repository.url}/compare/{before[:12]}...{commit.sha[:12]}",
        commits=[body], head_commit=body, pusher={"name": sender.login, "email": sender.email},
    )  # fmt: skip


def pull_request(change: Change, action: str, sender: Account, at: int) -> Item:
    """The change's pull request, opened or closed by merge."""
    merged = action == "closed"
    base = {"ref": "main", "sha": change.base}
    pull: Json = {
        "id": 2_000_000_000 + change.number,
        "number": change.number,
        "html_url": f"{change.repository.url}/pull/{change.number}",
        "title": change.title,
        "body": change.body,
        "state": "closed" if merged else "open",
        "draft": False,
        "user": change.opener.sender(),
        "head": {"ref": change.branch, "sha": change.head.sha},
        "base": base,
        "merge_commit_sha": change.merge.sha if merged else None,
        "merged": merged,
        "created_at": to_seconds(change.opened),
        "updated_at": to_seconds(at),
        "merged_at": to_seconds(at) if merged else None,
        "closed_at": to_seconds(at) if merged else None,
        "merged_by": sender.sender() if merged else None,
        "commits": 1,
    }
    return delivery(
        "pull_request", change.repository, sender, at, action=action, number=change.number, pull_request=pull
    )


def workflow_run(change: Change, action: str, sender: Account, at: int, started: int) -> Item:
    """The deployment's run on main, requested or completed."""
    done = action == "completed"
    run: Json = {
        "id": change.run,
        "name": "deploy",
        "display_title": change.merge.subject,
        "path": ".github/workflows/deploy.yml",
        "run_number": change.number - 100,
        "run_attempt": 1,
        "event": "push",
        "status": "completed" if done else "queued",
        "conclusion": "success" if done else None,
        "workflow_id": change.repository.id + 7,
        "check_suite_id": change.run + 1,
        "head_branch": "main",
        "head_sha": change.merge.sha,
        "head_commit": {
            "id": change.merge.sha,
            "message": change.merge.message,
            "timestamp": to_seconds(change.merge.at),
            "author": change.merge.author,
            "committer": change.merge.committer,
        },
        "html_url": f"{change.repository.url}/actions/runs/{change.run}",
        "actor": sender.sender(),
        "triggering_actor": sender.sender(),
        "pull_requests": [],
        "created_at": to_seconds(started),
        "run_started_at": to_seconds(started),
        "updated_at": to_seconds(at - at % SECOND),
    }
    return delivery("workflow_run", change.repository, sender, at, action=action, workflow_run=run)
