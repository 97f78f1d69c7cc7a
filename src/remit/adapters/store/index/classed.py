"""Calls with the classes of a backtest's parts, in SQL.

A part's class is told by as few fields as are enough. One column's values are looked up in a list, which DuckDB does
once for each entry of a column's dictionary; the class that most values have is not looked up. Several fields, or many
values of other classes, are joined with a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any, Final

import pyarrow as pa

from remit.adapters.store.sql import as_timestamp
from remit.model.columns import BY_NAME
from remit.rooms.guardrails.cells import Cell, Labels, Part, Values
from remit.rooms.guardrails.record import BETWEEN, CONTEXT, FITS, LISTS, MARKER, UNTOLD, Value

_BETWEEN: Final = f"chr({ord(BETWEEN)})"
_MARKERS: Final = f"coalesce(markers_line, array_to_string(markers_list, {_BETWEEN}))"
_LISTED: Final = (
    f"coalesce(nullif(split_part(split_part({_BETWEEN} || {_MARKERS}, {_BETWEEN} || 'resource_account=', 2), "
    f"{_BETWEEN}, 1), ''), '{UNTOLD}')"
)
"""The account that the marker ``resource_account`` gives; quicker than a regular expression."""
_NAMED: Final = (
    "regexp_full_match(split_part(x, ':', 5), '[0-9]{12}') "
    "AND NOT (contains(x, 'accesspoint') AND regexp_matches(x, '^([^:]*:){2}s3[^:]*:([^:]*:){2}accesspoint[/:]'))"
)
"""Whether an ARN names its owner's account: ``rooms.iam.request.account_of``."""
_MADE: Final = {
    "caller": "CASE WHEN issuer IS NULL OR principal_type IS DISTINCT FROM 'AssumedRole' THEN principal END",
    "key_kind": "left(access_key, 4)",
    "time": 'epoch_us("time") // 1000000',
    "owners": "array_to_string(list_sort(list_distinct(string_split(replace("
    "array_to_string(list_transform(list_filter(resource_arns, "
    "lambda x: length(x) - length(replace(x, ':', '')) >= 5 AND split_part(x, ':', 5) <> 'aws'), "
    f"lambda x: CASE WHEN {_NAMED} THEN split_part(x, ':', 5) ELSE '{UNTOLD}' END), {_BETWEEN}), "
    f"'{UNTOLD}', {_LISTED}), {_BETWEEN}))), {_BETWEEN})",
}
AUTHORIZED: Final = "len(permissions) > 0"
_MOST_LISTED: Final = 256
"""Values of a column that are looked for one after another; more are joined."""
_LONGEST: Final = 300
_MOST_CELLS: Final = 4_096


class Relation:
    """A select with its parameters and the Arrow tables it names."""

    name = "labelled"

    def __init__(self, sql: str, params: Sequence[object], tables: dict[str, pa.Table]) -> None:
        self.sql = sql
        self.params = tuple(params)
        self.tables = tables


def labelled(joined: Relation, parts: Sequence[Part], labels: Labels, columns: Sequence[str]) -> Relation:
    """``label`` and these columns of every call that has one; ``joined`` has them, and the fields of ``labels``."""
    shown = ", ".join(f"j.{quoted(name)}" for name in columns)
    label, among = _label_of(joined, parts, labels)
    sql = f"WITH j AS ({joined.sql}) SELECT {label} AS label, {shown} FROM j {among}"
    if labels.rows:
        joined.tables["told"] = _told(labels)
        same = [f"j.f{at} IS NOT DISTINCT FROM t.f{at}" for at in range(len(labels.kinds.fields))]
        same += [f"j.c{at} = t.c{at}" for at in labels.kinds.parts]
        sql += f" UNION ALL SELECT t.label, {shown} FROM j JOIN told AS t ON {' AND '.join(same)}"
    return Relation(sql, joined.params, joined.tables)


def _label_of(joined: Relation, parts: Sequence[Part], labels: Labels) -> tuple[str, str]:
    """A call's label by its classes, and how calls without one are left out."""
    widths = [max(1, len(part.rows)) for part in parts]
    if prod(widths) > _MOST_CELLS:
        on = " AND ".join(f"j.c{at} = v.c{at}" for at in range(len(parts)))
        joined.tables["labels"] = cell_table(list(labels.cells), len(parts), list(labels.cells.values()))
        return "v.label", f"JOIN labels AS v ON {on}"
    places = {_place(cell, widths): label for cell, label in labels.cells.items()}
    place = " + ".join(["1", *(f"j.c{at} * {prod(widths[at + 1 :])}" for at in range(len(parts)) if widths[at] > 1)])
    every = ", ".join(_text(places[at]) if at in places else "NULL" for at in range(prod(widths)))
    has = ", ".join("true" if at in places else "false" for at in range(prod(widths)))
    return f"list_extract([{every}]::VARCHAR[], {place})", f"WHERE list_extract([{has}], {place})"


def _place(cell: Cell, widths: Sequence[int]) -> int:
    return sum(number * prod(widths[at + 1 :]) for at, number in enumerate(cell))


def _told(labels: Labels) -> pa.Table:
    more: dict[str, list[Any]] = {
        f"c{part}": [classes[at] for _, classes, _ in labels.rows] for at, part in enumerate(labels.kinds.parts)
    }
    more["label"] = [each for _, _, each in labels.rows]
    return _table(labels.kinds.fields, [each for each, _, _ in labels.rows], more)


def field(name: str) -> str:
    """A field in SQL; an absent value is NULL."""
    if name in _MADE:
        return f"nullif({_MADE[name]}, '')" if name != "time" else _MADE[name]
    if name.startswith(CONTEXT):
        return f"nullif(regexp_extract(context, {_stated(name.removeprefix(CONTEXT))}, 1), '')"
    if name.startswith(MARKER):
        marker = _text(f"(?:^|\\x1f){re.escape(name.removeprefix(MARKER))}=([^\\x1f]*)")
        return f"nullif(regexp_extract({_MARKERS}, {marker}, 1), '')"
    if name.startswith(FITS):
        return _fits(name.removeprefix(FITS).split(BETWEEN))
    if name in LISTS:
        return f"nullif(array_to_string({quoted(name)}, {_BETWEEN}), '')"
    return quoted(BY_NAME[name].name)


def _fits(shapes: Sequence[str]) -> str:
    """An element that has ``BETWEEN`` in it is several when it is read as text, so it stands for itself; an empty one
    stays so, and an absent one is in neither text."""
    digits = " || ".join(f"regexp_full_match(x, {_text(f'(?s:{each})')})::INTEGER::VARCHAR" for each in shapes)
    each = f"CASE WHEN x = '' OR contains(x, {_BETWEEN}) THEN x ELSE {digits or '(x IS NULL)::VARCHAR'} END"
    return f"nullif(array_to_string(list_transform(resource_arns, lambda x: {each}), {_BETWEEN}), '')"


def _stated(key: str) -> str:
    """The pattern that finds the inside of a key's list in canonical JSON. A text in JSON has no bare quote, so the key
    in quotes before a colon is a member."""
    spelled = "".join(f"\\x{{{ord(each):x}}}" if not each.isalnum() else each for each in key)
    return _text(f'(?i)"{spelled}":\\[((?:"(?:[^"\\\\]|\\\\.)*",?)*)\\]')


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return f'"{BY_NAME[name].name}"'


def joined(
    condition: str,
    parts: Sequence[Part],
    calls: Sequence[Values],
    fields: Sequence[str],
    columns: Sequence[str] = (),
) -> Relation:
    """Calls with the class of each part as ``c0``, ..., some fields as ``f0``, ... and some columns. Its parameters
    come before those of the condition."""
    tables, among = among_calls(calls)
    joins: list[str] = []
    shown: list[str] = []
    params: list[object] = []
    for at, part in enumerate(parts):
        if part.timed:
            steps = " + ".join(["0", *('CASE WHEN "time" >= ? THEN 1 ELSE 0 END' for _ in part.edges)])
            shown.append(f"({steps}) AS c{at}")
            params += [as_timestamp(edge * 1_000_000) for edge in part.edges]
            continue
        found = _looked_up(part)
        if found is None:
            joins.append(_join(at, part, tables))
        shown.append(f"{found or f'part{at}.class'} AS c{at}")
    shown += [f"{field(name)} AS f{at}" for at, name in enumerate(fields)]
    shown += [quoted(name) for name in columns] or ['"time"', "denied", "place"]
    sql = f"SELECT {', '.join(shown)} FROM events {' '.join(joins)} WHERE {condition} AND {AUTHORIZED}{among}"
    return Relation(sql, params, tables)


def _looked_up(part: Part) -> str | None:
    """The class of a part that one column tells, or that has one class only; None for any other."""
    fields, classes = part.telling
    if not fields:
        return str(next(iter(classes.values()), "NULL::INTEGER"))
    if len(fields) > 1 or fields[0] in _MADE or fields[0] in LISTS or fields[0] not in BY_NAME:
        return None
    name, of = quoted(fields[0]), {values[0]: number for values, number in classes.items()}
    common = Counter(number for value, number in of.items() if value is not None).most_common(1)[0][0]
    place = _position({value: number for value, number in of.items() if value is not None and number != common}, name)
    if place is None:
        return None
    found = f"coalesce({place}, {common})"
    return f"CASE WHEN {name} IS NULL THEN {of[None]} ELSE {found} END" if of.get(None, common) != common else found


def _position(of: Mapping[Value, int], name: str) -> str | None:
    if len(of) > _MOST_LISTED or not all(_plain(value) for value in of):
        return None
    numbers = ", ".join(map(str, of.values()))
    return f"list_extract([{numbers}]::INTEGER[], list_position([{_texts(of)}]::VARCHAR[], {name}))"


def _plain(value: Value) -> bool:
    """Whether it can stand in a statement: it came from a log, and may be anything."""
    return isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()


def _texts(values: Iterable[Value]) -> str:
    return ", ".join(_text(str(value)) for value in values)


def _join(at: int, part: Part, tables: dict[str, pa.Table]) -> str:
    fields, classes = part.telling
    tables[f"part{at}"] = _table(fields, list(classes), {"class": list(classes.values())})
    same = (f"{field(name)} IS NOT DISTINCT FROM part{at}.f{place}" for place, name in enumerate(fields))
    return f"JOIN part{at} ON {' AND '.join(same)}"


def among_calls(calls: Sequence[Values] | None) -> tuple[dict[str, pa.Table], str]:
    """A condition on the service and operation of an event, and the table that it names."""
    if calls is None:
        return {}, ""
    services: dict[Value, list[Value]] = {}
    for service, operation in calls:
        services.setdefault(operation, []).append(service)
    if len(services) <= _MOST_LISTED and all(map(_plain, {each for call in calls for each in call})):
        alone = {operation: found[0] for operation, found in services.items() if len(found) == 1}
        place = f"list_position([{_texts(alone)}]::VARCHAR[], operation)"
        either = [f"list_extract([{_texts(alone.values())}]::VARCHAR[], {place}) = service"] if alone else []
        either += [f"(operation = {_text(str(operation))} AND service IN ({_texts(found)}))"
                   for operation, found in services.items() if len(found) > 1]  # fmt: skip
        return {}, f" AND ({' OR '.join(either) or 'FALSE'})"
    columns = {name: pa.array([each[at] for each in calls], pa.string()) for at, name in enumerate("so")}
    return {"calls": pa.table(columns)}, " AND EXISTS (SELECT 1 FROM calls WHERE s = service AND o = operation)"


def _table(fields: Sequence[str], values: Sequence[Values], more: dict[str, list[Any]]) -> pa.Table:
    columns = {
        f"f{at}": pa.array([each[at] for each in values], pa.int64() if name == "time" else pa.string())
        for at, name in enumerate(fields)
    }
    numbers, texts = pa.int64(), pa.string()
    more_columns = {name: pa.array(each, texts if name == "label" else numbers) for name, each in more.items()}
    return pa.table(columns | more_columns)


def cell_table(cells: Sequence[Cell], width: int, labels: list[str] | None = None) -> pa.Table:
    """Classes as ``c0``, ... and their labels, if given."""
    columns = {f"c{at}": pa.array([each[at] for each in cells], pa.int64()) for at in range(width)}
    return pa.table(columns | ({"label": pa.array(labels, pa.string())} if labels is not None else {}))
