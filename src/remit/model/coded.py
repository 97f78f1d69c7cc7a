"""A column of few distinct values: each value once, and for every row the place of its own among them.

Most columns of an audit log repeat: callers, operations, clients, what was judged of them. Held this way a value is
understood, judged and turned into Arrow once for each time it is distinct, and a row costs four bytes.

    kinds = Coded.of(["read", "read", "write"])     # values ["read", "write"], codes [0, 0, 1]
    kinds.meant(str.upper)                          # values ["READ", "WRITE"], the same codes

It is a sequence like the list it stands for. Codes are shared between columns that say things of one member, so that
columns with the very same codes are known to go together; nobody changes them in place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.intp]
_SPARSE: Final = 4
"""Up to so many times as many possible combinations as rows, a table tells them apart; beyond, sorting does."""


class Coded(Sequence[Any]):
    """``values[codes[row]]`` for every row. A value may stand there more than once, or belong to no row."""

    __slots__ = ("codes", "values")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, values: Sequence[Any], codes: Codes) -> None:
        self.values = values
        self.codes = codes

    @classmethod
    def of(cls, column: Iterable[Hashable]) -> Coded:
        """Code a column: its distinct values in the order they first come."""
        places: dict[Hashable, int] = {}
        first = np.fromiter(map(places.setdefault, column, count()), np.intp)
        return cls(list(places), _numbered(first))

    @classmethod
    def constant(cls, value: Any, size: int) -> Coded:
        """The same value in every row."""
        return cls([value], np.zeros(size, np.intp))

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, row: int) -> Any: ...
    @overload
    def __getitem__(self, row: slice) -> Coded: ...
    def __getitem__(self, row: int | slice) -> Any:
        return Coded(self.values, self.codes[row]) if isinstance(row, slice) else self.values[self.codes[row]]

    def __iter__(self) -> Iterator[Any]:
        return map(self.values.__getitem__, self.codes.tolist())

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Coded | list) else NotImplemented

    def __repr__(self) -> str:
        return f"Coded({list(self)!r})"

    def meant(self, meaning: Callable[[Any], Any]) -> Coded:
        """What each value means, in the same rows."""
        return Coded([*map(meaning, self.values)], self.codes)

    def take(self, rows: Any) -> Coded:
        """These rows, in this order: their numbers, or one truth value for each row there is."""
        return Coded(self.values, self.codes[rows])

    def having(self, wanted: Callable[[Any], Any]) -> list[int]:
        """The rows whose value is wanted; each value is asked about once."""
        chosen = np.fromiter(map(bool, map(wanted, self.values)), np.bool_, len(self.values))
        return np.flatnonzero(chosen[self.codes]).tolist() if chosen.any() else []

    def changed(self, rows: Mapping[int, Any]) -> Coded:
        """The same column with other values in some rows; one object that several of them get is kept once."""
        if not rows:
            return self
        apart = {id(value): value for value in rows.values()}
        place = {identity: at for at, identity in enumerate(apart, len(self.values))}
        codes = self.codes.copy()
        codes[list(rows)] = [place[id(value)] for value in rows.values()]
        return Coded([*self.values, *apart.values()], codes)

    def counted(self) -> list[tuple[Any, int]]:
        """Every value that some row has, and how many have it."""
        tally = np.bincount(self.codes, minlength=len(self.values)).tolist()
        return [(value, many) for value, many in zip(self.values, tally, strict=True) if many]

    def merged(self) -> Coded:
        """The same column with each value once. Its values must be hashable."""
        places: dict[Any, int] = {}
        moved = np.fromiter((places.setdefault(value, len(places)) for value in self.values), np.intp)
        return Coded(list(places), moved[self.codes])


def together(columns: Sequence[Coded]) -> tuple[list[int], Codes]:
    """The distinct combinations of some columns: for each a row that has it, and for every row its combination."""
    apart = {id(column.codes): column for column in columns}
    first, *others = apart.values()
    codes, many = first.codes, len(first.values)
    for other in others:
        codes = _dense(codes * len(other.values) + other.codes, many * len(other.values))
        many = int(codes.max()) + 1 if len(codes) else 0
    rows = np.zeros(many, np.intp) - 1
    rows[codes[::-1]] = np.arange(len(codes))[::-1]
    used = np.flatnonzero(rows >= 0)
    if len(used) == many:
        return rows.tolist(), codes
    dense = np.zeros(many, np.intp)
    dense[used] = np.arange(len(used))
    return rows[used].tolist(), dense[codes]


def coded(column: Sequence[Any]) -> Coded:
    """A column as it is if it is coded, else coded; lists are told apart by what is in them."""
    if isinstance(column, Coded):
        return column
    if any(type(value) is list for value in column):
        return Coded.of(None if value is None else tuple(value) for value in column)
    return Coded.of(column)


def selected(columns: Mapping[str, Sequence[Any]], rows: Sequence[int]) -> dict[str, Sequence[Any]]:
    """These rows of columns of either kind; those that shared their codes go on sharing them."""
    places = np.array(rows, np.intp)
    codes: dict[int, Codes] = {}
    chosen: dict[str, Sequence[Any]] = {}
    for name, column in columns.items():
        if isinstance(column, Coded):
            of_it = codes.get(id(column.codes))
            if of_it is None:
                of_it = codes[id(column.codes)] = column.codes[places]
            chosen[name] = Coded(column.values, of_it)
        else:
            chosen[name] = [column[row] for row in rows]
    return chosen


def _numbered(first: Codes) -> Codes:
    """From the row where each row's value first came to the number of that value."""
    new = first == np.arange(len(first))
    return (np.cumsum(new) - 1)[first]


def _dense(keys: Codes, most: int) -> Codes:
    """Keys below ``most`` as numbers without gaps."""
    if most > _SPARSE * len(keys):
        return np.unique(keys, return_inverse=True)[1].astype(np.intp, copy=False)
    present = np.zeros(most, np.bool_)
    present[keys] = True
    return (np.cumsum(present) - 1)[keys]
