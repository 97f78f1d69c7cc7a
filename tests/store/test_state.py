"""The state remembers feeds, marks, cursors, runs and settings, and migrates itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from remit.adapters.store import migrations
from remit.adapters.store.state import State
from remit.adapters.store.tables import HEAD, METADATA
from remit.model.errors import StoreError


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state.db'}"


@pytest.fixture
def state(url: str):
    opened = State.open(url)
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


def test_thousands_of_marks_are_set_and_asked_at_once_and_survive_reopening(url, state):
    marks = {f"key-{n}": str(n) for n in range(3_000)}
    state.mark_done("trail", marks.items())
    state.close()
    again = State.open(url)
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


def test_sqlite_is_set_to_survive_a_power_cut(state):
    with state._engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_migrations_end_at_head_with_exactly_the_tables_that_the_code_names(url, state):
    with create_engine(url).connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == HEAD
        seen = inspect(connection)
        for table in METADATA.tables.values():
            assert {column["name"] for column in seen.get_columns(table.name)} == set(table.columns.keys())
            assert seen.get_pk_constraint(table.name)["constrained_columns"] == list(table.primary_key.columns.keys())
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_state_of_a_newer_version_is_refused(url, state):
    with create_engine(url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        State.open(url)


def test_a_state_that_cannot_be_reached_is_said_without_its_password(tmp_path):
    with pytest.raises(StoreError, match="state failed"):
        State.open(f"sqlite:///{tmp_path / 'missing' / 'state.db'}")


@pytest.mark.parametrize("table", METADATA.tables)
def test_every_table_can_be_created_on_postgresql(table):
    assert "CREATE TABLE" in str(CreateTable(METADATA.tables[table]).compile(dialect=postgresql.dialect()))
