"""Changes on their way: ticket, branch, pull request, merge, run, role session, Terraform's calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from remit.rooms.estate.aws import incident
from remit.rooms.estate.aws.calls import Step
from remit.rooms.estate.aws.iac import github_actions
from remit.rooms.estate.cast import ACCOUNTS, LIAM, MAYA, NOOR, OMAR, Person
from remit.rooms.estate.chance import Chance, stable_digits
from remit.rooms.estate.feed import Item
from remit.rooms.estate.github.accounts import (
    CLAUDE_TRAILER,
    COPILOT,
    DEPENDABOT,
    INFRASTRUCTURE,
    PAYMENTS,
    PLATFORM,
    STOREFRONT,
    WEB_FLOW,
    Account,
    Repository,
    account,
)
from remit.rooms.estate.github.audit import pull_request_entry, push_entry, run_entry
from remit.rooms.estate.github.change import Change, Commit
from remit.rooms.estate.github.webhooks import NO_COMMIT, pull_request, push, workflow_run
from remit.rooms.estate.instants import MINUTE, SECOND
from remit.rooms.estate.rhythm import Moment

_FIRST_RUN: Final = 18_000_000_000


@dataclass(frozen=True, slots=True)
class Story:
    """What a change is about and who makes it. ``trailers`` say who helped to write its commit."""

    author: Account
    ticket: str
    subject: str
    branch: str
    merged_by: Person
    trailers: tuple[str, ...] = ()
    creates: tuple[Step, ...] = ()
    """What this change has Terraform make besides an ordinary deployment's calls."""


_CLAUDE: Final = (CLAUDE_TRAILER, "Claude-Session: https://claude.ai/code/session_demo00000000000000000042")
_ROBOT: Final = "🤖 Generated with [Claude Code](https://claude.com/claude-code)"
_COPILOT_HELP: Final = ("Co-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>",)
STORIES: Final = (
    Story(account(MAYA), "PAY-{n}", "Retry failed card payments", "PAY-{n}-retry-card-payments", NOOR),
    Story(
        account(MAYA),
        "PAY-{n}",
        "Raise the refund queue's timeout",
        "PAY-{n}-refund-timeout",
        LIAM,
        (_ROBOT, "", *_CLAUDE),
    ),
    Story(account(LIAM), "SHOP-{n}", "Cache the product list", "SHOP-{n}-cache-products", MAYA),
    Story(
        COPILOT,
        "SHOP-{n}",
        "Alarm on slow searches",
        "copilot/SHOP-{n}-slow-search-alarm",
        LIAM,
        (f"Co-authored-by: {LIAM.login} <{LIAM.commit_email}>",),
    ),
    Story(account(LIAM), "SHOP-{n}", "Size the checkout tasks", "SHOP-{n}-size-checkout", MAYA, _COPILOT_HELP),
    Story(
        DEPENDABOT, "", "Bump hashicorp/aws from 6.13.0 to 6.14.1", "dependabot/terraform/hashicorp/aws-6.14.{n}", NOOR
    ),
    Story(account(NOOR), "PLAT-{n}", "Rotate the staging keys", "PLAT-{n}-rotate-staging-keys", OMAR),
)
SPOTLIGHT: Final = Story(
    account(MAYA), "PAY-123", "Let the orders worker retry", "PAY-123-orders-worker-retry", NOOR, (_ROBOT, "", *_CLAUDE)
)
"""The change that the welcome banner follows from its ticket to its calls."""


def deliver(repository: Repository, stories: tuple[Story, ...], first: int = 214) -> Callable[[Moment], Iterator[Item]]:
    """One of the stories in turn, from the pushed branch to the deployment; ``first`` is the first pull request."""

    def scene(moment: Moment) -> Iterator[Item]:
        story = stories[moment.ordinal % len(stories)]
        change = _change(repository, story, first + moment.ordinal, moment)
        yield from _written(change, story)
        yield from _merged(change, story, moment.chance)

    return scene


def _change(repository: Repository, story: Story, number: int, moment: Moment) -> Change:
    chance = moment.chance
    base, opened = stable_digits(repository.name, number, "base", digits=40), moment.at
    ticket = story.ticket.format(n=300 + moment.ordinal)
    subject = f"{ticket}: {story.subject}" if ticket else story.subject
    body = "\n".join(["", *story.trailers]) if story.trailers else ""
    author = story.author.signature()
    head = Commit(chance.hex(40), base, f"{subject}\n{body}".rstrip(), author, author, opened - 4 * MINUTE)
    merged = opened + chance.between(12, 40) * MINUTE
    squash = f"{subject} (#{number})\n{body}".rstrip()
    merge = Commit(chance.hex(40), base, squash, author, WEB_FLOW, merged)
    run = _FIRST_RUN + opened // SECOND
    branch = story.branch.format(n=300 + moment.ordinal)
    why = f"Closes {ticket}." if ticket else "Automatic update."
    return Change(repository, number, run, branch, subject, why, story.author, opened, base, head, merge)


def _written(change: Change, story: Story) -> Iterator[Item]:
    repository, author = change.repository, story.author
    yield change.head.history(repository)
    yield push(repository, author, change.branch, NO_COMMIT, change.head, change.opened - MINUTE)
    yield push_entry(repository, author, change.branch, NO_COMMIT, change.head.sha, change.opened - MINUTE)
    yield pull_request(change, "opened", author, change.opened)
    yield pull_request_entry(change, "pull_request.create", author, change.opened)


def _merged(change: Change, story: Story, chance: Chance) -> Iterator[Item]:
    repository, at, merger = change.repository, change.merge.at, account(story.merged_by)
    yield change.merge.history(repository)
    yield pull_request(change, "closed", merger, at)
    yield pull_request_entry(change, "pull_request.merge", merger, at)
    yield push(repository, merger, "main", change.base, change.merge, at)
    yield push_entry(repository, merger, "main", change.base, change.merge.sha, at)
    yield workflow_run(change, "requested", merger, at + 5 * SECOND, at + 5 * SECOND)
    yield run_entry(change, merger, at + 5 * SECOND)
    target = next(one for one in ACCOUNTS if one.environment == repository.environment)
    yield from github_actions(
        target, repository.subject, change.run, repository.name, at + 40 * SECOND, chance, story.creates
    )
    yield workflow_run(change, "completed", merger, at + 3 * MINUTE, at + 5 * SECOND)


def staging_ticket(moment: Moment) -> Iterator[Item]:
    """What led to the incident: Maya's branch for STG-482, its commit written with Claude Code."""
    author = account(MAYA)
    message = f"{incident.TICKET}: Clean up staging databases\n\n{_ROBOT}\n\n{CLAUDE_TRAILER}"
    signature = author.signature()
    base = stable_digits(INFRASTRUCTURE.name, "base", digits=40)
    commit = Commit(moment.chance.hex(40), base, message, signature, signature, moment.at, ("scripts/cleanup.sh",))
    yield commit.history(INFRASTRUCTURE)
    yield push(INFRASTRUCTURE, author, incident.BRANCH, NO_COMMIT, commit, moment.at + MINUTE)
    yield push_entry(INFRASTRUCTURE, author, incident.BRANCH, NO_COMMIT, commit.sha, moment.at + MINUTE)


FOUNDING: Final = Story(
    account(MAYA), "PAY-17", "Create the orders database", "PAY-17-orders-database", NOOR, (), incident.CREATION
)
payments: Final = deliver(PAYMENTS, STORIES[:2])
storefront: Final = deliver(STOREFRONT, STORIES[2:5])
platform: Final = deliver(PLATFORM, STORIES[5:])
spotlight: Final = deliver(PAYMENTS, (SPOTLIGHT,), first=401)
founding: Final = deliver(PAYMENTS, (FOUNDING,), first=171)
