"""What would survive a power cut, told from the order of changes and syncs that the gate noted.

A file survives when it was synced after it was last written, and so was, after it got its name, the folder that the
name is in; and the same for each folder above it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path


class Durability:
    """Takes changes in order; ``lost`` says what of some paths a power cut would take now."""

    def __init__(self) -> None:
        self._unsynced: dict[str, str] = {}
        self._unnamed: defaultdict[str, set[str]] = defaultdict(set)
        self.syncs = 0

    def take(self, kind: str, path: str, to: str = "", *_: str) -> None:
        """One line of the gate's log."""
        if kind in "cwt":
            self._unsynced[path] = {"c": "made", "w": "written", "t": "cut"}[kind]
        if kind in "cm":
            self._name(path)
        elif kind in "rl":
            if path in self._unsynced:
                self._unsynced[to] = self._unsynced.pop(path) if kind == "r" else self._unsynced[path]
            self._name(to)
        elif kind == "u":
            self._unsynced.pop(path, None)
        elif kind == "s":
            self.syncs += 1
            self._unsynced.pop(path, None)
            self._unnamed.pop(path, None)

    def lost(self, paths: Iterable[str], root: Path) -> dict[str, str]:
        """Which of these a power cut would take, and why. ``root`` is the highest folder whose entries matter."""
        found = {}
        for path in paths:
            if path in self._unsynced:
                found[path] = f"{self._unsynced[path]} and not synced"
            for step in (Path(path), *Path(path).parents):
                if root in step.parents and step.name in self._unnamed.get(str(step.parent), ()):
                    found[path] = f"the entry {step.name} of {step.parent} is not synced"
        return found

    def of(self, prefix: str) -> set[str]:
        """Files with such a path that a power cut would take, in whole or in part."""
        return {path for path in self._unsynced if path.startswith(prefix)}

    def _name(self, path: str) -> None:
        place = Path(path)
        self._unnamed[str(place.parent)].add(place.name)
