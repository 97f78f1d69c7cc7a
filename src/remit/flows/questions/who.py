"""Who made this, who last changed it, by which path, and the chain from the ticket to the call."""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

from remit.flows.questions.chain import CHAIN_COLUMNS, chain
from remit.flows.questions.denials import CAUSE
from remit.flows.questions.life import LOOKED_FOR, UNNAMED, deletions, life, namesakes
from remit.flows.questions.population import ATTEMPTS, CHANGES
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.search import nothing_found
from remit.flows.questions.show import LINE
from remit.flows.questions.subject import Subject, resolve
from remit.flows.questions.window import plural
from remit.model.errors import NotFound
from remit.model.event_json import Describe, event_json, rfc3339
from remit.rooms.query.asked import BRIEF, OLDEST
from remit.rooms.query.predicate import EVERYTHING, Equals, Predicate, Range, both

MAX_CHANGES: Final = 50
_ACCOUNTS: Final = 6
_MADE_BY_FEW: Final = 3
"""Oldest creations that are looked at first: mostly the first of all made it."""
_WHO: Final = (*LINE, "on_behalf_of", "principal", "confidence", "evidence", "runner_up", "user_agent")
_MADE: Final = (*_WHO, "resource_types", "resource_arns")
_LISTED: Final = tuple(dict.fromkeys((*_WHO, *CHAIN_COLUMNS)))
_ASKED_BY: Final = ("action_kind", "outcome", "path", "account", "actor_kind", "actor_name", "principal", *CAUSE)
"""What the questions about a subject's records filter and group by."""
SAID: Final = (
    "event_id",
    "time",
    "provider",
    "account",
    "region",
    "environment",
    "source",
    "path",
    "action",
    "outcome",
    "denied",
    "actor",
    "attribution",
)
"""What is told of a change, as keys of an event's JSON."""
ACTORS: Final = ("agent", "person", "principal", "actor")
"""Subjects that are somebody."""
_MIXED: Final = "Several resources have this name, and this is told of all of them together: ask by full name for one. "
_OF_CODE: Final = ("commit", "pull request", "repository", "ticket", "run", "event", "access key")


def who(index: EventIndex, describe: Describe, named: str) -> Json:
    """``{subject, kind, found, how, records, made, deleted, last_changed, paths, changes, more, chain, sentence, query,
    permissions, readers, reads, refused, namesakes, namesakes_among}``.

    ``made`` is the oldest record that creates the subject, None (with the reason in ``sentence``) when no record does;
    ``deleted`` the newest that deletes it, with nothing that changed it afterwards. Of somebody (an agent, a person, a
    principal) it is what they changed. ``namesakes`` are full names that a short one may stand for, in the newest
    ``namesakes_among`` of its records.
    """
    resolved = resolve(index, named, _ASKED_BY)
    return _nothing(index, named) if resolved is None else _told_of(*resolved, describe, named)


def _told_of(subject: Subject, index: EventIndex, describe: Describe, named: str) -> Json:
    population = _population(subject)
    rows = index.search(population, _LISTED, MAX_CHANGES + 1)
    total = index.tally(population)["records"] if len(rows) > MAX_CHANGES else len(rows)
    made = None if subject.kind in ACTORS else _made(index, subject, population, named.strip())
    deleted = _deleted(index, subject, rows, named.strip())
    seed = rows[0] if rows else _seed(index, subject)
    so_named = namesakes(index, subject.records, named.strip()) if subject.kind == "resource" else UNNAMED
    told = _told(index, subject, made, deleted, rows, total) + _several(index, subject, population)
    return {
        "subject": named,
        "kind": subject.kind,
        "found": True,
        "how": subject.how,
        "records": total,
        "made": _said(made, describe),
        "last_changed": _said(rows[0], describe) if rows else None,
        "paths": [
            {"path": row["path"], "count": row["count"], "last": rfc3339(row["last"])}
            for row in index.groups(population, ("path",), 20)
        ],
        "changes": [_said(row, describe) for row in rows[:MAX_CHANGES]],
        "more": total > MAX_CHANGES,
        "chain": chain(index, seed),
        "chain_of": seed["event_id"],
        "sentence": (_MIXED if so_named["namesakes"] else "") + told,
        "deleted": _said(deleted, describe),
        "query": subject.text,
        **life(index, subject.records, subject.text),
        **so_named,
    }


def around(index: EventIndex, event_id: str) -> Json:
    """``{chain, life}`` of an event: the chain to it as ``who`` tells it, and of the first thing it touched ``{subject,
    sentence}``, None when it touched nothing. Raises NotFound."""
    rows = index.search(Equals("event_id", event_id), (*CHAIN_COLUMNS, "resource_arns"), 1)
    if not rows:
        raise NotFound(f"No event has the id {event_id[:60]}", remedy="Give an event_id.")
    names = zip_longest(rows[0]["resource_arns"], rows[0]["resource_ids"])
    first = next((arn or name for arn, name in names if arn or name), None)
    return {"chain": chain(index, rows[0]), "life": None if first is None else _briefly(index, first)}


def _briefly(index: EventIndex, named: str) -> Json | None:
    """The sentence that ``who`` begins with of a resource, and of the rest nothing."""
    resolved = resolve(index, named, _ASKED_BY, "resource")
    if resolved is None:
        return None
    subject, few = resolved
    population = _population(subject)
    rows = few.search(population, _WHO, 1)
    total = few.tally(population)["records"]
    made = _made(few, subject, population, named.strip())
    told = _told(few, subject, made, _deleted(few, subject, rows, named.strip()), rows, total)
    return {"subject": named, "sentence": told + _several(few, subject, population)}


def _population(subject: Subject) -> Predicate:
    """What of its records is told: of things of code and events all, of all else what changed."""
    return subject.records if subject.kind in _OF_CODE else both(subject.records, CHANGES)


def _deleted(index: EventIndex, subject: Subject, rows: list[Row], named: str) -> Row | None:
    """The deletion that ended it; one that something followed did not. ``rows`` are its changes, newest first."""
    if subject.kind != "resource" or not rows:
        return None
    last = both(subject.records, Range("time", low=rows[0]["time"]))
    return next((row for row in deletions(index, last, _MADE) if _makes(row, named)), None)


def _told(
    index: EventIndex, subject: Subject, made: Row | None, deleted: Row | None, rows: list[Row], total: int
) -> str:
    if subject.kind not in ACTORS:
        ended = f" It was deleted by {_name(deleted)} at {rfc3339(deleted['time'])}." if deleted else ""
        of = "record" if subject.kind in _OF_CODE else "change"
        return _sentence(index, made, rows, plural(total, of)) + ended
    if not rows:
        return "Records name them, but none of what they did changed anything."
    return (
        f"Not a thing but somebody: {plural(total, 'change')} by them, the newest {rows[0]['operation']} at "
        f"{rfc3339(rows[0]['time'])}."
    )


def _made(index: EventIndex, subject: Subject, population: Predicate, named: str) -> Row | None:
    if subject.kind in _OF_CODE:
        return next(iter(index.search(population, _WHO, 1, OLDEST)), None)
    created = both(population, Equals("action_kind", "create"))
    for most in (_MADE_BY_FEW, MAX_CHANGES):
        creations = index.search(created, _MADE, most, OLDEST)
        if (made := next((row for row in creations if _makes(row, named)), None)) or len(creations) < most:
            return made
    return None


def _makes(row: Row, named: str) -> bool:
    """Whether a creation made this resource, and not merely used it: a snapshot of a cluster makes no cluster.

    The call's name ends with what it makes: ``CreateDBClusterSnapshot`` makes a ``rds:cluster-snapshot``. GitHub's
    records name what was made first, and the repository it was made in last.
    """
    if len(row["resource_ids"]) < 2:
        return True
    operation = _letters(row["operation"] or "")
    nouns = [_letters((kind or "").rpartition(":")[2].rpartition("/")[2]) for kind in row["resource_types"]]
    fits = [len(noun) if noun and operation.endswith(noun.rstrip("s")) else 0 for noun in nouns]
    if not any(fits):
        return row["provider"] != "github" or _last(named) in _names(row, 0)
    made = [at for at, fit in enumerate(fits) if fit == max(fits)]
    return any(_last(named) in _names(row, at) for at in made)


def _names(row: Row, at: int) -> set[str]:
    columns = (row["resource_ids"], row["resource_arns"])
    return {_last(str(values[at])) for values in columns if at < len(values) and values[at]}


def _last(name: str) -> str:
    """The last part of a name or ARN, without regard to case."""
    return name.rpartition("/")[2].rpartition(":")[2].lower()


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _seed(index: EventIndex, subject: Subject) -> Row:
    """The record the chain is followed from when nothing changed: the newest attempt, else the newest record."""
    for asked in (both(subject.records, ATTEMPTS), subject.records):
        if rows := index.search(asked, CHAIN_COLUMNS, 1):
            return rows[0]
    raise LookupError("a resolved subject has a record")


def _said(row: Row | None, describe: Describe) -> Json | None:
    """A change on one line, with who and how that is known."""
    if row is None:
        return None
    event = event_json(row, describe)
    line = {key: event[key] for key in SAID}
    return {**line, "resources": row["resource_ids"], "principal": row["principal"]}


def _sentence(index: EventIndex, made: Row | None, rows: list[Row], counted: str) -> str:
    if not rows:
        return "Records name it, but none of them changed it; the chain is of the newest one."
    first = index.tally(EVERYTHING)["first"]
    origin = (
        f"Made by {_name(made)} at {rfc3339(made['time'])}"
        if made
        else f"No record shows who made it: it may be older than the store, which begins {rfc3339(first)}"
    )
    cut = f", the newest {MAX_CHANGES} of which are listed" if len(rows) > MAX_CHANGES else ""
    return (
        f"{origin}; last changed by {_name(rows[0])} with {rows[0]['operation']} at {rfc3339(rows[0]['time'])}; "
        f"{counted} in all{cut}."
    )


def _several(index: EventIndex, subject: Subject, population: Predicate) -> str:
    """A name is not an id: in two accounts it stands for two resources."""
    if subject.kind != "resource":
        return ""
    accounts = [row["account"] for row in index.groups(population, ("account",), _ACCOUNTS, BRIEF)]
    named = [account for account in accounts if account]
    if len(named) < 2:
        return ""
    return (
        f" The name stands in records of several accounts ({', '.join(named[: _ACCOUNTS - 1])}"
        f"{', …' if len(accounts) == _ACCOUNTS else ''}) and may mean a different resource in each: ask by ARN."
    )


def _name(row: Row) -> str:
    who_did = row["agent"] or row["actor_name"] or row["principal"] or "an unnamed principal"
    behalf = f" for {row['on_behalf_of']}" if row["on_behalf_of"] and row["on_behalf_of"] != who_did else ""
    return f"{who_did}{behalf} ({row['actor_kind'] or 'unknown'}, by {row['path'] or 'unknown path'})"


def _nothing(index: EventIndex, named: str) -> Json:
    return {
        "subject": named,
        "kind": None,
        "found": False,
        "how": None,
        "records": 0,
        "made": None,
        "last_changed": None,
        "paths": [],
        "changes": [],
        "more": False,
        "chain": [],
        "chain_of": None,
        "deleted": None,
        "query": None,
        "permissions": [],
        "readers": [],
        "reads": 0,
        "refused": {"total": 0, "groups": [], "more": False},
        **UNNAMED,
        "sentence": f"No record names it. Looked for among {LOOKED_FOR}. {nothing_found(index)}",
    }
