"""Folders to live in, and the next process after each life."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.app.cloudtrail import issue, record

from .corpus import Arrival, corpus, written
from .nursery import Nursery

ROOT = Path(__file__).parents[2]
LIVES = ("ingest", "ingest more", "maintain", "reattribute", "pushed", "erase", "expire")
"""Beginnings: ``ingest more`` is an ingest into a folder that holds much already."""


_BEFORE = {"ingest more": [0], "reattribute": [0], "maintain": [0, 1], "erase": [0, 1], "expire": [0, 1]}
"""Runs that were read before a life begins."""


class Told(Exception):
    """A life that failed, with what it said."""


class Cradle:
    """Folders to live in: each life begins in a copy of one, and its undisturbed end is known."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self.nursery = nursery
        self.folder = folder
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
        data = self.folder / name
        shutil.rmtree(data, ignore_errors=True)
        before = _BEFORE.get(life, [])
        if before:
            shutil.copytree(self._prepared(before, "old" if life == "reattribute" else "new"), data)
        else:
            data.parent.mkdir(exist_ok=True)
        given = self._deliveries if life == "pushed" else self._given[1 if life == "ingest more" else 0]
        return {"life": life.split()[0], "data": data, "given": given, "report": self._report}

    def _prepared(self, runs: list[int], rules: str) -> Path:
        data = self.folder / f"prepared-{len(runs)}-{rules}"
        for run in runs if not data.exists() else ():
            asked = {"life": "ingest", "data": data, "given": self._given[run], "report": self._report}
            done(self.nursery.ask(do="live", rules=rules, **asked))
        return data

    def undisturbed(self, life: str) -> tuple[int, dict[str, Any]]:
        """How many changes of files this life makes, and what it ends in."""
        if life not in self._ends:
            asked = self.begin(life, f"undisturbed-{life}")
            changes = done(self.nursery.ask(do="live", **asked))[-1]["changes"]
            self._ends[life] = changes, self.after(asked, [])[-1]["held"]
        return self._ends[life]

    def disturbed(self, life: str, number: int, how: int) -> bool:
        """Live, be met at one change, and see the next process through; whether the life was ended."""
        asked = self.begin(life, "disturbed")
        status, told = self.nursery.ask(do="live", number=number, how=how, **asked)
        assert status in (0, -9), told
        after = self.after(asked, told)
        assert after[-1]["held"] == self.undisturbed(life)[1], f"{life} met at change {number} ({how})"
        return status == -9

    def changes(self, life: str) -> dict[int, tuple[str, str]]:
        """By number each change that an undisturbed life makes: its kind, and the path below the folder."""
        asked = self.begin(life, "logged")
        lines = self._logged(asked, asked["data"])
        below = f"{asked['data']}/"
        found = [(kind, path.removeprefix(below)) for kind, path, *_ in lines if kind not in "aA"]
        return dict(enumerate(found, 1))

    def audited(self, life: str) -> list[list[str]]:
        """Every change and every acknowledgement of an undisturbed life in order, as the gate noted them, from the
        data folder's own parent on."""
        asked = self.begin(life, "audit/data")
        return self._logged(asked, asked["data"].parent)

    def _logged(self, asked: dict[str, Any], below: Path) -> list[list[str]]:
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        done(self.nursery.ask(do="live", log=log, below=below, **asked))
        return [line.split("\t") for line in log.read_text().splitlines()]

    def photographed(self, life: str, numbers: list[int], *, halves_only: bool = False, at_once: int = 100) -> int:
        """Copy the folder at these changes, as kill -9 would leave it; from each copy the next process must have what
        was acknowledged by then, and end as an undisturbed one does. How many copies there were. ``halves_only``: of a
        write the copy half-way through it alone, not the one before it."""
        seen = 0
        for start in range(0, len(numbers), at_once):
            asked = self.begin(life, "sitting")
            album = self.folder / "album"
            shutil.rmtree(album, ignore_errors=True)
            album.mkdir()
            told = done(self.nursery.ask(do="live", numbers=numbers[start : start + at_once], album=album, **asked))
            for photo in _photos(album, halves_only):
                seen += 1
                asked["data"] = photo
                number = int(photo.name.removesuffix(_HALF))
                after = self.after(asked, [said for said in told if said["at"] < number])
                assert after[-1]["held"] == self.undisturbed(life)[1], f"{life} ended at change {photo.name}"
                if life == "maintain":  # it changes how things lie, at no moment what they are
                    assert after[0]["at once"] == self.undisturbed(life)[1]
                shutil.rmtree(photo)
        return seen

    def after(self, asked: dict[str, Any], told: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the next process tells of a folder in which so much was acknowledged."""
        return done(self.nursery.ask(do="afterwards", acknowledged=told, **asked))


_HALF = "-half"


def _photos(album: Path, halves_only: bool) -> list[Path]:
    photos = sorted(album.iterdir())
    return [photo for photo in photos if not (halves_only and photo.with_name(photo.name + _HALF).exists())]


def done(answer: tuple[int, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What a child told that ended well."""
    status, told = answer
    if status:
        raise Told(f"status {status}: {told[-1].get('at', told[-1]) if told else 'nothing said'}")
    return told


def sample(changes: int, count: int) -> list[int]:
    """So many of the numbers from one, evenly spread, the last one with them."""
    return sorted({max(1, changes * at // count) for at in range(1, count + 1)})
