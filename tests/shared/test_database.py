"""The state on a PostgreSQL server: how it is reached, what is said when it is not, and what its tables may not do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text
from tests.access.certificates import self_signed
from tests.postgresql import PostgreSQL

from remit.adapters.store.state import database
from remit.adapters.store.state.database import open_engine, shown
from remit.adapters.store.state.scrubbing import compact, scrub
from remit.adapters.store.state.state import State
from remit.adapters.store.state.tables import HEAD, METADATA
from remit.adapters.store.state.views import ViewTable
from remit.app.config.reading import load_configuration
from remit.app.opening import open_store
from remit.model.errors import ConfigError, StateUnavailable, StoreError
from remit.rooms.removal.subject import Subject

UNUSABLE = {
    "no address": "postgresql",
    "another driver": "postgresql+psycopg://u@h/d",
    "another database": "mysql://u@h/d",
    "no user": "postgresql://db/name",
    "no database": "postgresql://u@db",
    "an unknown option": "postgresql://u@db/name?password=hunter2",
    "an unknown way of TLS": "postgresql://u@db/name?sslmode=prefer",
    "no such certificate": "postgresql://u@db/name?sslrootcert=/nowhere/ca.pem",
    "a port that is none": "postgresql://u:hunter2@db:port/name",
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_an_address_that_cannot_be_used_is_refused_before_anything_is_reached(what: str) -> None:
    with pytest.raises(ConfigError) as refused:
        open_engine(UNUSABLE[what])
    assert "hunter2" not in str(refused.value)


def test_an_address_is_shown_without_its_password_and_options() -> None:
    engine = open_engine("postgres://remit:hunter2@db.example.com/remit?sslmode=require")
    assert shown(engine) == "postgresql://remit@db.example.com:5432/remit"


def test_a_missing_driver_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pg8000.legacy", None)
    with pytest.raises(ConfigError, match=r"pip install .remit\[postgresql\]"):
        open_engine("postgresql://u@localhost/d")


TLS = {
    "encrypted": ("?sslmode=require", None),
    "verified": ("?sslmode=verify-full&sslrootcert={own}", None),
    "verified by its issuer": ("?sslmode=verify-ca&sslrootcert={own}", None),
    "unknown issuer": ("?sslmode=verify-full", "cannot be reached"),
    "another issuer": ("?sslmode=verify-full&sslrootcert={other}", "cannot be reached"),
}


@pytest.mark.parametrize("what", TLS)
def test_tls_to_the_database_is_verified_as_asked(what: str, postgresql: PostgreSQL, tmp_path: Path) -> None:
    options, refusal = TLS[what]
    other, _ = self_signed(tmp_path)
    url = postgresql.database() + options.format(own=postgresql.folder / "cert.pem", other=other)
    if refusal:
        with pytest.raises(StateUnavailable, match=refusal):
            State.open(url)
        return
    state = State.open(url)
    with state.transaction() as connection:
        asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert connection.execute(text(asked)).scalar() is True
    state.close()


@pytest.mark.parametrize(("host", "verified"), [("localhost", False), ("127.0.0.9", False), ("db.example.com", True)])
def test_a_database_elsewhere_is_verified_unless_something_else_is_asked_for(host: str, verified: bool) -> None:
    found = database._tls(host, {})
    assert bool(found) is verified
    if verified:
        assert found.check_hostname
    assert database._tls(host, {"sslmode": "disable"}) is False


def test_a_wrong_password_and_a_missing_database_are_faults_of_the_configuration(postgresql: PostgreSQL) -> None:
    right = postgresql.database()
    for wrong in (right.replace(postgresql.password, "hunter2"), right.replace("/state", "/nothing")):
        with pytest.raises(ConfigError) as refused:
            State.open(wrong)
        assert refused.value.exit_status == 78
        assert "hunter2" not in str(refused.value)
        assert postgresql.password not in str(refused.value)


def test_a_server_that_goes_and_comes_back_is_said_to_be_gone_and_used_again(postgresql: PostgreSQL) -> None:
    url = postgresql.database()
    state = State.open(url)
    state.put_setting("kept", 1)
    postgresql.stop()
    try:
        for gone in (lambda: state.setting("kept"), lambda: State.open(url)):
            with pytest.raises(StateUnavailable) as said:
                gone()
            assert said.value.exit_status == 6
            assert postgresql.password not in str(said.value)
    finally:
        postgresql.start()
    assert state.setting("kept") == 1
    state.close()


def test_connections_that_are_cut_off_while_they_are_idle_cost_no_request(postgresql: PostgreSQL) -> None:
    state = State.open(postgresql.database())
    state.put_setting("kept", 1)
    postgresql.run("SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE application_name = 'remit'")
    assert state.setting("kept") == 1
    state.close()


def test_a_statement_that_takes_too_long_ends_and_is_said(postgresql: PostgreSQL) -> None:
    state = State.open(postgresql.database())

    def slow(connection: Connection) -> None:
        connection.execute(text("SET LOCAL statement_timeout = 50"))
        connection.execute(text("SELECT pg_sleep(30)"))

    with pytest.raises(StoreError, match="took longer than it may"):
        state.attempt(slow)
    state.close()


def test_a_database_that_cannot_hold_every_letter_is_refused(postgresql: PostgreSQL) -> None:
    postgresql.run(
        "CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    with pytest.raises(ConfigError, match="as LATIN1"):
        State.open(postgresql.url("narrow"))


def test_a_machine_that_vanishes_holds_no_lock_for_long(postgresql: PostgreSQL) -> None:
    state = State.open(postgresql.database())
    with state.transaction() as connection:
        asked = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
        found = [str(connection.execute(text(f"SHOW {name}")).scalar()) for name in asked]
    assert found == ["15", "5", "4", "35000"]
    state.close()


def test_what_a_constraint_says_is_told_without_the_values(postgresql: PostgreSQL) -> None:
    state = State.open(postgresql.database())
    once = METADATA.tables["erased"].insert().values(event_id="private")
    state.attempt(lambda connection: connection.execute(once))
    with pytest.raises(StoreError) as said:
        state.attempt(lambda connection: connection.execute(once))
    assert "private" not in str(said.value)
    state.close()


OLD = {
    "feeds": "INSERT INTO feeds VALUES ('Trail', 's3://a', 'auto', '2026-01-01', NULL, 'no')",
    "feed_objects": "INSERT INTO feed_objects VALUES ('Trail', 'k', 'v', '2026-01-01')",
    "settings": "INSERT INTO settings VALUES ('s', '[1]')",
}


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_state_of_the_first_version_is_brought_up_with_what_it_holds(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 's.db'}" if engine == "sqlite" else request.getfixturevalue("postgresql").empty()
    _first_version(url)
    state = State.open(url)
    assert [(feed["name"], feed["last_error"]) for feed in state.feeds()] == [("Trail", "no")]
    assert state.done("Trail", "k", "v")
    assert state.setting("s") == [1]
    with state.transaction() as connection:
        seen = inspect(connection)
        assert {*METADATA.tables} < {*seen.get_table_names()}
        if engine == "postgresql":
            for table in METADATA.tables:
                for column in seen.get_columns(table):
                    assert getattr(column["type"], "collation", "C") in ("C", None)
                    assert "VARCHAR" not in str(column["type"])
    state.close()


def _first_version(url: str) -> None:
    from alembic import command
    from alembic.config import Config

    from remit.adapters.store.state import migrations

    engine = create_engine(url.replace("postgresql:", "postgresql+pg8000:"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in OLD.values():
            connection.execute(text(statement))
    engine.dispose()


def test_a_console_does_not_bring_a_state_up(postgresql: PostgreSQL) -> None:
    url = postgresql.empty()
    with pytest.raises(StoreError, match="has no tables yet"):
        State.open(url, migrates=False)
    State.open(url).close()
    postgresql.run("UPDATE alembic_version SET version_num = '0002'", url.rpartition("/")[2])
    with pytest.raises(StoreError, match=f"revision 0002, this version needs {HEAD}"):
        State.open(url, migrates=False)


@pytest.mark.heavy
def test_an_erased_name_is_in_no_file_of_the_tables_afterwards(postgresql: PostgreSQL) -> None:
    url = postgresql.empty()
    name, database_name = "zacharias.quixote", url.rpartition("/")[2]
    state = State.open(url)
    view = {"id": "1", "name": name, "query": f"actor:{name}", "since": "", "until": "", "owner": name}
    ViewTable(state).add({**view, "created": "", "changed": "", "version": 1}, 5, name)
    for number in range(60):
        state.put_feed(f"{name}-{number}", f"s3://{name}", "auto")
    postgresql.run("ANALYZE", database_name)
    postgresql.run("CHECKPOINT")
    assert _in_files(postgresql, database_name, name)
    assert scrub(state, Subject(name), "erased:1")["feeds"] == 60
    compact(state)
    state.close()
    postgresql.run("CHECKPOINT")
    assert not _in_files(postgresql, database_name, name)


def _in_files(postgresql: PostgreSQL, database_name: str, name: str) -> list[str]:
    ((number,),) = postgresql.run(f"SELECT oid FROM pg_database WHERE datname = '{database_name}'")
    folder = postgresql.folder / "data" / "base" / str(number)
    named = [path.name for path in folder.iterdir() if name.encode() in path.read_bytes()]
    asked = "SELECT relfilenode::text, relname FROM pg_class"
    relations = {str(number): str(relation) for number, relation in postgresql.run(asked, database_name)}
    return [relations.get(each.partition(".")[0], each) for each in named]


def test_a_password_in_the_file_is_refused_and_one_named_there_is_used(
    postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.database()
    (tmp_path / "remit.toml").write_text(f'[state]\nurl = "{url}"\n')
    with pytest.raises(ConfigError, match=r"state\.url has a password") as refused:
        load_configuration(tmp_path)
    assert postgresql.password not in str(refused.value)
    shown_url = url.replace(f":{postgresql.password}", "")
    (tmp_path / "remit.toml").write_text(f'[state]\nurl = "{shown_url}"\npassword_env = "DATABASE_PASSWORD"\n')
    monkeypatch.setenv("DATABASE_PASSWORD", postgresql.password)
    with open_store(tmp_path, "test", lambda _: None) as store:
        assert not store.state.embedded
        assert not (tmp_path / "state.db").exists()
