"""Columns of the index that take fewer bytes than what they are read as.

A UUID is two thirds digits of no use, and the full name of a resource mostly repeats its id and its account. Such a
column is not stored itself: DuckDB generates it, exactly as it came, from the columns it was taken apart into. What
does not have the expected shape is stored as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from remit.adapters.store.lookups import key
from remit.adapters.store.schema import DUCKDB
from remit.model.columns import INDEXED, Column


@dataclass(frozen=True, slots=True)
class Packed:
    """``parts``: stored column -> its type, and what it is made of; ``read``: the column again, from these parts."""

    parts: Mapping[str, tuple[str, str]]
    read: str


_UUID: Final = "try_cast({0} AS UUID)"
_IS_UUID: Final = f"coalesce({_UUID}::VARCHAR = {{0}}, false)"
_LOW_64: Final = "18446744073709551615"
_LOW_32: Final = "4294967295"


def _provider_id() -> Packed:
    """A UUID's first 32 bits are its key, which is stored anyway."""
    number, fits = _UUID.format("provider_id") + "::UHUGEINT", _IS_UUID.format("provider_id")
    whole = "((provider_key::UHUGEINT << 96) | (provider_middle::UHUGEINT << 64) | provider_end::UHUGEINT)"
    return Packed(
        {
            "provider_key": ("UINTEGER", key("provider_id")),
            "provider_middle": ("UINTEGER", f"CASE WHEN {fits} THEN (({number} >> 64) & {_LOW_32})::UINTEGER END"),
            "provider_end": ("UBIGINT", f"CASE WHEN {fits} THEN ({number} & {_LOW_64})::UBIGINT END"),
            "provider_text": ("VARCHAR", f"CASE WHEN {fits} THEN NULL ELSE provider_id END"),
        },
        f"CASE WHEN provider_end IS NULL THEN provider_text ELSE {whole}::UUID::VARCHAR END",
    )


def _request_id() -> Packed:
    fits = _IS_UUID.format("request_id")
    return Packed(
        {
            "request_uuid": ("UUID", f"CASE WHEN {fits} THEN {_UUID.format('request_id')} END"),
            "request_text": ("VARCHAR", f"CASE WHEN {fits} THEN NULL ELSE request_id END"),
        },
        "coalesce(request_uuid::VARCHAR, request_text)",
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
            "arn_form": ("VARCHAR", f"CASE WHEN {fits} THEN {form} END"),
            "arn_list": ("VARCHAR[]", f"CASE WHEN coalesce({fits}, false) THEN NULL ELSE resource_arns END"),
        },
        f"CASE WHEN arn_form IS NULL THEN arn_list "
        f"ELSE [replace(replace(arn_form, chr(2), account), chr(1), {resource})] END",
    )


PACKED: Final[Mapping[str, Packed]] = {
    "provider_id": _provider_id(),
    "request_id": _request_id(),
    "resource_arns": _resource_arns(),
}
OWN: Final[Mapping[str, tuple[str, str]]] = {"event_key": ("UINTEGER", key("event_id"))}
"""What is stored beside the columns: names, types and what they are made of."""
FORM: Final = f"1,{PACKED},{OWN}"
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


def made() -> Mapping[str, str]:
    """Each stored column -> what it is made of, over a relation with every column as it is read."""
    plain = {f'"{column.name}"': f'"{column.name}"' for column in INDEXED if column.name not in PACKED}
    taken = {name: made for packed in PACKED.values() for name, (_, made) in packed.parts.items()}
    return plain | taken | {name: made for name, (_, made) in OWN.items()}
