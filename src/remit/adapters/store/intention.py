"""A removal that has begun: written down before anything is removed, so that a later process finishes it."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from remit.adapters.store.lake.disk import Disk
from remit.model.errors import IntegrityError

FILE: Final = "removal.json"


class Intention:
    """The one note of a data folder; it names the subject, is readable by its owner alone and goes when all is done."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.path = folder / FILE
        self._disk = disk

    def write(self, note: dict[str, Any]) -> None:
        """Note what is about to be removed; durable on return."""
        fresh = self.path.with_suffix(".json.tmp")
        self._disk.remove(fresh)
        self._disk.write(fresh, partial(_fill, json.dumps(note).encode()))
        self._disk.rename(fresh, self.path)

    def read(self) -> dict[str, Any] | None:
        """What was begun and not finished; None if nothing was."""
        self._disk.remove(self.path.with_suffix(".json.tmp"))
        try:
            note = json.loads(self.path.read_text(encoding="utf-8"))
            return {"kind": str(note["kind"]), **note}
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise IntegrityError(
                f"The note of an unfinished removal cannot be read: {error}",
                where=str(self.path),
                remedy="Move the file away and run the removal again.",
            ) from error

    def done(self) -> None:
        """The removal is finished and proved."""
        self._disk.remove(self.path)
        self._disk.sync(self.path.parent)


def _fill(content: bytes, sink: BinaryIO) -> None:
    os.fchmod(sink.fileno(), 0o600)
    sink.write(content)
