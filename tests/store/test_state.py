"""The state remembers feeds, marks, cursors, runs and settings, and migrates itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from remit.adapters.store.state import migrations
from remit.adapters.store.state.state import State
from remit.adapters.store.state.tables import HEAD, METADATA
from remit.model.errors import StoreError


def driven(url: str) -> str:
    """The address as the library wants it."""
    return url.replace("postgresql:", "postgresql+pg8000:")


@pytest.fixture
def state(state_url: str):
    opened = State.open(state_url)
    yield opened
    opened.close()


def test_an_object_is_done_only_in_the_form_it_was_read(state):
    state.mark_done("trail", [("a.gz", "etag1"), ("b.gz", "etag1")])
    assert state.done("trail", "a.gz", "etag1")
    assert not state.done("trail", "a.gz", "etag2")
    assert not state.done("other", "a.gz", "etag1")
    state.mark_done("trail", [("a.gz", "etag2")])
    assert state.done_keys("trail", {"a.gz": "etag2", "b.gz": "etag1", "c.gz": "x"}) == {"a.gz", "b.gz"}
    state.mark_done("trail", [])


def test_thousands_of_marks_are_set_and_asked_at_once_and_survive_reopening(state_url, state):
    marks = {f"key-{n}": str(n) for n in range(3_000)}
    state.mark_done("trail", marks.items())
    state.close()
    again = State.open(state_url)
    assert again.done_keys("trail", {**marks, "key-7": "changed"}) == marks.keys() - {"key-7"}
    again.close()


def test_a_feed_keeps_its_history_when_it_is_put_again_and_loses_its_marks_when_removed(state):
    state.put_feed("trail", "s3://a", "auto")
    created = state.feeds()[0]["created"]
    state.mark_done("trail", [("k", "v")])
    state.feed_read("trail", "no such bucket")
    state.put_feed("trail", "s3://b", "cloudtrail")
    (feed,) = state.feeds()
    assert (feed["target"], feed["format"], feed["created"]) == ("s3://b", "cloudtrail", created)
    assert feed["last_error"] == "no such bucket"
    assert feed["last_read"] >= created
    assert state.remove_feed("trail")
    assert not state.remove_feed("trail")
    assert not state.done("trail", "k", "v")


def test_cursors_and_settings_come_back_as_they_were_put(state):
    assert state.cursor("lookup") is None
    for value in ({"next": "token", "until": [1, 2]}, "text", 0, False):
        state.put_cursor("lookup", value)
        state.put_setting("lookup", value)
        assert state.cursor("lookup") == value
        assert state.setting("lookup") == value


def test_a_run_shows_whether_it_finished(state):
    cut_off, whole = state.start_run("a"), state.start_run("b")
    state.finish_run(whole, {"new": 3})
    runs = {run["id"]: run for run in state.runs()}
    assert runs[cut_off]["finished"] is None
    assert runs[whole]["counts"] == {"new": 3}
    assert [run["id"] for run in state.runs(limit=1)] == [whole]


def test_sqlite_is_set_to_survive_a_power_cut(tmp_path):
    state = State.open(f"sqlite:///{tmp_path / 'state.db'}")
    with state._engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
    state.close()


def test_migrations_end_at_head_with_exactly_the_tables_that_the_code_names(state_url, state):
    with create_engine(driven(state_url)).connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == HEAD
        seen = inspect(connection)
        for table in METADATA.tables.values():
            assert {column["name"] for column in seen.get_columns(table.name)} == set(table.columns.keys())
            assert seen.get_pk_constraint(table.name)["constrained_columns"] == list(table.primary_key.columns.keys())
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_state_of_a_newer_version_is_refused(state_url, state):
    with create_engine(driven(state_url)).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        State.open(state_url)


def test_a_state_that_cannot_be_reached_is_said_without_its_password(tmp_path):
    with pytest.raises(StoreError, match="state failed"):
        State.open(f"sqlite:///{tmp_path / 'missing' / 'state.db'}")


HOSTILE = [
    "",
    "NULL",
    "null",
    "a\x00b",
    "\x1a0000",
    "\ud800 half",
    'quoted "twice" and \\ once',
    "{a,b}",
    "%s %(x)s :name ?",
    "line\nfeed\rtab\t",
    "\u202eright to left",
    "\U0001f9a9",
    "' OR 1=1; --",
    "x" * 5_000,
]
"""Texts that an engine, its driver or the way between might not give back as they were."""


def test_every_text_comes_back_as_it_was_one_at_a_time_and_many_together(state):
    state.mark_done("trail", [(words, f"{words}!") for words in HOSTILE])
    assert state.done_keys("trail", {words: f"{words}!" for words in HOSTILE}) == set(HOSTILE)
    assert sorted(state.marked("trail")) == sorted(HOSTILE)
    for words in HOSTILE:
        state.put_feed(words, words, words)
        state.feed_read(words, words)
        state.put_cursor(words, words)
        assert state.cursor(words) == words
    assert {feed["name"] for feed in state.feeds()} == set(HOSTILE)
    assert all(feed["name"] == feed["target"] == feed["last_error"] for feed in state.feeds())
    assert state.remove_feed("a\x00b")


def test_text_sorts_by_code_points_whatever_the_database_sorts_by(state):
    names = ["b", "B", "_", "a", "\u00e4", "A", "z", "a-b", "ab", "a b"]
    for name in names:
        state.put_feed(name, "x", "auto")
    assert [feed["name"] for feed in state.feeds()] == sorted(names)


def test_of_rows_of_one_key_the_last_counts(state):
    state.mark_done("trail", [("k", "first"), ("other", "x"), ("k", "last")])
    assert state.done_keys("trail", {"k": "last", "other": "x"}) == {"k", "other"}
