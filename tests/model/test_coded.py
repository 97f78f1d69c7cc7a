"""A coded column says what the list it stands for says, whatever is done with it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from remit.model.coded import Coded, coded, selected, together

WORDS = st.sampled_from(["a", "b", "c", None])
COLUMNS = st.lists(WORDS, max_size=30)


@given(COLUMNS)
def test_it_reads_as_the_list_it_was_made_of_and_holds_each_value_once(column: list[str | None]) -> None:
    made = Coded.of(column)
    assert list(made) == column == [made[row] for row in range(len(made))]
    assert made == column
    assert list(made.values) == list(dict.fromkeys(column))


@given(COLUMNS)
def test_what_values_mean_stands_in_their_rows_and_is_counted_once_merged(column: list[str | None]) -> None:
    meant = Coded.of(column).meant(lambda value: value in ("a", "b"))
    assert meant == [value in ("a", "b") for value in column]
    assert meant.merged() == list(meant)
    assert dict(meant.merged().counted()) == {
        word: column_said for word in set(meant) for column_said in [list(meant).count(word)]
    }


@given(COLUMNS, st.data())
def test_rows_are_taken_found_and_changed_as_in_a_list(column: list[str | None], data: st.DataObject) -> None:
    made = Coded.of(column)
    places = st.integers(0, len(column) - 1) if column else st.nothing()
    rows = data.draw(st.lists(places))
    changes = data.draw(st.dictionaries(places, st.sampled_from(["x", "y", "a"])))
    assert made.take(rows) == [column[row] for row in rows]
    assert made.having(lambda value: value == "a") == [row for row, value in enumerate(column) if value == "a"]
    assert made.changed(changes) == [changes.get(row, value) for row, value in enumerate(column)]
    assert made == column


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=40))
def test_rows_are_together_exactly_when_they_agree_in_every_column(rows: list[tuple[str | None, ...]]) -> None:
    columns = [Coded.of([row[at] for row in rows]) for at in range(3)]
    first, codes = together(columns)
    assert [rows[first[code]] for code in codes.tolist()] == rows
    assert len({rows[at] for at in first}) == len(first)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=20), st.data())
def test_chosen_rows_of_columns_that_share_codes_go_on_sharing_them(
    rows: list[tuple[str | None, str | None]], data: st.DataObject
) -> None:
    pairs = Coded.of(rows)
    columns = {"one": pairs.meant(lambda pair: pair[0]), "other": pairs.meant(lambda pair: pair[1]), "plain": rows}
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    found = selected(columns, chosen)
    assert {name: list(column) for name, column in found.items()} == {
        name: [column[row] for row in chosen] for name, column in columns.items()
    }
    one, other = found["one"], found["other"]
    assert isinstance(one, Coded)
    assert isinstance(other, Coded)
    assert one.codes is other.codes


def test_lists_are_coded_by_what_is_in_them() -> None:
    column = coded([["a"], [], ["a"], None])
    assert [value if value is None else list(value) for value in column] == [["a"], [], ["a"], None]
    assert len(column.values) == 3
