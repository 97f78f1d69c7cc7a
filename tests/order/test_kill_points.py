"""kill -9 before every change of a file, and half-way through every write: nothing acknowledged is lost, nothing is
there twice, and the next process ends where an undisturbed one does."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .corpus import Arrival, corpus, issue, record, written
from .nursery import HALF, Nursery

ROOT = Path(__file__).parents[2]
LIVES = ("ingest", "ingest more", "maintain", "reattribute", "pushed")


class Told(Exception):
    """A life that failed, with what it said."""


class Cradle:
    """Folders to live in: each life begins in a copy of one, and its undisturbed end is known."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self.nursery = nursery
        self._folder = folder
        self._report = folder / "report"
        told = corpus(7, scenes=8, chain=24, incidents=False)
        self._given = written(folder / "in", Arrival(7, runs=2, files=2).of(told))
        self._deliveries = folder / "deliveries"
        self._deliveries.mkdir()
        for name, text in (("d-1", issue("d-1", "A", "B")), ("d-2", record("d-2", "CreateBucket", "B"))):
            (self._deliveries / f"{name}.json").write_bytes(text)
        self._ends: dict[str, tuple[int, dict[str, Any]]] = {}

    def begin(self, life: str, name: str) -> dict[str, Any]:
        """A fresh folder in which this life can begin; what the nursery is to be asked."""
        data = self._folder / name
        shutil.rmtree(data, ignore_errors=True)
        before = {"ingest more": [0], "maintain": [0, 1], "reattribute": [0]}.get(life, [])
        if before:
            shutil.copytree(self._prepared(before, "old" if life == "reattribute" else "new"), data)
        else:
            data.mkdir()
        given = self._deliveries if life == "pushed" else self._given[1 if life == "ingest more" else 0]
        return {"life": life.split()[0], "data": data, "given": given, "report": self._report}

    def _prepared(self, runs: list[int], rules: str) -> Path:
        data = self._folder / f"prepared-{len(runs)}-{rules}"
        for run in runs if not data.exists() else ():
            asked = {"life": "ingest", "data": data, "given": self._given[run], "report": self._report}
            done(self.nursery.ask(do="live", rules=rules, **asked))
        return data

    def undisturbed(self, life: str) -> tuple[int, dict[str, Any]]:
        """How many changes of files this life makes, and what it ends in."""
        if life not in self._ends:
            asked = self.begin(life, f"undisturbed-{life}")
            changes = done(self.nursery.ask(do="live", **asked))[-1]["changes"]
            self._ends[life] = changes, self._after(asked, [])[-1]["held"]
        return self._ends[life]

    def disturbed(self, life: str, number: int, how: int) -> bool:
        """Live, be met at one change, and see the next process through; whether the life was ended."""
        asked = self.begin(life, "disturbed")
        status, told = self.nursery.ask(do="live", number=number, how=how, **asked)
        assert status in (0, -9), told
        after = self._after(asked, told)
        assert after[-1]["held"] == self.undisturbed(life)[1], f"{life} met at change {number} ({how})"
        if life == "maintain":
            assert after[0]["at once"] == self.undisturbed(life)[1]
        return status == -9

    def changes(self, life: str) -> dict[int, tuple[str, str]]:
        """By number each change that an undisturbed life makes: its kind, and the path below the folder."""
        asked = self.begin(life, "logged")
        log = self._folder / "log"
        log.unlink(missing_ok=True)
        done(self.nursery.ask(do="live", log=log, **asked))
        lines = [line.split("\t") for line in log.read_text().splitlines()]
        below = f"{asked['data']}/"
        found = [(kind, path.removeprefix(below)) for kind, path, *_ in lines if kind != "a"]
        return dict(enumerate(found, 1))

    def photographed(self, life: str, numbers: list[int], at_once: int = 100) -> int:
        """Copy the folder at these changes, as kill -9 would leave it; from each copy the next process must end as an
        undisturbed one does. How many copies there were."""
        seen = 0
        for start in range(0, len(numbers), at_once):
            asked = self.begin(life, "sitting")
            album = self._folder / "album"
            album.mkdir()
            done(self.nursery.ask(do="live", numbers=numbers[start : start + at_once], album=album, **asked))
            for photo in sorted(album.iterdir()):
                seen += 1
                asked["data"] = photo
                after = self._after(asked, [])
                assert after[-1]["held"] == self.undisturbed(life)[1], f"{life} ended at change {photo.name}"
                shutil.rmtree(photo)
            album.rmdir()
        return seen

    def _after(self, asked: dict[str, Any], told: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return done(self.nursery.ask(do="afterwards", acknowledged=told, **asked))


def done(answer: tuple[int, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What a child told that ended well."""
    status, told = answer
    if status:
        raise Told(f"status {status}: {told[-1].get('at', told[-1]) if told else 'nothing said'}")
    return told


@pytest.fixture(scope="module")
def cradle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cradle]:
    with Nursery(ROOT) as nursery:
        yield Cradle(nursery, tmp_path_factory.mktemp("cradle"))


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cradle]:
    """Lives whose every change of a file is gated in the C library."""
    library = tmp_path_factory.mktemp("gate") / "gate.so"
    source = Path(__file__).with_name("gate.c")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler: changes that DuckDB, SQLite and the Delta library make are not gated")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl", "-lpthread"], check=True)
    with Nursery(ROOT, library) as nursery:
        yield Cradle(nursery, tmp_path_factory.mktemp("gated"))


def sample(changes: int, count: int) -> list[int]:
    """So many of the numbers from one, evenly spread, the last one with them."""
    return sorted({max(1, changes * at // count) for at in range(1, count + 1)})


@pytest.mark.parametrize("life", ["ingest", "maintain", "pushed"])
def test_killed_at_some_of_the_lakes_writes_the_next_process_ends_the_same(cradle, life):
    changes, end = cradle.undisturbed(life)
    assert int(end["digest"].partition(":")[0]) > 0
    ended = [cradle.disturbed(life, number, HALF) for number in sample(changes - 1, 2)]
    assert all(ended)


@pytest.mark.heavy
@pytest.mark.parametrize("life", LIVES)
def test_ended_at_every_change_of_a_file_the_next_process_ends_the_same(gated, life):
    """Lake, index and state, whoever writes them; of a run of writes to one file, the first, a middle one, the last."""
    changes = gated.changes(life)
    places = {place for kind, place in changes.values() if kind != "s"}
    assert {name.partition("/")[0].partition(".")[0] for name in places} >= {"lake", "index"}
    assert gated.photographed(life, telling(changes)) > 20


def telling(changes: dict[int, tuple[str, str]]) -> list[int]:
    """The changes that leave something else behind than their neighbours: a sync changes nothing that a kill leaves,
    and a long run of writes to one file is one piece of work."""
    runs = [list(run) for _, run in itertools.groupby(changes, key=changes.__getitem__)]
    return sorted({run[at] for run in runs if changes[run[0]][0] != "s" for at in (0, len(run) // 2, -1)})
