"""Several processes on one PostgreSQL state: one keeper, and nothing lost between those who write at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.app.conftest import wait_for
from tests.postgresql import PostgreSQL
from tests.store.rows import event_columns, put

from remit.adapters.store.beside import StoreBeside, Watching
from remit.adapters.store.index.index import FollowReport
from remit.adapters.store.lake.localfolder import LocalFolder
from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.shared_lease import SharedLease, keeper_of, seen_ago
from remit.adapters.store.state.alerts import AlertRecords
from remit.adapters.store.state.deliveries import DeliveryRecords
from remit.adapters.store.state.state import State
from remit.adapters.store.state.tokens import StoredSignIns, StoredTokens
from remit.adapters.store.state.views import ViewTable
from remit.adapters.store.store import Store
from remit.app.config.schema import Retention
from remit.app.removing import RemovalDesk
from remit.app.shared_keeping import SharedKeeping
from remit.app.signing_in import _seal
from remit.flows.access.handshake import Handshake
from remit.flows.access.roles import RolePolicy
from remit.flows.access.sign_ins import SignIns
from remit.flows.access.tokens import Tokens
from remit.flows.removal import erase
from remit.model.errors import Conflict, KeeperBusy, NotSignedIn, RemitError, StateUnavailable, StoreError

CUT = "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE application_name = 'remit'"


@pytest.fixture
def states(state_url: str) -> Iterator[tuple[State, State]]:
    """The same state, as two processes have it."""
    both = State.open(state_url), State.open(state_url)
    yield both
    for state in both:
        state.close()


@pytest.fixture
def shared(postgresql: PostgreSQL) -> Iterator[tuple[State, State]]:
    """The same on PostgreSQL alone."""
    url = postgresql.database()
    both = State.open(url), State.open(url)
    yield both
    for state in both:
        state.close()


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each of these gives when all run at the same time; errors of ours are results."""
    results: list[object] = [None] * len(works)
    ready = threading.Barrier(len(works))

    def run(place: int) -> None:
        ready.wait()
        try:
            results[place] = works[place]()
        except RemitError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def view(number: int) -> dict[str, Any]:
    texts = dict.fromkeys(("query", "since", "until", "owner", "created", "changed"), "")
    return {"id": f"{number}", "name": f"view {number}", "version": 1, **texts}


def test_of_many_views_saved_at_once_no_more_are_kept_than_may_be(states: tuple[State, State]) -> None:
    tables = [ViewTable(state) for state in states]
    works = [lambda n=n: tables[n % 2].add(view(n), 5, "ana") for n in range(12)]
    assert sorted(map(str, at_once(*works))) == ["False"] * 7 + ["True"] * 5
    assert len(tables[0].views()) == 5


def test_of_two_tokens_of_one_name_made_at_once_one_is_refused(states: tuple[State, State]) -> None:
    many = [Tokens(StoredTokens(state), state) for state in states]
    made = at_once(*(lambda n=n: many[n % 2].create("ci", ["read"]) for n in range(6)))
    assert sum(isinstance(each, dict) for each in made) == 1
    assert sum(isinstance(each, Conflict) for each in made) == 5
    assert len(many[0].list()["tokens"]) == 1


def test_a_setting_that_is_made_once_is_the_same_for_all(states: tuple[State, State]) -> None:
    made = at_once(*(lambda n=n: states[n % 2].setting_once("key", n) for n in range(6)))
    assert len(set(made)) == 1


def test_marks_set_in_opposite_orders_at_once_do_not_wait_for_each_other_in_a_circle(
    states: tuple[State, State],
) -> None:
    keys = [(f"key-{number}", "v") for number in range(400)]
    works = [lambda n=n: states[n % 2].mark_done("f", keys if n % 2 else keys[::-1]) for n in range(6)]
    assert at_once(*works) == [None] * 6
    assert len(states[0].marked("f")) == 400


def alert(records: AlertRecords) -> None:
    row = {
        "id": "a", "name": "a", "query": "", "kind": "match", "settings": {}, "channels": ["c"], "enabled": True,
        "created": "", "created_by": "ana", "changed": "", "version": 1, "place": {},
    }  # fmt: skip
    records.add(row, [("k0", 0)], "ana")


def test_a_look_and_a_change_of_one_alert_at_once_leave_one_of_them_whole(states: tuple[State, State]) -> None:
    books = [AlertRecords(state) for state in states]
    alert(books[0])
    fired = [{"fingerprint": "f", "count": 1, "facts": {}}]
    for version in range(1, 9):
        keys = [(f"k{version}-{n}", n) for n in range(50)]
        looked = partial(books[0].record, "a", version, {}, at="2026", due=0.0, fired=fired, remember=keys)
        changed = partial(books[1].change, "a", version, {"name": f"n{version}"}, "bo", remember=keys[::-1])
        was_looked_at, was_changed = at_once(looked, changed)
        assert was_looked_at in (True, False)
        assert was_changed is None
    assert books[0].alert("a")["version"] == 9


def test_how_a_delivery_ended_stays_whoever_says_something_else_of_it_later(states: tuple[State, State]) -> None:
    one, other = (AlertRecords(state) for state in states)
    alert(one)
    fired = [{"fingerprint": "f", "count": 3_000_000_000, "facts": {"text": "a\x00b"}}]
    assert one.record("a", 1, {}, at="2026", due=0.0, fired=fired, channels=["c"])
    (waiting,) = DeliveryRecords(states[1]).due(1.0, 5)
    DeliveryRecords(states[0]).delivered(waiting["id"], "2026")
    DeliveryRecords(states[1]).put_off(waiting["id"], "too late", None)
    assert DeliveryRecords(states[0]).by_state() == [("c", "delivered", 1)]
    (firing,) = other.firings()
    assert (firing["count"], firing["facts"]) == (3_000_000_000, {"text": "a\x00b"})


# --- one keeper


def test_one_process_keeps_a_state_and_the_next_is_told_who_does(shared: tuple[State, State], tmp_path: Path) -> None:
    first = SharedLease.acquire(shared[0], "server", tmp_path)
    first.check()
    with pytest.raises(KeeperBusy, match=r"kept by server on .* \(process \d+, since 20"):
        SharedLease.acquire(shared[1], "ingest", tmp_path)
    first.release()
    second = SharedLease.acquire(shared[1], "ingest", tmp_path)
    assert (keeper_of(shared[0]) or {})["number"] == 2
    second.release()


def test_a_keeper_whose_connection_was_cut_takes_its_lock_again_if_nobody_had_it(
    shared: tuple[State, State], tmp_path: Path, postgresql: PostgreSQL
) -> None:
    lease = SharedLease.acquire(shared[0], "server", tmp_path)
    postgresql.run(CUT)
    lease.beat()
    with pytest.raises(KeeperBusy):
        SharedLease.acquire(shared[1], "ingest", tmp_path)
    lease.release()


def test_a_keeper_whose_old_connection_still_holds_the_lock_waits_for_it(
    shared: tuple[State, State], tmp_path: Path
) -> None:
    lease = SharedLease.acquire(shared[0], "server", tmp_path)
    old, lease._connection = lease._connection, None  # as after a cut that only this side has noticed
    with pytest.raises(StateUnavailable, match="still holds the lock"):
        lease.check()
    assert old is not None
    old.close()
    assert wait_for(lambda: at_once(lease.check) == [None])
    lease.release()


def test_a_lock_that_cannot_be_asked_for_leaves_no_connection_open(
    shared: tuple[State, State], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, connect = [], shared[0].own_connection
    monkeypatch.setattr(shared[0], "own_connection", lambda: opened.append(connect()) or opened[-1])
    monkeypatch.setattr("remit.adapters.store.shared_lease._TAKE", text("SELECT no_such_lock()"))
    with pytest.raises(StoreError):
        SharedLease.acquire(shared[0], "server", tmp_path)
    assert [connection.closed for connection in opened] == [True]


def test_a_keeper_that_was_cut_off_and_replaced_stores_nothing_more(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = postgresql.database()
    other = State.open(url)
    with Store.open(tmp_path / "one", "server", state_url=url) as store:
        put(store, event_columns(5))
        version = store.lake.version("events")
        postgresql.run(CUT)
        usurper = SharedLease.acquire(other, "ingest", tmp_path)
        for _ in range(2):
            with pytest.raises(KeeperBusy, match="took over from this one: ingest"):
                put(store, event_columns(5, seed=1))
        usurper.release()
        with pytest.raises(KeeperBusy, match="took over"):  # another had it, whether or not it still has
            store.check_lease()
        assert store.lake.version("events") == version
    other.close()


def test_while_the_database_is_gone_nothing_is_stored_and_afterwards_it_is(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    with Store.open(tmp_path / "one", "server", state_url=postgresql.database()) as store:
        postgresql.stop()
        try:
            with pytest.raises(StateUnavailable):
                put(store, event_columns(5))
        finally:
            postgresql.start()
        put(store, event_columns(5, seed=1))
        assert store.follow().events == 5


def test_a_second_data_folder_over_one_state_is_refused_before_its_lake_is_touched(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    url = postgresql.database()
    with Store.open(tmp_path / "one", "server", state_url=url):
        with pytest.raises(KeeperBusy, match="kept by server"):
            Store.open(tmp_path / "two", "server", state_url=url)
        assert not (tmp_path / "two" / "lake").exists()
    with Store.open(tmp_path / "two", "server", state_url=url):
        pass


def test_how_long_a_keeper_is_silent_is_told_by_the_databases_clock(
    shared: tuple[State, State], tmp_path: Path, postgresql: PostgreSQL
) -> None:
    lease = SharedLease.acquire(shared[0], "server", tmp_path)
    assert 0 < (seen_ago(keeper_of(shared[1])) or 0) < 60
    postgresql.run("UPDATE keepers SET seen = '2026-01-01T00:00:00.000000+00:00'", "state")
    assert (seen_ago(keeper_of(shared[1])) or 0) > 1_000
    lease.beat()
    assert 0 < (seen_ago(keeper_of(shared[1])) or 0) < 60
    lease.release()


# --- beside a keeper


def test_a_console_answers_from_the_lake_of_another_and_writes_nothing_to_it(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    url = postgresql.database()
    with Store.open(tmp_path / "keeper", "server", state_url=url) as store:
        put(store, event_columns(5))
        beside = StoreBeside.beside(tmp_path / "console", LocalFolder(tmp_path / "keeper" / "lake"), State.open(url))
        with beside:
            count = "SELECT count(*) AS n FROM events"
            assert beside.index.execute(count)["n"].to_pylist() == [5]
            columns = event_columns(5, seed=1)
            put(store, columns)
            assert beside.follow().events == 5
            assert beside.raw(columns["event_id"][0], columns["time"][0]) == columns["raw"][0]
            for refused in (
                lambda: put(beside, event_columns(5, seed=2)),
                lambda: beside.commit(None),
                beside.alone,
                beside.check_lease,
            ):
                with pytest.raises(KeeperBusy, match="keeps nothing") as said:
                    refused()
                assert "server on" in said.value.remedy
            assert store.follow().events == 10
            assert beside.folder.joinpath("lake").exists() is False
            shown = [RemovalDesk(each, Retention()).preview("zacharias.quixote") for each in (store, beside)]
            assert [each["note"] == "" for each in shown] == [True, False]
            assert "keeper's inbox" in shown[1]["note"]


def test_a_console_looks_less_often_the_longer_nothing_comes_and_at_once_as_often_again() -> None:
    class Looks:
        pauses: list[float]

        def wait(self, seconds: float) -> bool:
            self.pauses.append(seconds)
            return len(self.pauses) == 16

        def follow(self) -> FollowReport:
            if len(self.pauses) == 11:
                raise StoreError("The lake is not there")
            return FollowReport(events=1) if len(self.pauses) in (1, 12) else FollowReport()

    for longest, at_most in ((None, 0.5), (2.0, 2.0)):
        looks, said = Looks(), []
        looks.pauses = []
        watching = Watching(looks, 0.5, said.append, longest)  # type: ignore[arg-type]
        watching._stopped = looks  # type: ignore[assignment]
        watching._run()
        assert [looks.pauses[at] for at in (0, 1, 12)] == [0.5, 0.5, 0.5]
        assert looks.pauses[1:12] == sorted(looks.pauses[1:12])
        assert looks.pauses[11] == max(looks.pauses) == at_most
        assert len(said) == 1


@pytest.mark.heavy
def test_what_was_erased_is_soon_in_no_file_of_a_console(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url, name = postgresql.database(), "zacharias.quixote"
    with Store.open(tmp_path / "keeper", "server", state_url=url) as store:
        put(store, event_columns(40))
        naming = event_columns(40, seed=1)
        naming["principal"] = [f"arn:aws:iam::1:user/{name}" for _ in naming["principal"]]
        put(store, naming)
        storage = LocalFolder(tmp_path / "keeper" / "lake")
        with StoreBeside.beside(tmp_path / "console", storage, State.open(url)) as beside:
            assert beside.follow().events == 0
            assert _rows(beside) == 80
            erase(StoreRemoval(store), name, "ana", 0, lambda _: None)
            assert beside.follow().rebuilt
            assert _rows(beside) == 40
        left = [path for path in (tmp_path / "console").rglob("*") if path.is_file()]
        assert left
        assert not [path for path in left if name.encode() in path.read_bytes()]


def _rows(store: Store) -> int:
    return int(store.index.execute("SELECT count(*) AS n FROM events")["n"].to_pylist()[0])


def test_a_console_without_a_lake_to_follow_says_so(postgresql: PostgreSQL, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no lake here yet"):
        StoreBeside.beside(tmp_path / "c", LocalFolder(tmp_path / "lake"), State.open(postgresql.database()))


def test_a_keeper_hands_its_registry_to_the_consoles_beside_it(postgresql: PostgreSQL, tmp_path: Path) -> None:
    text = '[[agent]]\nname = "Deploy bot"\nprincipal = "arn:aws:iam::1:role/bot"\n'
    with Store.open(tmp_path / "one", "server", state_url=postgresql.database()) as store:
        (store.folder / "identities.toml").write_text(text)
        SharedKeeping(store, lambda _: None).once()
        assert store.state.setting("registry")["text"] == text
        assert (keeper_of(store.state) or {})["seen"]


def test_a_sign_in_that_is_over_is_forgotten_when_the_next_one_begins(states: tuple[State, State]) -> None:
    clock = [datetime(2026, 11, 3, tzinfo=UTC)]
    one, other = (SignIns(StoredSignIns(state), state, lambda: clock[0]) for state in states)
    cookie = one.begin("oidc x 1", "ana\ud800", "viewer", 1)
    assert (other.known(cookie) or {})["name"] == "ana\ud800"
    clock[0] += timedelta(hours=2)
    assert other.known(cookie) is None
    other.begin("oidc x 2", "bo", "viewer", 1)
    assert [row["name"] for row in StoredSignIns(states[0]).rows()] == ["bo"]


class _Provider:
    """An identity provider that says who it is told."""

    issuer = "https://id.example"

    def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        return f"{self.issuer}/?state={state}"

    def claims(self, code: str, nonce: str, verifier: str, wanted: str) -> dict[str, Any]:
        return {"sub": "1", "name": "Ana", wanted: ["sre"]}


def test_a_sign_in_begun_at_one_console_is_finished_at_another_of_the_same_client(
    states: tuple[State, State],
) -> None:
    policy = RolePolicy("groups", {"viewer": ["sre"]}, "")
    sign_ins = [SignIns(StoredSignIns(state), state) for state in states]
    one, other, stranger = (
        Handshake(_Provider(), sign_ins[place], policy, 8, key=key)
        for place, key in ((0, _seal("secret")), (1, _seal("secret")), (1, _seal("")))
    )
    begun = one.begin("/agents")
    said = {"state": begun.url.partition("state=")[2], "code": "c"}
    with pytest.raises(NotSignedIn):
        stranger.finish(said, begun.sealed)
    finished = other.finish(said, begun.sealed)
    assert finished.next == "/agents"
    assert (sign_ins[0].known(finished.cookie) or {})["name"] == "Ana (1)"
    sign_ins[0].end(finished.cookie)
    assert sign_ins[1].known(finished.cookie) is None
