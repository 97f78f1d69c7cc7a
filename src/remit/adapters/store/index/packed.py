"""Columns of the index that take fewer bytes than what they are read as.

A UUID is two thirds digits of no use, and the full name of a resource mostly repeats its id and its account. Such a
column is not stored itself: DuckDB generates it, exactly as it came, from the columns it was taken apart into. What
does not have the expected shape is stored as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from remit.adapters.store.index.lookups import key
from remit.adapters.store.lake.schema import DUCKDB
from remit.model.columns import INDEXED, Column


@dataclass(frozen=True, slots=True)
class Packed:
    """``parts``: stored column -> its type, and what it is made of; ``read``: the column again, from these parts;
    ``first``: names for what several parts are made of."""

    parts: Mapping[str, tuple[str, str]]
    read: str
    first: Mapping[str, str] = field(default_factory=dict)


_LOW_64: Final = "18446744073709551615"
_LOW_32: Final = "4294967295"
_BETWEEN: Final = "chr(31)"
"""Stands between the elements of a list that is stored as one line: ASCII's unit separator."""


def _provider_id() -> Packed:
    """A UUID's first 32 bits are its key, which is stored anyway."""
    number = "provider_uuid::UHUGEINT"
    whole = "((provider_key::UHUGEINT << 96) | (provider_middle::UHUGEINT << 64) | provider_end::UHUGEINT)"
    return Packed(
        {
            "provider_key": ("UINTEGER", key("provider_id")),
            "provider_middle": ("UINTEGER", f"(({number} >> 64) & {_LOW_32})::UINTEGER"),
            "provider_end": ("UBIGINT", f"({number} & {_LOW_64})::UBIGINT"),
            "provider_text": ("VARCHAR", "CASE WHEN provider_uuid IS NULL THEN provider_id END"),
        },
        f"CASE WHEN provider_end IS NULL THEN provider_text ELSE {whole}::UUID::VARCHAR END",
        {"provider_uuid": _uuid("provider_id")},
    )


def _request_id() -> Packed:
    return Packed(
        {
            "request_uuid": ("UUID", "request_number"),
            "request_text": ("VARCHAR", "CASE WHEN request_number IS NULL THEN request_id END"),
        },
        "coalesce(request_uuid::VARCHAR, request_text)",
        {"request_number": _uuid("request_id")},
    )


def _uuid(column: str) -> str:
    """A text as a UUID, where that is the same text again."""
    number = f"try_cast({column} AS UUID)"
    return f"CASE WHEN {number}::VARCHAR = {column} THEN {number} END"


def _line(column: str) -> Packed:
    """A list as one text, of which there are few: a dictionary has a number for each whole list then."""
    line = f"array_to_string({column}, {_BETWEEN})"
    fits = f"len({column}) > 0 AND string_split({line}, {_BETWEEN}) = {column}"
    return Packed(
        {
            f"{column}_line": ("VARCHAR", f"{column}_said"),
            f"{column}_list": ("VARCHAR[]", f"CASE WHEN len({column}) > 0 AND {column}_said IS NULL THEN {column} END"),
        },
        f"CASE WHEN {column}_line IS NULL THEN coalesce({column}_list, []) "
        f"ELSE string_split({column}_line, {_BETWEEN}) END",
        {f"{column}_said": f"CASE WHEN {fits} THEN {line} END"},
    )


def _resource_arns() -> Packed:
    """The only name of the only resource, with marks in the place of its id and the event's account."""
    arn, resource = "resource_arns[1]", "resource_ids[1]"
    fits = (
        f"len(resource_arns) = 1 AND len(resource_ids) = 1 AND {resource} <> '' AND account <> '' "
        f"AND strpos({arn}, chr(1)) = 0 AND strpos({arn}, chr(2)) = 0"
    )
    form = f"replace(replace({arn}, {resource}, chr(1)), account, chr(2))"
    return Packed(
        {
            "arn_form": ("VARCHAR", "arn_said"),
            "arn_list": ("VARCHAR[]", "CASE WHEN arn_said IS NULL THEN resource_arns END"),
        },
        f"CASE WHEN arn_form IS NULL THEN arn_list "
        f"ELSE [replace(replace(arn_form, chr(2), account), chr(1), {resource})] END",
        {"arn_said": f"CASE WHEN {fits} THEN {form} END"},
    )


PACKED: Final[Mapping[str, Packed]] = {
    "provider_id": _provider_id(),
    "request_id": _request_id(),
    "resource_arns": _resource_arns(),
    "markers": _line("markers"),
    "context_unknown": _line("context_unknown"),
}
OWN: Final[Mapping[str, tuple[str, str]]] = {"event_key": ("UINTEGER", key("event_id"))}
"""What is stored beside the columns: names, types and what they are made of."""
FORM: Final = f"2,{PACKED},{OWN}"
"""Changes when columns are stored otherwise."""


def ddl(table: str, columns: Sequence[Column], *extra: str) -> str:
    """``CREATE TABLE`` for events: what is stored, and then what is generated from it."""
    stored = [f'"{column.name}" {DUCKDB[column.kind]}' for column in columns if column.name not in PACKED]
    taken = {name: kind for packed in PACKED.values() for name, (kind, _) in packed.parts.items()}
    taken |= {name: kind for name, (kind, _) in OWN.items()}
    generated = [
        f'"{column.name}" {DUCKDB[column.kind]} GENERATED ALWAYS AS ({PACKED[column.name].read}) VIRTUAL'
        for column in columns
        if column.name in PACKED
    ]
    parts = [*stored, *extra, *(f"{name} {kind}" for name, kind in taken.items()), *generated]
    return f"CREATE TABLE {table} ({', '.join(parts)})"


def stored(rows: str, own: Mapping[str, str]) -> tuple[str, str]:
    """The columns to insert into ``events``, and the select of their values. ``rows`` is a select of every column as it
    is read; ``own`` are further columns and what they are made of."""
    made = {f'"{column.name}"': f'"{column.name}"' for column in INDEXED if column.name not in PACKED}
    made |= {name: source for packed in PACKED.values() for name, (_, source) in packed.parts.items()}
    made |= {name: source for name, (_, source) in OWN.items()} | dict(own)
    first = [f"{source} AS {name}" for packed in PACKED.values() for name, source in packed.first.items()]
    values = f"SELECT {', '.join(made.values())} FROM (SELECT *, {', '.join(first)} FROM ({rows}))"
    return ", ".join(made), values
