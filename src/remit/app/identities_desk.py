"""The desk of identities: the registry's entries, mapping one, and judging stored events again by it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from remit.app.registry_file import JUDGED, RegistryFile
from remit.flows.identities import entries, map_identity, preview
from remit.flows.questions.identities import suggest_identities
from remit.flows.questions.ports import EventIndex, Json
from remit.flows.questions.window import Window, read_window
from remit.model.errors import RemitError
from remit.rooms.query.predicate import EVERYTHING

CHANGED: Final = "registry_changed"
"""The setting that tells who changed it last through this desk."""
Tell = Callable[[Json], None]


class Settings(Protocol):
    """What is remembered, and where changes are recorded."""

    def setting(self, key: str) -> Any: ...
    def put_setting(self, key: str, value: object) -> None: ...
    def journal(self, who: str, what: str, facts: Any) -> None: ...


class IdentitiesDesk:
    """``judge_again`` runs the work that brings stored judgements up to the registry of now; it waits its turn."""

    def __init__(
        self,
        index: EventIndex,
        text: RegistryFile,
        settings: Settings,
        judge_again: Callable[[Tell], Json],
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._index = index
        self._text = text
        self._settings = settings
        self._work = judge_again
        self._clock = clock
        self._running: threading.Thread | None = None
        self._starting = threading.Lock()
        self._progress: Json = {}
        self._failure: str | None = None
        if text.ours and settings.setting(JUDGED) is None:
            settings.put_setting(JUDGED, {"version": text.read()[1], "at": None})

    def entries(self, window: str = "30d") -> Json:
        """The registry's entries with the events each matched in the window."""
        found, note = self._window(window)
        return {**entries(self._index, self._text, found), "window_note": note, "path": str(self._text.path)}

    def suggest(self, window: str = "30d") -> Json:
        """Principals nothing maps yet, busiest first."""
        found, note = self._window(window)
        return {**suggest_identities(self._index, found), "window_note": note}

    def preview(self, pattern: str, window: str = "30d") -> Json:
        """What a pattern would match."""
        found, note = self._window(window)
        return {**preview(self._index, self._text, pattern, found), "window_note": note}

    def map(
        self, kind: str, name: str, pattern: str, more: Json | None = None, version: str = "", who: str = "local"
    ) -> Json:
        """Map a pattern to an identity; Conflict when the registry is no longer that of ``version``."""
        made = map_identity(
            self._text,
            self._settings,
            kind=kind,
            name=name,
            pattern=pattern,
            more=more or {},
            version=version,
            who=who,
        )
        last = {key: made[key] for key in ("kind", "name", "pattern")}
        self._settings.put_setting(CHANGED, {"version": made["version"], "at": self._now(), "who": who, "last": last})
        return {**made, "path": str(self._text.path)}

    def standing(self) -> Json:
        """``{stale, version, judged_at, changed, changed_at, changed_by, last, running, looked_at, failure}``: whether
        stored events are judged by the registry as it is now."""
        version = self._text.read()[1]
        judged = self._settings.setting(JUDGED) or {}
        changed = self._settings.setting(CHANGED) or {}
        known = changed.get("version") == version
        differs = bool(judged and version) and judged["version"] != version
        return {
            "stale": differs and bool(self._index.tally(EVERYTHING)["records"]),
            "version": version,
            "judged_at": judged.get("at"),
            "changed": judged.get("changed"),
            "changed_at": changed.get("at") if known else None,
            "changed_by": changed.get("who") if known else None,
            "last": changed.get("last") if known else None,
            "running": self._running is not None and self._running.is_alive(),
            "looked_at": self._progress.get("looked_at", 0),
            "failure": self._failure,
        }

    def judge_again(self, who: str = "local") -> Json:
        """Begin to judge every stored event again, in the background; one that runs goes on."""
        with self._starting:
            if self._running is None or not self._running.is_alive():
                self._settings.journal(who, "reattribute.started", {"version": self._text.read()[1]})
                self._progress, self._failure = {}, None
                self._running = threading.Thread(target=self._run, name="judge again", daemon=True)
                self._running.start()
        return self.standing()

    def notices(self) -> list[Json]:
        """What every page says while stored judgements are not those of the registry: ``{text, url, link}``."""
        stands = self.standing()
        link = {"url": "/identities#standing", "link": "Identities"}
        if stands["running"]:
            return [{"text": f"Stored events are being judged again ({stands['looked_at']:,} so far).", **link}]
        if stands["failure"]:
            return [{"text": f"Judging stored events again failed: {stands['failure']}", **link}]
        if not stands["stale"]:
            return []
        by = f" by {stands['changed_by']} at {stands['changed_at']}" if stands["changed_at"] else ""
        text = f"identities.toml was changed{by}: events stored before it are still judged by what it said before."
        return [{"text": text, **link}]

    def _run(self) -> None:
        try:
            self._work(self._progress.update)
        except RemitError as error:
            self._failure = error.what
        except Exception as error:
            self._failure = f"{type(error).__name__}: {error}"

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock() / 1_000_000, UTC).isoformat(timespec="seconds")

    def _window(self, text: str) -> tuple[Window, str | None]:
        """The window asked for; where nothing is stored in it, one as long up to the newest event."""
        asked = read_window(text, self._clock())
        newest = self._index.tally(EVERYTHING)["last"]
        if newest is None or self._index.tally(asked.within)["records"]:
            return asked, None
        shifted = Window(newest + 1 - asked.length, newest + 1)
        return shifted, f"Nothing is stored for {text}; shown is the same length of time up to the newest event."
