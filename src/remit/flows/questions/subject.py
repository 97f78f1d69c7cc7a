"""What a person names when asking who: an event, a resource, a commit, a pull request, a ticket, a CI run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from remit.flows.questions.population import ACTS
from remit.flows.questions.ports import EventIndex
from remit.flows.questions.show import SHORTEST_PREFIX
from remit.rooms.query import term
from remit.rooms.query.predicate import Equals, Glob, Predicate, both, either

_PULL: Final = re.compile(r"(?:https://[^/]+/)?([\w.-]+/[\w.-]+)(?:#|/pull/|!|/-/merge_requests/)([0-9]+)/?")
_COMMIT: Final = re.compile(r"(?:(?:https://[^/]+/)?([\w.-]+/[\w.-]+)(?:@|/commit/))?([0-9a-f]{7,64})", re.IGNORECASE)
_REPOSITORY: Final = re.compile(r"(?:https://[^/]+/)?([\w.-]+/[\w.-]+?)(?:\.git)?/?")
_LONGEST: Final = 2048
_PREFIX: Final = "the beginning of an event's id"


@dataclass(frozen=True, slots=True)
class Subject:
    """What was named: its kind, how the records name it, and the records of it."""

    kind: str
    how: str
    records: Predicate
    text: str | None = None
    """The same in the query language, where one query says it."""


def resolve(
    index: EventIndex, named: str, columns: Sequence[str], kind: str | None = None
) -> tuple[Subject, EventIndex] | None:
    """The first reading of ``named`` that any record bears out, and the index narrowed to its records, of which
    questions by these columns follow; None when no reading is. With ``kind`` only readings of that kind are tried."""
    wanted = named.strip()[:_LONGEST]
    readings = _readings(wanted) if wanted else iter(())
    for reading in (each for each in readings if kind in (None, each.kind)):
        few = index.narrowed(reading.records, columns)
        if _borne_out(few, reading):
            return reading, few
    return None


def _borne_out(few: EventIndex, reading: Subject) -> bool:
    """Whether records bear the reading out; the beginning of an id names an event only when it is the only one."""
    found = len(few.search(reading.records, ("event_id",), 2))
    return found == 1 if reading.how == _PREFIX else found > 0


def _readings(wanted: str) -> Iterator[Subject]:
    yield Subject("event", "the event's id", Equals("event_id", wanted.lower()))
    yield Subject("event", "the provider's id of the record", Equals("provider_id", wanted))
    yield Subject("resource", "the resource's name in the records", both(ACTS, _named(wanted)), _in_words(wanted))
    yield from _of_code(wanted)
    yield from _by_part_of_arn(wanted)
    yield Subject(
        "ticket",
        "the ticket",
        both(ACTS, either(Equals(column, wanted, True) for column in ("ticket", "session_ticket"))),
    )
    yield Subject("run", "the CI run's id", both(ACTS, Equals("run", wanted)))
    yield Subject("access key", "the key the calls were signed with", both(ACTS, Equals("access_key", wanted)))
    yield from _of_actors(wanted)
    if len(wanted) >= SHORTEST_PREFIX:
        yield Subject("event", _PREFIX, Glob("event_id", (wanted.lower(), "")))


def _in_words(wanted: str) -> str:
    return f"({term('resource', wanted)} OR {term('arn', wanted)}) -counted:false"


def _named(wanted: str) -> Predicate:
    return either(Equals(column, wanted, True) for column in ("resource_ids", "resource_arns"))


def _of_actors(wanted: str) -> Iterator[Subject]:
    """Not a thing but somebody: what they did is then told."""
    yield Subject("agent", "the agent's name", both(ACTS, Equals("agent", wanted, True)), term("agent", wanted))
    person = both(ACTS, Equals("actor_kind", "person"), Equals("actor_name", wanted, True))
    yield Subject("person", "the person's name", person, f"who:person {term('actor', wanted)}")
    behalf = both(ACTS, Equals("on_behalf_of", wanted, True))
    yield Subject("person", "on whose behalf others acted", behalf, term("on_behalf_of", wanted))
    for column, word, how in (("principal", "principal", "the principal"), ("issuer", "role", "the role")):
        yield Subject("principal", how, both(ACTS, Equals(column, wanted, True)), term(word, wanted))
    name = both(ACTS, Equals("actor_name", wanted, True))
    yield Subject("actor", "the actor's name", name, term("actor", wanted))


def _of_code(wanted: str) -> Iterator[Subject]:
    if pull := _PULL.fullmatch(wanted):
        yield Subject(
            "pull request",
            f"pull request {pull[2]} of {pull[1]}",
            both(ACTS, Equals("repository", pull[1], True), Equals("pull_request", pull[2])),
        )
    if commit := _COMMIT.fullmatch(wanted):
        within = (Equals("repository", commit[1], True),) if commit[1] else ()
        yield Subject("commit", "the commit's sha", both(ACTS, Glob("commit", (commit[2].lower(), "")), *within))
    if repository := _REPOSITORY.fullmatch(wanted):
        yield Subject("repository", "the repository", both(ACTS, Equals("repository", repository[1], True)))


def _by_part_of_arn(wanted: str) -> Iterator[Subject]:
    """A full name when records have only its last part, or the last part when records have only full names."""
    if wanted.startswith("arn:") and wanted.count(":") >= 5:
        last = re.split(r"[/:]", wanted)[-1]
        account = wanted.split(":")[4]
        within = (Equals("account", account),) if account else ()
        if last:
            yield Subject(
                "resource",
                f"the last part of the ARN, {last}: the records do not carry all of it",
                both(ACTS, Equals("resource_ids", last, True), *within),
            )
    else:
        yield Subject(
            "resource",
            "the last part of an ARN",
            both(ACTS, either(Glob("resource_arns", ("", separator + wanted), True) for separator in "/:")),
        )
