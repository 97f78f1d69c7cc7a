"""From a ticket to the call: every step between, as far as records show it.

A step is ``recorded`` when a record says it or a link key joins the records; ``consistent with`` when a record merely
fits in time and place, which asserts nothing; else ``not recorded``, with what would settle it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from remit.flows.questions.novelty import HOUR_US
from remit.flows.questions.ports import EventIndex, Json, Row
from remit.flows.questions.show import LINE
from remit.model.vocabulary import call_name
from remit.rooms.query.predicate import Equals, Glob, Predicate, Range, both, either

RECORDED, CONSISTENT, NOT_RECORDED = "recorded", "consistent with", "not recorded"
STEPS: Final = ("ticket", "person", "agent", "commit", "pull request", "run", "role session", "call")
CHAIN_COLUMNS: Final = (
    *LINE,
    "data_source",
    "principal",
    "principal_name",
    "issuer",
    "role_session",
    "access_key",
    "source_identity",
    "federation",
    "federation_subject",
    "delegator",
    "request_id",
    "link_offers",
    "link_asks",
    "repository",
    "commit",
    "pull_request",
    "run",
    "ticket",
    "session_ticket",
    "on_behalf_of",
    "confidence",
)
_CLOUDS: Final = ("aws", "azure", "gcp")
_HOPS: Final = 5
_PER_LOOK: Final = 5
_RUN_BEFORE_US: Final = 6 * HOUR_US
_REPOSITORY: Final = re.compile(r"(?:repo|project_path):([\w.-]+(?:@[0-9]+)?(?:/[\w.-]+(?:@[0-9]+)?)+)(?::|$)")
_SETTLE: Final = {
    "ticket": "name the ticket in the branch, the commit or the pull request, or in the agent's session",
    "person": "require a source identity when roles are assumed, or map the principal in identities.toml",
    "agent": "no agent marker is in these records; if an agent did it, give it its own principal and map it",
    "commit": "ingest the repository's history or its push events",
    "pull request": "ingest the repository's pull request webhooks or audit log",
    "run": "ingest the CI system's run records (workflow_run webhooks, build records)",
    "role session": "ingest the sts records (AssumeRole*) of the account and region that issued the credentials",
    "call": "ingest the cloud's audit log of the time after the run",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A record that belongs to the chain, and how that is known."""

    row: Row
    how: str
    standing: str


def chain(index: EventIndex, seed: Row) -> list[Json]:
    """``[{step, value, event_id, how, standing}]`` for every step in ``STEPS`` order; a step of which records
    say several things has several entries; role sessions assumed one from another stand in that order."""
    records = _gather(index, seed)
    links: list[Json] = []
    for step in STEPS:
        links += _links(step, records) or [_missing(step, seed)]
    return links


def _gather(index: EventIndex, seed: Row) -> list[Found]:
    records = [Found(seed, "this record", RECORDED)]
    _follow_links(index, records)
    _follow_code(index, records)
    if not any(found.row["run"] for found in records):
        _runs_that_fit(index, records)
        _follow_code(index, records)
    if not any(found.row["provider"] in _CLOUDS for found in records):
        _calls_that_follow(index, records)
    return records


def _follow_links(index: EventIndex, records: list[Found]) -> None:
    """Records that offer a key which a record of the chain joins by: issued credentials, causes, CI runs."""
    done: set[str] = set()
    for _ in range(_HOPS):
        keys = {key: found.standing for found in records for key in _keys(found.row) if key not in done}
        if not keys:
            return
        done |= keys.keys()
        asked = either(Equals("link_offers", key) for key in sorted(keys)[:20])
        for row in _look(index, asked, records):
            key = next(key for key in row["link_offers"] if key in keys)
            records.append(Found(row, _how_joined(key), keys[key]))


def _keys(row: Row) -> Iterator[str]:
    if row["access_key"]:
        yield f"key:{row['access_key']}"
    if row["request_id"]:
        yield f"request:{row['request_id']}"
    yield from row["link_asks"]


def _how_joined(key: str) -> str:
    kind, _, value = key.partition(":")
    said = {
        "key": f"this record issued the access key {value} that the next call was signed with",
        "request": f"this record is the cause of request {value}",
        "signin": f"joined by sign-in session {value}",
    }
    return said.get(kind, f"joined by {key}")


def _follow_code(index: EventIndex, records: list[Found]) -> None:
    """Runs, commits and pull requests that records of the chain name, and what those name in turn."""
    asked: set[Predicate] = set()
    for _ in range(3):
        for found in list(records):
            for predicate, how in _named_code(found.row):
                if predicate in asked:
                    continue
                asked.add(predicate)
                records += [Found(row, how, found.standing) for row in _look(index, predicate, records)]


def _named_code(row: Row) -> Iterator[tuple[Predicate, str]]:
    within = (Equals("repository", row["repository"], True),) if row["repository"] else ()
    if row["run"]:
        yield both(Equals("run", row["run"]), *within), f"both records name run {row['run']}"
    if row["commit"]:
        named = either((Equals("commit", row["commit"]), Equals("link_offers", f"commit:{row['commit']}")))
        yield named, f"both records name commit {row['commit'][:12]}"
    if row["pull_request"] and within:
        yield (
            both(Equals("pull_request", row["pull_request"]), *within),
            f"both records name pull request {row['pull_request']} of {row['repository']}",
        )


def _runs_that_fit(index: EventIndex, records: list[Found]) -> None:
    for found in list(records):
        repository = _repository(found.row)
        if repository is None:
            continue
        before = Range("time", found.row["time"] - _RUN_BEFORE_US, found.row["time"] + 1)
        asked = both(Equals("repository", repository, True), Equals("path", "workflow"), before)
        how = f"a run of {repository} within six hours before; the role session names the repository, not the run"
        records += [Found(row, how, CONSISTENT) for row in _look(index, asked, records)[:1]]
        return


def _calls_that_follow(index: EventIndex, records: list[Found]) -> None:
    for found in list(records):
        repository = found.row["repository"]
        if not repository:
            continue
        time = Range("time", found.row["time"], found.row["time"] + _RUN_BEFORE_US)
        subject = either(
            Glob("federation_subject", (f"{kind}:{repository}:", ""), True) for kind in ("repo", "project_path")
        )
        how = f"credentials were issued to {repository} within six hours after"
        fits = _look(index, both(subject, time), records)[:1]
        if fits:
            records += [Found(row, how, CONSISTENT) for row in fits]
            return


def _repository(row: Row) -> str | None:
    match = _REPOSITORY.match(row["federation_subject"] or "")
    return re.sub(r"@[0-9]+", "", match[1]) if match else row["repository"]


def _look(index: EventIndex, asked: Predicate, records: list[Found]) -> list[Row]:
    known = {found.row["event_id"] for found in records}
    rows = index.search(asked, CHAIN_COLUMNS, _PER_LOOK + len(known))
    return [row for row in rows if row["event_id"] not in known][:_PER_LOOK]


def _links(step: str, records: list[Found]) -> list[Json]:
    said = [(found, value) for found in records if (value := _READ[step](found.row))]
    certain = [pair for pair in said if pair[0].standing == RECORDED] or said
    links: dict[str, Json] = {}
    for found, value in certain:
        links.setdefault(
            value,
            {
                "step": step,
                "value": value,
                "event_id": found.row["event_id"],
                "how": found.how,
                "standing": found.standing,
            },
        )
    kept = list(links.values())
    if step == "role session":
        return kept[::-1]
    return kept[:1] if step == "call" else kept[:_PER_LOOK]


def _missing(step: str, seed: Row) -> Json:
    settle = _SETTLE[step]
    if step == "role session" and (seed["provider"] != "aws" or ":user/" in (seed["principal"] or "")):
        settle = "only AWS roles have sessions, and no role is named here"
    return {
        "step": step,
        "value": None,
        "event_id": None,
        "how": f"{NOT_RECORDED}: {settle}",
        "standing": NOT_RECORDED,
    }


def _person(row: Row) -> Any:
    if row["actor_kind"] == "person":
        return row["actor_name"] or row["principal"]
    return row["on_behalf_of"] or row["source_identity"] or row["delegator"]


def _role_session(row: Row) -> Any:
    """The session a record issued; of a call that names its own session, that."""
    if any(offer.startswith("key:") for offer in row["link_offers"]):
        caller = row["principal"] or row["federation_subject"] or "unknown"
        return f"{call_name(row['service'], row['operation'])} by {caller}"
    if row["role_session"] and row["issuer"]:
        return f"{row['issuer']} as {row['role_session']}"
    return row["role_session"]


def _call(row: Row) -> str | None:
    if row["provider"] not in _CLOUDS:
        return None
    named = [name for name in row["resource_ids"] if name]
    return call_name(row["service"], row["operation"]) + (f" on {named[0]}" if named else "")


_READ: Final[dict[str, Callable[[Row], Any]]] = {
    "ticket": lambda row: row["session_ticket"] or row["ticket"],
    "person": _person,
    "agent": lambda row: row["agent"],
    "commit": lambda row: row["commit"],
    "pull request": lambda row: f"{row['repository'] or ''}#{row['pull_request']}" if row["pull_request"] else None,
    "run": lambda row: row["run"],
    "role session": _role_session,
    "call": _call,
}
