"""Questions: events, facets, one event, agents, who, denials, exports."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from remit.faces.api import agent_answers, answers, difference_answer, schemas
from remit.faces.api.asking import answer, desk
from remit.faces.api.describing import problems
from remit.faces.api.ports import Permissions, Questions
from remit.faces.api.versions import NOT_MODIFIED, IfNoneMatch, unless_known
from remit.flows.questions.difference import MOST_PICKED
from remit.model.columns import BY_NAME, FACETS, QUERY_FIELDS
from remit.model.errors import UsageError


async def permissions_desk(request: Request) -> Permissions | None:
    """The desk of permissions, where the server has one."""
    found: Permissions | None = request.app.state.desks.get("permissions")
    return found


router = APIRouter(tags=["questions"])
MAX_PAGE: Final = 1000
LONGEST_QUERY: Final = 4096
FIELDS: Final = tuple(column.query[0] for column in FACETS if column.query)
"""The fields that can be counted, as the query language calls them."""
Desk = Annotated[Questions, Depends(desk("questions"))]
Q = Annotated[
    str,
    Query(
        max_length=LONGEST_QUERY,
        description="A query; empty for every event. Times are `since:24h`, `until:2026-10-31`.",
        examples=["source:AgentOps env:production -outcome:failure since:24h"],
    ),
]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="At most this many.")]
Window = Annotated[
    str, Query(max_length=100, description="`24h`, `7d`, `2026-10-01` (until now), `2026-10-01..2026-10-31`.")
]


@router.get("/events", responses={200: {"model": schemas.EventPage}}, summary="Events that answer a query")
def search_events(
    questions: Desk,
    q: Q = "",
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next` of the page before.")] = None,
) -> Response:
    """Newest first. The order is by time and id and does not change; what arrives meanwhile with an older time is in
    the pages still to come, and with a newer time in none of them."""
    return answer(questions.search(q, limit, cursor))


@router.get("/facets", responses={200: {"model": schemas.FacetsAnswer}}, summary="Counts by field and over time")
def count_facets(
    questions: Desk,
    q: Q = "",
    fields: Annotated[
        str,
        Query(max_length=500, description=f"Comma-separated, of {', '.join(FIELDS)}; all when none is named."),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="At most this many values of each field.")] = 20,
    buckets: Annotated[int, Query(ge=1, le=500, description="Bars of the histogram.")] = 60,
) -> Response:
    """Counts are of acts: several records of one act count once. Each field is counted over the query less what it
    says of that field, so that a value already chosen does not hide its neighbours; `total` is of the whole query."""
    asked = {name: _facet_column(name) for name in _split(fields)}
    found = questions.counts(q, list(dict.fromkeys(asked.values())), limit, buckets)
    by_column = {each["column"]: each for each in found["facets"]}
    return answer(
        {
            "total": found["acts"],
            "records": found["records"],
            "denied": found["denied"],
            "facets": {name: by_column[column]["values"] for name, column in asked.items()},
            "more": [name for name, column in asked.items() if by_column[column]["more"]],
            "histogram": found["histogram"],
            "note": found["note"],
        }
    )


@router.get(
    "/difference",
    responses={200: {"model": difference_answer.DifferenceAnswer}},
    summary="What is different about these events",
)
def tell_difference(
    questions: Desk,
    q: Q = "",
    against: Annotated[
        Literal["rest", "before", "wide", "others"],
        Query(
            description="`rest`: all else in the same time. `before`: the same question of the time before, as long. "
            "`wide`: the same question in the rest of the window `wide`. `others`: what else it finds beside `picked`."
        ),
    ] = "rest",
    wide: Annotated[str, Query(max_length=100, description="A window around the query's, `LOW..HIGH`.")] = "",
    picked: Annotated[
        str, Query(max_length=4000, description=f"Comma-separated event ids, {MOST_PICKED} at most.")
    ] = "",
) -> Response:
    """Every value of a list of fields is counted on both sides, exactly, and ranked by how unlikely chance is. It
    points, and proves nothing."""
    chosen = [name for part in picked.split(",") if (name := part.strip())]
    if (bool(chosen), bool(wide)) != (against == "others", against == "wide"):
        raise UsageError(
            "`picked` goes with against=others, and `wide` with against=wide", remedy="Give both or neither."
        )
    if len(chosen) > MOST_PICKED:
        raise UsageError(f"{len(chosen):,} events are picked", remedy=f"Pick at most {MOST_PICKED}.")
    return answer(questions.difference(q, against, chosen, wide))


@router.get(
    "/events/{event_id:path}",
    responses={200: {"model": schemas.EventShown}, **NOT_MODIFIED, **problems(404)},
    summary="One event in full",
)
def show_event(
    questions: Desk,
    event_id: Annotated[
        str,
        Path(max_length=500, description="An event_id, the provider's own id, or a unique beginning of an event_id."),
    ],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """With the record as received and what else is known around it. 400 when several events begin so."""
    return unless_known(if_none_match, answer(questions.show(event_id)))


@router.get("/agents", responses={200: {"model": agent_answers.AgentsAnswer}}, summary="Every agent seen in a window")
def list_agents(questions: Desk, window: Window = "30d") -> Response:
    """And the changes that carry no marker, so that no agent is not taken for none seen."""
    return answer(questions.agents(window))


@router.get(
    "/agents/{name:path}",
    responses={200: {"model": agent_answers.AgentAnswer}, **problems(404)},
    summary="One agent against its own past",
)
def show_agent(
    questions: Desk,
    permissions: Annotated[Permissions | None, Depends(permissions_desk)],
    name: Annotated[str, Path(max_length=500, description="Its name, as `agents` lists it.", examples=["Claude Code"])],
    window: Window = "30d",
    can: Annotated[
        bool, Query(description="With what its credentials allow, which takes a second or more for wide permissions.")
    ] = False,
) -> Response:
    """What it changed, how far that reached, what is new about it, its newest acts, and whose credentials it used."""
    found = questions.agent(name, window)
    within = f"{found['window']['low']}..{found['window']['high']}"
    told = permissions.panel(found["agent"], within, whole=can) if permissions else None
    return answer({**found, "permissions": told})


@router.get("/who", responses={200: {"model": answers.WhoAnswer}}, summary="Who made this, and who last changed it")
def tell_who(
    questions: Desk,
    subject: Annotated[
        str,
        Query(
            min_length=1,
            max_length=2048,
            description="A resource or ARN, an event, commit, pull request, repository, ticket, CI run or access key.",
            examples=["orders-production"],
        ),
    ],
) -> Response:
    """With the chain from the ticket to the call. When no record names it, `found` is false and `sentence` says what
    was looked at."""
    return answer(questions.who(subject))


@router.get("/denials", responses={200: {"model": answers.DenialsAnswer}}, summary="What was refused, by cause")
def list_denials(
    questions: Desk,
    q: Q = "",
    limit: Annotated[int, Query(ge=1, le=500, description="At most this many causes.")] = 50,
) -> Response:
    """Each cause with the policy behind it, whom it stopped, and what to do."""
    return answer(questions.denials(q, limit))


def _split(fields: str) -> list[str]:
    return [name for part in fields.split(",") if (name := part.strip().lower())] or list(FIELDS)


def _facet_column(name: str) -> str:
    """The column a field means: by a word of the query language, or by its own name."""
    column = BY_NAME.get(name) or QUERY_FIELDS.get(name)
    if column is None or not column.facet:
        raise UsageError(f"There is no facet {name[:60]!r}", remedy=f"One of {', '.join(FIELDS)}.")
    return column.name
