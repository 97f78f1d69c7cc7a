"""The schema of an event's JSON, derived from the table of columns as the JSON itself is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, create_model

from remit.flows.questions.show import LINE
from remit.model.columns import BY_NAME, COLUMNS, Column

_TYPES: Final[dict[str, Any]] = {
    "string": str | None,
    "time": datetime,
    "bool": bool | None,
    "float": float | None,
    "strings": list[str],
}
_ALWAYS: Final[dict[str, Any]] = {"event_id": str, "denied": bool, "counted": bool}
"""Columns that an event's JSON always has a value for."""
_CONTEXT: Final = dict[str, Any] | str | None
_EXAMPLES: Final[dict[str, Any]] = {
    "event_id": "4c1ba325729f5624729210e5",
    "time": "2026-11-20T08:01:53Z",
    "provider": "aws",
    "account": "111122223333",
    "region": "eu-west-1",
    "operation": "DeleteDBCluster",
    "service": "rds",
    "source": "AgentOps",
    "agent": "Claude Code",
    "on_behalf_of": "maya@example.com",
    "confidence": 0.94,
}


class Resource(BaseModel):
    """A resource the call touched."""

    type: str | None = Field(description="Its type, `rds:cluster`.", examples=["rds:cluster"])
    id: str | None = Field(description="Its id or name.", examples=["orders-production"])
    arn: str | None = Field(description="Its full name where the record has it.")


class Evidence(BaseModel):
    """A signal that fired, and what it saw."""

    signal: str = Field(description="The signal's id.", examples=["aws.ua.terraform"])
    strength: str | None = Field(description="stamped, joined, declared or named; null for a signal of other rules.")
    field: str | None = Field(description="The column it read.", examples=["user_agent"])
    value: str | None = Field(description="What it saw there.")


def _model() -> type[BaseModel]:
    """The event's model: objects nest as ``Column.json`` says."""
    places: dict[str, Any] = {}
    for column in COLUMNS:
        if column.json:
            *within, last = column.json.split(".")
            at = places
            for part in within:
                at = at.setdefault(part, {})
            at[last] = column
    places["resources"] = Annotated[list[Resource], Field(description="The resources touched.")]
    places["attribution"]["evidence"] = Annotated[list[Evidence], Field(description="What the attribution rests on.")]
    return _object("Event", "One event: what happened, to what, who did it, and how that is known.", places)


def _object(name: str, doc: str, places: dict[str, Any]) -> type[BaseModel]:
    fields = {key: _field(key, value) for key, value in places.items()}
    model: type[BaseModel] = create_model(name, __doc__=doc, __config__=ConfigDict(extra="forbid"), **fields)
    return model


def _field(key: str, place: Any) -> Any:
    if isinstance(place, Column):
        examples = [_EXAMPLES[place.name]] if place.name in _EXAMPLES else None
        return (_type(place), Field(description=place.doc.replace("``", "empty"), examples=examples))
    if isinstance(place, dict):
        nested = _object(f"Event{key.title()}", _NESTED[key], place)
        # A denial that is none is null as a whole.
        return (nested | None, Field()) if key == "deny" else (nested, Field())
    return (place, ...)


def _type(column: Column) -> Any:
    if column.name == "context":
        return _CONTEXT
    return _ALWAYS.get(column.name, _TYPES[column.kind])


_NESTED: Final = {
    "action": "The call.",
    "actor": "Who did it, and for whom.",
    "session": "The agent's task session, where known.",
    "deny": "What refused it; null when nothing did.",
    "principal": "The identity the provider names, and what stands behind it.",
    "change": "The code and the CI run behind it.",
    "attribution": "How it is known who did it.",
}
Event: Final = _model()
"""The model of an event. It documents; answers are not passed through it."""


def _line() -> type[BaseModel]:
    """The model of an event's one-line form: its columns under their own names."""
    fields: dict[str, Any] = {
        name: (_TYPES[BY_NAME[name].kind], Field(description=BY_NAME[name].doc.replace("``", "empty"))) for name in LINE
    }
    model: type[BaseModel] = create_model("EventLine", __doc__="An event on one line.", **fields)
    return model


EventLine: Final = _line()
