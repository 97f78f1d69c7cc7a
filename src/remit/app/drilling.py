"""``remit drill``: the stage is a data folder of its own, filled with the demonstration estate."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from remit.adapters.feeds.chunks import Source
from remit.adapters.store.store import Store
from remit.app import demo
from remit.app.config.reading import load_configuration
from remit.app.ingesting import Ingesting, settle_store
from remit.app.keeping import open_desks
from remit.app.opening import open_store
from remit.app.organization_file import organization_of
from remit.flows.drill.sagemaker import Story, play
from remit.model.errors import NotFound, OrganizationError, UsageError
from remit.rooms.estate.aws import drill
from remit.rooms.estate.feed import Item
from remit.rooms.estate.packing import pack
from remit.rooms.organization import Organization
from remit.rooms.organization.structure import Version

Json = dict[str, Any]
Tell = Callable[[Json], None]
Say = Callable[[str], None]
MARK: Final = "drill.json"
DRILLS: Final = ("sagemaker",)
_LIMIT: Final = 100


def run_drill(data: Path, name: str, tell: Tell, say: Say) -> Json:
    """Play a drill in a folder; ``{drill, data, ok, steps, query, console}``. Each step is told when it is done.

    :raises UsageError: if the folder holds anything but an earlier drill.
    """
    if name not in DRILLS:
        raise NotFound(f"There is no drill «{name[:40]}»", remedy=f"There are: {', '.join(DRILLS)}.")
    folder = data.absolute()
    _make_ready(folder, say)
    steps: list[Json] = []
    with open_store(folder, "drill", say) as store:
        demo.fill(store, say)
        story = Story(drill.REGION, drill.ACCOUNT.id, drill.ACTIONS, drill.POLICY)
        for step in play(_Stage(store), story, time.time_ns() // 1000):
            steps.append(step)
            tell(step)
        port = load_configuration(folder).server.port
    query = str(steps[-1]["facts"].get("query", ""))
    console = f"http://127.0.0.1:{port}/?{urlencode({'q': query})}" if query else None
    return {"drill": name, "data": str(folder), "ok": all(each["ok"] for each in steps), "steps": steps,
            "query": query or None, "console": console}  # fmt: skip


def _make_ready(folder: Path, say: Say) -> None:
    """An empty demonstration: what an earlier drill left is removed, anything else is left alone."""
    mark = folder / MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise UsageError(
            "This data folder holds no drill", where=str(folder), remedy="Name another one, or a new one, with --data."
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.write_text(json.dumps({"drill": True}), encoding="utf-8")  # killed from here on, it is known for a drill
    demo.remove(folder, MARK)
    demo.prepare(folder, say, MARK)


class _Stage:
    """``flows.drill.ports.Stage`` over an open store and its desks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        configured = load_configuration(store.folder)
        self._file = organization_of(store.folder, configured)
        self._desks = open_desks(store, configured)

    def attempt(self, at: int, *, refused: bool) -> Json:
        """The agent's calls."""
        return self._ingest(drill.attempt(at, refused=refused))

    def change_recorded(self, at: int, policy: str, document: Mapping[str, Any]) -> Json:
        """The record of a policy's change."""
        return self._ingest([drill.policy_change(at, self.organization().policies[policy].name, document)])

    def organization(self) -> Organization:
        """The organization as its file has it."""
        found = self._file.organization()
        if found is None:
            raise OrganizationError("The drill's organization file is gone", where=str(self._file.path))
        return found

    def adopt(self, policy: str, document: Mapping[str, Any], at: int) -> None:
        """A new version in the file, journalled as every change of it is."""
        known = self.organization()
        held = known.policies[policy]
        newer = replace(held, versions=(*held.versions, Version(document, at)))
        self._file.write(replace(known, policies={**known.policies, policy: newer}))
        self._store.state.journal("local", "organization.changed", {"policy": policy, "valid_from": at, "by": "drill"})

    def denials(self, query: str) -> Json:
        """As ``remit denials``."""
        found: Json = self._asked("questions").denials(query)
        return found

    def show(self, event: str) -> Json:
        """As ``remit events show``."""
        found: Json = self._asked("questions").show(event)
        return found

    def search(self, query: str) -> Json:
        """As ``remit events search``."""
        found: Json = self._asked("questions").search(query, _LIMIT)
        return found

    def lint(self, text: str) -> Json:
        """As ``remit guardrails lint``."""
        found: Json = self._asked("insights").lint(text, "SCP")
        return found

    def backtest(self, text: str, against: str, target: str, query: str) -> Json:
        """As ``remit backtest``."""
        policy = {"text": text, "name": "the new version"}
        asked = self._asked("backtest")
        found: Json = asked.run(policy, "scp", [target], since="30d", query=query, against={"named": against})
        return found

    def _asked(self, desk: str) -> Any:
        return self._desks[desk]

    def _ingest(self, items: Sequence[Item]) -> Json:
        """Through the same ingest as anybody's logs."""
        end = max(item.at for item in items)
        total: Json = {"new": 0, "read": 0}
        for feed in pack(items, end):
            place = f"drill/{items[0].at}/{feed.file_name}"
            source = Source(place, len(feed.content), "", partial(io.BytesIO, feed.content))
            ingesting = Ingesting(self._store, {"feed": feed.feed_name, "form": "auto"}, lambda state: None)  # noqa: ARG005
            summary = ingesting.read(iter([source]))
            total = {"new": total["new"] + summary.new, "read": total["read"] + summary.read}
        self._store.follow()
        settle_store(self._store)
        return total
