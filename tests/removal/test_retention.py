"""What is older than is kept goes, to the microsecond, from every table; what is younger stays as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from tests.app.cloudtrail import record
from tests.cli.conftest import Remit, remit  # noqa: F401 - a fixture
from tests.store.rows import correct, event_columns, put, quarantine_columns

from remit.adapters.store.digest import index_digest, lake_digest
from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.state.tables import FIRINGS
from remit.flows import removal, retention
from remit.model.errors import UsageError
from remit.rooms.query.instants import DAY_US

FEBRUARY = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp() * 1_000_000)
NOW = FEBRUARY + 100 * DAY_US


def around_the_border() -> dict[str, list]:
    """One event in each of the last and first microseconds, seconds and days around a month's border."""
    steps = [0, 1, 2, 999, 1_000, 1_001, 1_000_000, DAY_US, 40 * DAY_US]
    times = sorted({FEBRUARY + sign * step for step in steps for sign in (-1, 1)})
    return {**event_columns(len(times), 1), "time": times}


FAR = [pytest.param(shift, marks=pytest.mark.heavy) for shift in (-DAY_US, -1_000_000, 500, 1_000_000, DAY_US)]


@pytest.mark.parametrize("shift", [-1, 0, 1, *FAR])
def test_the_border_is_exact_also_on_the_first_of_a_month(store, steps, shift):
    columns, horizon = around_the_border(), FEBRUARY + shift
    put(store, columns)
    correct(store, columns, range(len(columns["time"])), "somebody")
    bad = quarantine_columns([f"q-{i}" for i in range(2)])
    store.commit(None, None, None, arrow_table("quarantine", {**bad, "time": [horizon - 1, horizon]}))
    done = removal.expire(steps, horizon, "local", NOW)
    kept = [event_id for event_id, at in zip(columns["event_id"], columns["time"], strict=True) if at >= horizon]
    found = store.index.execute("SELECT event_id FROM events ORDER BY time")["event_id"].to_pylist()
    assert found == kept
    assert (done["events"], done["quarantine"]) == (len(columns["time"]) - len(kept), 1)
    assert done["proof"]["found"] == 0
    assert index_digest(store.index) == lake_digest(store.lake)
    assert store.index.execute("SELECT DISTINCT owner FROM events")["owner"].to_pylist() == ["somebody"]
    assert store.index.execute("SELECT quarantine_id AS q FROM quarantine")["q"].to_pylist() == ["q-1"]
    for event_id, at, raw in zip(columns["event_id"], columns["time"], columns["raw"], strict=True):
        assert store.raw(event_id, at) == (raw if at >= horizon else None)


def test_whole_months_go_with_their_files_and_only_the_borders_is_written_anew(store, steps):
    columns = event_columns(300, 1, start=FEBRUARY - 150 * DAY_US, step=DAY_US)
    put(store, columns)
    store.follow()
    before = {file.path: file for file in store.lake.files("events").added}
    horizon = FEBRUARY + 10 * DAY_US
    shown = retention.plan(steps, "2026-02-11", NOW, configured="")
    removal.expire(steps, horizon, "local", NOW)
    after = {file.path: file for file in store.lake.files("events").added}
    assert shown["months"] == sorted({file.month for file in before.values() if file.month <= "2026-02"})
    assert {file.month for file in after.values()} == {f.month for f in before.values() if f.month >= "2026-02"}
    assert [before.keys() & {path} for path, file in after.items() if file.month == "2026-02"] == [set()]
    assert {path for path, file in after.items() if file.month > "2026-02"} <= before.keys()
    assert shown["bytes"] == sum(file.size for file in before.values() if file.month < "2026-02")
    assert shown["events"] == sum(at < horizon for at in columns["time"])
    assert shown["oldest_kept"] == "2026-02-11T00:00:00Z"


def test_a_run_with_nothing_to_remove_touches_no_file(store, steps):
    put(store, event_columns(10, start=FEBRUARY))
    files = store.lake.files("events").added
    assert removal.expire(steps, FEBRUARY, "local", NOW)["events"] == 0
    assert store.lake.files("events").added == files


def test_what_alerts_found_goes_with_the_time_it_was_found_in(store, steps):
    row = {"alert": "a", "fingerprint": "f", "first": "2025-01-01T00:00:00+00:00", "count": 1, "facts": "{}"}
    with store.state.transaction() as connection:
        for number, last in enumerate(["2026-01-31T23:59:59+00:00", "2026-02-01T00:00:00.000001+00:00"]):
            store.state.upsert(connection, FIRINGS, [{**row, "id": str(number), "last": last}])
    assert removal.expire(steps, FEBRUARY, "local", NOW)["firings"] == 1


@pytest.mark.parametrize("keep", ["", "soon", "0d", "1h", "23h", "2027-01-01", "-4d", "4"])
def test_a_time_to_keep_that_is_none_or_less_than_a_day_is_refused(keep):
    with pytest.raises(UsageError):
        retention.horizon(keep, NOW)


@pytest.mark.parametrize(
    ("keep", "before"),
    [("100d", FEBRUARY), ("1w", NOW - 7 * DAY_US), ("2026-02-01", FEBRUARY), ("36h", NOW - 2 * DAY_US)],
)
def test_a_day_that_is_partly_to_be_kept_is_kept_whole(keep, before):
    assert retention.horizon(keep, NOW) == before
    assert retention.horizon(keep, NOW + DAY_US - 1 - 12 * 3_600_000_000 * (keep == "36h")) in (before, before + DAY_US)


def test_records_older_than_the_policy_are_left_out_and_counted(remit: Remit, tmp_path):  # noqa: F811
    data, logs = tmp_path / "data", tmp_path / "logs.jsonl"
    data.mkdir()
    old = record("old", "PutObject", "a", eventTime="2020-01-01T00:00:00Z")
    new = record("new", "PutObject", "a", eventTime=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    logs.write_bytes(old + b"\n" + new + b"\n")
    told = json.loads(remit("ingest", str(logs), "--data", str(data), "--json").out)
    assert (told["new"], told["expired"]) == (2, 0)
    (data / "remit.toml").write_text('[retention]\nkeep = "400d"\n')
    shown = json.loads(remit("retention", "--data", str(data), "--json").out)
    assert (shown["configured"], shown["events"], shown["stored"]) == ("400d", 1, 2)
    assert remit("retention", "run", "--data", str(data)).status == 2, "nobody confirmed it"
    done = json.loads(remit("retention", "run", "--data", str(data), "--yes", "--json").out)
    assert (done["events"], done["keep"], done["proof"]["found"]) == (1, "400d", 0)
    for workers in ("1", "2"):
        told = json.loads(remit("ingest", str(logs), "--data", str(data), "--workers", workers, "--json").out)
        assert (told["new"], told["duplicate"], told["expired"]) == (0, 1, 1)
        assert told["read"] == 2
    assert "1 left out: older than what is kept" in remit("ingest", str(logs), "--data", str(data)).out


def test_without_a_policy_nothing_is_removed_and_it_is_said(remit: Remit, tmp_path):  # noqa: F811
    ran = remit("retention", "--data", str(tmp_path))
    assert (ran.status, "nothing is ever removed" in ran.out, "Nothing is stored" in ran.out) == (0, True, True)
    ran = remit("retention", "run", "--yes", "--data", str(tmp_path))
    assert (ran.status, "--keep 400d" in ran.err) == (2, True)
