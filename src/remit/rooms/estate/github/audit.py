"""GitHub audit log entries: the same acts as the webhooks tell, and what only the log tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.estate.cast import GITHUB_ORG, GITHUB_ORG_ID, NOOR, OMAR, PEOPLE
from remit.rooms.estate.chance import stable_digits
from remit.rooms.estate.feed import Item, Json
from remit.rooms.estate.github.accounts import COPILOT, PAYMENTS, STOREFRONT, Account, Repository, account
from remit.rooms.estate.github.change import Change
from remit.rooms.estate.rhythm import Moment

_GIT: Final = "git/2.51.0"
_BROWSER: Final = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36"
_ADDRESSES: Final = {person.login: person.address for person in PEOPLE}


def entry(action: str, actor: Account, at: int, **more: object) -> Item:
    """One entry of the organization's log."""
    record: Json = {
        "action": action,
        "@timestamp": at // 1000,
        "created_at": at // 1000,
        "_document_id": stable_digits(action, actor.login, at, sorted(more.items()), digits=22),
        "actor": actor.login,
        "actor_id": actor.id,
        "actor_is_bot": actor.type == "Bot",
        "org": GITHUB_ORG,
        "org_id": GITHUB_ORG_ID,
        **more,
    }
    if actor.login in _ADDRESSES:
        record |= {"actor_ip": _ADDRESSES[actor.login], "actor_location": {"country_code": "NL"}}
    return Item("github-audit", GITHUB_ORG, at, record)


def _repo(repository: Repository) -> dict[str, object]:
    return {"repo": repository.full_name, "repo_id": repository.id, "public_repo": False}


def push_entry(repository: Repository, actor: Account, ref: str, before: str, after: str, at: int) -> Item:
    """The log's side of a push; an agent's own push carries its session and the person who asked for it."""
    more = _agent_session(after) if actor is COPILOT else {}
    return entry(
        "git.push", actor, at, **_repo(repository), user_agent=_GIT, transport_protocol_name="http",
        operation_type="modify", ref=f"refs/heads/{ref}", before=before, after=after, **more,
    )  # fmt: skip


def _agent_session(sha: str) -> dict[str, object]:
    digits = stable_digits("copilot-session", sha, digits=32)
    session = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
    return {"actor_is_agent": True, "agent_session_id": session, "user": "liam-acme"}


def pull_request_entry(change: Change, action: str, actor: Account, at: int) -> Item:
    more = _agent_session(change.head.sha) if actor is COPILOT else {}
    return entry(
        action, actor, at, **_repo(change.repository), user_agent=_BROWSER, pull_request_id=change.number,
        pull_request_title=change.title, pull_request_url=f"{change.repository.url}/pull/{change.number}", **more,
    )  # fmt: skip


def run_entry(change: Change, actor: Account, at: int) -> Item:
    return entry(
        "workflows.created_workflow_run", actor, at, **_repo(change.repository), user_agent="launch/production",
        workflow_id=change.repository.id + 7, workflow_run_id=change.run, run_number=change.number - 100,
        run_attempt=1, head_branch="main", head_sha=change.merge.sha, event="push", name="deploy",
        operation_type="create",
    )  # fmt: skip


def administration(moment: Moment) -> Iterator[Item]:
    """What people change in GitHub itself, some of it worth a second look."""
    acts: tuple[tuple[str, Account, dict[str, object]], ...] = (
        ("protected_branch.policy_override", account(OMAR), {**_repo(PAYMENTS), "branch": "refs/heads/main"}),
        ("repository_ruleset.update", account(NOOR), {**_repo(STOREFRONT), "ruleset_id": 4411, "ruleset_name": "main"}),
        ("org.add_member", account(NOOR), {"user": "contractor-acme", "permission": "read"}),
        ("hook.create", account(NOOR), {**_repo(PAYMENTS), "hook_id": 90210, "events": ["push"]}),
        (
            "personal_access_token.access_granted",
            account(NOOR),
            {"programmatic_access_type": "Fine-grained personal access token"},
        ),
        ("environment.update_protection_rule", account(OMAR), {**_repo(STOREFRONT), "environment_name": "production"}),
    )
    action, actor, more = acts[moment.ordinal % len(acts)]
    yield entry(action, actor, moment.at, user_agent=_BROWSER, **more)
