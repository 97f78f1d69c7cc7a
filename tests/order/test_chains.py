"""Whatever the order of arrival, crowded, circular and very long chains of credentials end in the same judgements."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.app.cloudtrail import issue, record

from remit.adapters.feeds.chunks import Chunk
from remit.adapters.store.store import Store
from remit.app.ingesting import Ingesting, settle_store

CROWDED = [issue(f"maker-{n:02}", f"MAKER{n:02}", "CROWDED") for n in range(9)]
CROWDED += [issue(f"above-{n:02}", f"ABOVE{n % 3}", f"MAKER{n:02}") for n in range(9)]
CROWDED += [record(f"call-{n}", "CreateBucket", "CROWDED") for n in range(4)]
CIRCLE = [issue(f"circle-{n}-{m}", f"CIRCLE{n}", f"CIRCLE{(n + 1) % 3}") for n in range(3) for m in range(5)]
CIRCLE += [record("circle-call", "CreateBucket", "CIRCLE0")]
LONG = [issue(f"long-{n:02}", f"LONG{n:02}", f"LONG{n + 1:02}") for n in range(14)]
LONG += [record("long-call", "CreateBucket", "LONG14")]
COMPARED = "event_id, actor_kind, actor_name, on_behalf_of, path, source, evidence, runner_up, confidence, same_as"


def judged(folder: Path, batches: Sequence[Sequence[bytes]], *, follow: bool) -> list[dict[str, Any]]:
    with Store.open(folder, "test") as store:
        work = Ingesting(store, {}, lambda state: None)
        for number, lines in enumerate(batches):
            work.chunks(iter([Chunk("test", list(lines), number)]))
            if follow:
                store.follow()
        work.conclude(work.chunks(iter(())), 0.0)
        assert settle_store(store).looked_at == 0
        rows: list[dict[str, Any]] = store.index.execute(f"SELECT {COMPARED} FROM events ORDER BY event_id").to_pylist()
    return rows


pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("records", [CROWDED, CIRCLE, LONG], ids=["crowded", "circle", "long"])
def test_chains_of_credentials_are_judged_alike_in_any_order(tmp_path: Path, records: list[bytes]) -> None:
    expected = judged(tmp_path / "at-once", [records], follow=False)
    assert any("join.issued-key" in item for row in expected for item in row["evidence"])
    shuffled = random.Random(0).sample(records, len(records))
    third = len(shuffled) // 3
    batches = [shuffled[:third], shuffled[third : 2 * third], shuffled[2 * third :]]
    assert judged(tmp_path / "shuffled", batches, follow=True) == expected
    calls_last = [records[:-4], records[-4:]]
    assert judged(tmp_path / "calls-last", calls_last, follow=True) == expected


def test_a_circle_of_many_issuers_costs_no_more_than_its_size(tmp_path: Path) -> None:
    wide = [issue(f"wide-{n}-{m}", f"WIDE{n}", f"WIDE{(n + 1) % 40}") for n in range(40) for m in range(4)]
    rows = judged(tmp_path, [wide], follow=False)
    assert all(len(row["evidence"]) < 40 for row in rows)
