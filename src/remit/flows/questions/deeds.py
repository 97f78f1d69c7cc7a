"""What an agent did, as a few sentences: what an engineer asks first, answered from the same figures as the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from remit.flows.questions.blast import Growth
from remit.flows.questions.costs import cost_words
from remit.flows.questions.population import CHANGES_TEXT
from remit.flows.questions.ports import Json
from remit.flows.questions.window import plural
from remit.model.vocabulary import POLICY_WORDS

_NAMED: Final = 3
_DOUBLED: Final = 2.0


def deeds(found: Json, grown: Growth) -> list[Json]:
    """``[{text, query, grave}]``, in the order a reader wants them; ``query`` finds the events a sentence counts and
    is None where it counts no events. ``found`` is an agent's answer but for this."""
    return list(_said(found, grown))


def _said(found: Json, grown: Growth) -> Iterator[Json]:
    query = found["query"]
    reach = found["blast_radius"]
    if not found["acts"]:
        yield _deed("It did nothing in this window.", None)
        return
    yield _deed(
        f"{plural(found['changes'], 'change')} in {plural(found['acts'], 'act')}"
        + (
            f", on {plural(reach['resources'], 'resource')} in {plural(reach['accounts'], 'account')} and "
            f"{plural(reach['regions'], 'region')}."
            if found["changes"]
            else ": it looked, and changed nothing."
        ),
        f"{query} {CHANGES_TEXT}" if found["changes"] else query,
    )
    yield from _calls("Deleted", "deletion", reach["destructive"], found["grave"]["deletions"], query, "delete")
    yield from _calls(
        "Changed permissions", "change", reach["privilege"], found["grave"]["permissions"], query, "permission"
    )
    yield from _refused(found)
    yield from _road(found)
    yield from _firsts(found)
    yield from _elsewhere(found)
    yield from _growth(grown)
    yield from _paid(found)
    yield from _for_whom(found)
    yield from _looked(found)


def _deed(text: str, query: str | None, *, grave: bool = False) -> Json:
    return {"text": text, "query": query, "grave": grave}


def _calls(did: str, noun: str, total: int, calls: list[Json], query: str, kind: str) -> Iterator[Json]:
    if not total:
        return
    names = "; ".join(_call(each) for each in calls[:_NAMED])
    more = f"; and {len(calls) - _NAMED} more calls" if len(calls) > _NAMED else ""
    text = f"{did}: {plural(total, noun)} ({names}{more})."
    yield _deed(text, f"{query} kind:{kind} -outcome:failure,denied -counted:false", grave=True)


def _call(each: Json) -> str:
    on = f" of {', '.join(each['resources'])}" if each["resources"] else ""
    return f"{each['count']:,} × {each['call']}{on}"


def _refused(found: Json) -> Iterator[Json]:
    refused = found["denials"]
    if not refused["total"]:
        yield _deed("Nothing was denied.", None)
        return
    said = []
    for group in refused["groups"][:_NAMED]:
        said.append(f"{group['count']:,} × {group['action'] or 'an unnamed permission'}{_policy(group['policy_type'])}")
    query = f"{found['query']} denied:true -counted:false"
    yield _deed(f"Denied {plural(refused['total'], 'time')}: {'; '.join(said)}.", query, grave=True)


def _policy(policy_type: str | None) -> str:
    if policy_type in (None, "unknown"):
        return " (the record does not say by which policy)"
    name = POLICY_WORDS.get(policy_type, policy_type)
    return f" by {name if name[1:] != name[1:].lower() else name.lower()}"


def _road(found: Json) -> Iterator[Json]:
    if not found["changes"]:
        return
    taken = sorted((road for road in found["roads"] if road["changes"]), key=lambda road: -road["changes"])
    said = ", ".join(f"{road['title']} {road['changes']:,}" for road in taken)
    governed = sum(road["changes"] for road in taken if road["road"] in ("gateway", "pipeline"))
    yield _deed(
        f"By path: {said}. {governed:,} of {plural(found['changes'], 'change')} came through the gateway or a known "
        "pipeline.",
        None,
    )


def _firsts(found: Json) -> Iterator[Json]:
    firsts = found["first_ever"]
    if firsts["history_from"] is None:
        yield _deed("It has no records before this window: all of it is new.", None)
    elif firsts["found"]:
        named = ", ".join(f"{each['dimension']} {each['value']}" for each in firsts["found"][:_NAMED])
        count = f"{len(firsts['found'])}{'+' if firsts['more'] else ''}"
        yield _deed(f"For the first time ever, {count} in all: {named}.", None, grave=True)


def _elsewhere(found: Json) -> Iterator[Json]:
    for each in found["elsewhere"]["found"][:1]:
        yield _deed(
            f"The same change in {plural(len(each['places']), 'place')} within an hour: {each['action']}, "
            f"{plural(each['count'], 'attempt')}.",
            None,
            grave=True,
        )


def _growth(grown: Growth) -> Iterator[Json]:
    if not grown.known:
        return
    ratio = grown.ratio("resources")
    if ratio is not None:
        yield _deed(
            f"Its changes reached {ratio:.1f} times as many resources as the mean of the {grown.windows} windows "
            f"before ({grown.now['resources']:,} against {grown.mean['resources']:,.1f}).",
            None,
            grave=ratio >= _DOUBLED,
        )
    elif grown.now["resources"]:
        text = (
            f"It reached {plural(grown.now['resources'], 'resource')}, and none in the {grown.windows} windows before."
        )
        yield _deed(text, None, grave=True)


def _paid(found: Json) -> Iterator[Json]:
    cost = found["cost"]
    if cost["calls"]:
        query = cost["kinds"][0]["query"] if len(cost["kinds"]) == 1 else None
        yield _deed(f"Made what is paid for: {cost_words(cost)}. No prices are known.", query)


def _for_whom(found: Json) -> Iterator[Json]:
    named: list[Any] = [each for each in found["behalf"] if each["on_behalf_of"]]
    if named:
        said = ", ".join(f"{each['on_behalf_of']} ({each['acts']:,})" for each in named[:_NAMED])
        yield _deed(f"On behalf of {said}.", named[0]["query"] if len(named) == 1 else None)
    else:
        yield _deed("On whose behalf is not known: no record names a person or pipeline behind it.", None)


def _looked(found: Json) -> Iterator[Json]:
    looked = found["reads"]
    if looked["total"]:
        said = ", ".join(f"{each['service'] or 'no service'} {each['reads']:,}" for each in looked["services"][:_NAMED])
        yield _deed(f"Read {plural(looked['total'], 'time')}: {said}.", f"{found['query']} kind:read -counted:false")
