"""The desk of alerts: see, set, try and silence them; and the channels they go to."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from remit.adapters.store.secrets import Secrets
from remit.adapters.store.state.state import State
from remit.app.alert_book import StoredAlerts, alert_of, as_json, firing_json, iso, micros, spelled
from remit.app.alert_channels import Channels
from remit.flows.alerting.draft import Draft, read_draft
from remit.flows.alerting.look import begin
from remit.flows.alerting.message import message_of
from remit.flows.alerting.ports import Alert, WatchedIndex
from remit.flows.alerting.query import timeless
from remit.flows.alerting.rehearse import rehearse, summary
from remit.flows.questions.window import plural
from remit.model.errors import NotFound, QueryError, RemitError, UsageError
from remit.model.event_json import rfc3339
from remit.rooms.alerts import KINDS

Json = dict[str, Any]
CALLS: Final = frozenset(
    {
        "kinds",
        "alerts",
        "show",
        "add",
        "change",
        "remove",
        "test",
        "dry_run",
        "see",
        "unseen",
        "channels",
        "add_channel",
        "remove_channel",
        "test_channel",
    }
)
"""What may be asked from outside the process."""
_DRY_RUN_SECONDS: Final = 8.0
_FIRINGS: Final = 50
_NAMED: Final = 5


class AlertDesk:
    """Alerts of one store. ``who`` is the name of whoever asks, for the journal; ``address`` is where links lead."""

    def __init__(
        self,
        index: WatchedIndex,
        state: State,
        secrets: Secrets,
        address: str,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._index = index
        self._state = state
        self._address = address
        self._clock = clock
        self.book = StoredAlerts(state)
        self.sender = Channels(state, secrets)

    # --- look

    def kinds(self) -> list[Json]:
        """``[{name, title, sentence, options: [{name, title, hint, form, default, choices}]}]``."""
        return [_kind_json(kind) for kind in KINDS]

    def alerts(self) -> Json:
        """``{alerts, firings, unseen, channels}``: every alert with its last firing, the newest firings of all."""
        firings = self._firings(None)
        unseen = self.book.records.unseen()
        last: dict[str, Json] = {}
        for each in firings:
            last.setdefault(each["alert"], each)
        alerts = []
        for row in self.book.records.alerts():
            found = last.get(row["id"]) or next(iter(self._firings(row["id"], 1)), None)
            alerts.append({**_alert_json(row), "unseen": unseen.get(row["id"], 0), "last_firing": found})
        return {
            "alerts": alerts,
            "firings": firings,
            "unseen": sum(unseen.values()),
            "channels": self.sender.all(),
        }

    def show(self, alert: str) -> Json:
        """One alert with its newest firings and their deliveries. Raises NotFound."""
        row = self._row(alert)
        unseen = self.book.records.unseen().get(alert, 0)
        return {**_alert_json(row), "unseen": unseen, "firings": self._firings(alert)}

    def unseen(self) -> int:
        """How many firings nobody has seen."""
        return sum(self.book.records.unseen().values())

    def dry_run(self, given: Mapping[str, Any]) -> Json:
        """What an alert as ``given`` (or the one of that ``id``) would have sent in the last 30 days."""
        if "id" in given:
            alert = alert_of(self._row(str(given["id"])))
        else:
            alert = self._alert("dry-run", read_draft(given, self._names(), self._clock()))
        deadline = time.monotonic() + _DRY_RUN_SECONDS
        found = rehearse(self._index, alert, self._clock(), lambda: time.monotonic() > deadline)
        answer: Json = as_json({**found, "name": alert.name, "summary": summary(found)})
        return answer

    # --- change

    def add(self, given: Mapping[str, Any], who: str) -> Json:
        """Add an alert: ``{name, query, kind, settings, channels, enabled}``. What is stored now is not told."""
        draft = read_draft(given, self._names(), self._clock())
        alert = self._alert(uuid.uuid4().hex[:12], draft)
        seen = begin(self._index, alert, self._clock())
        at = iso(self._clock())
        row = {"id": alert.id, "created": at, "created_by": who, "changed": at, "version": 1, "place": dict(seen.place)}
        self.book.records.add({**row, **draft.columns()}, seen.remember, who)
        return self.show(alert.id)

    def change(self, alert: str, given: Mapping[str, Any], version: int | None, who: str) -> Json:
        """Change what is given of an alert as it was at ``version`` (None: as it is now). With another query, kind or
        settings it begins anew. Raises Conflict."""
        row = self._row(alert)
        now = {name: row[name] for name in ("name", "query", "kind", "settings", "channels", "enabled")}
        if "kind" in given and given["kind"] != row["kind"] and "settings" not in given:
            now["settings"] = {}
        draft = read_draft({**now, **given}, self._names(), self._clock())
        values: Json = {**draft.columns(), "changed": iso(self._clock())}
        remember = None
        resumed = draft.enabled and not row["enabled"]
        if resumed or any(values[name] != row[name] for name in ("query", "kind", "settings")):
            seen = begin(self._index, self._alert(alert, draft), self._clock())
            values |= {"place": dict(seen.place), "last_error": None}
            remember = seen.remember
        self.book.records.change(alert, row["version"] if version is None else version, values, who, remember)
        return self.show(alert)

    def remove(self, alert: str, version: int | None, who: str) -> None:
        """Remove an alert as it was at ``version`` (None: as it is now) with its firings. Raises NotFound, Conflict."""
        row = self._row(alert)
        self.book.records.remove(alert, row["version"] if version is None else version, row["name"], who)

    def see(self, who: str, alert: str | None = None) -> int:
        """Note that the firings of one alert, or of all, were seen; how many had not been."""
        return self.book.records.see(who, iso(self._clock()), alert)

    def test(self, alert: str, who: str) -> list[Json]:
        """Send a test message of an alert to each of its channels now: ``[{channel, taken, error}]``."""
        row = self._row(alert)
        return [self._try(each, self._test_message(row), who) for each in row["channels"]]

    # --- channels

    def channels(self) -> list[Json]:
        """``[{name, kind, url, created}]``, the addresses shortened."""
        return self.sender.all()

    def add_channel(self, name: str, kind: str, url: str, secret: str, who: str) -> Json:
        """Add a channel, or set it anew."""
        return self.sender.add(name, kind, url, secret, who)

    def remove_channel(self, name: str, who: str) -> None:
        """Forget a channel. One that an alert sends to is kept: the alert would tell nobody, and nobody would know.

        :raises UsageError: naming the alerts that use it.
        """
        used = [each.name for each in self.book.alerts() if name in each.channels]
        if used:
            more = f" and {len(used) - _NAMED} more" if len(used) > _NAMED else ""
            raise UsageError(
                f"Channel {name} is used by {plural(len(used), 'alert')}: "
                f"{', '.join(each[:60] for each in used[:_NAMED])}{more}",
                remedy="Let those alerts send elsewhere first. To change its address, save a channel of the same name.",
            )
        self.sender.remove(name, who)

    def test_channel(self, name: str, who: str) -> Json:
        """Send a test message through a channel now."""
        about = {"id": "", "name": "A test of this channel", "kind": "match", "query": "", "channels": [name]}
        return self._try(name, self._test_message(about), who)

    # --- within

    def _try(self, channel: str, message: Json, who: str) -> Json:
        self._state.journal(who, "channel.tested", {"name": channel})
        try:
            self.sender.send(channel, message, f"test-{uuid.uuid4().hex}")
        except RemitError as error:
            return {"channel": channel, "taken": False, "error": str(error)}
        return {"channel": channel, "taken": True, "error": None}

    def _test_message(self, row: Json) -> Json:
        now = self._clock()
        query = " ".join(part for part in (row["query"], "since:24h") if part)
        facts = {
            "sentence": f"This is a test of the alert «{row['name']}». Nothing was found.",
            "count": 0,
            "evidence": {"acts": 0},
            "subject": {},
            "samples": [],
            "resources": [],
            "resources_more": 0,
            "from": rfc3339(now),
            "to": rfc3339(now),
            "query": query,
        }
        about = {"alert": row["id"], "alert_name": row["name"], "kind": row["kind"], "query": row["query"]}
        return message_of({"id": "test", "first": rfc3339(now), "facts": facts, **about}, self._address, test=True)

    def _row(self, alert: str) -> Json:
        row = self.book.records.alert(alert)
        if row is None:
            raise NotFound(
                f"There is no alert {alert[:60]!r}", remedy="It may have been deleted; see the list of alerts."
            )
        return row

    def _names(self) -> set[str]:
        return {each["name"] for each in self.sender.all()}

    def _alert(self, alert: str, draft: Draft) -> Alert:
        return Alert(alert, draft.name, draft.query, draft.settings, draft.channels, draft.enabled, 1, {})

    def _firings(self, alert: str | None, limit: int = _FIRINGS) -> list[Json]:
        rows = self.book.records.firings(alert, limit)
        deliveries = self.book.deliveries.of_firings([row["id"] for row in rows])
        return [
            {**firing_json(row), "deliveries": [_delivery_json(each) for each in deliveries.get(row["id"], ())]}
            for row in rows
        ]


def without_time(query: str) -> str:
    """A query as an alert can watch it; one that cannot be read is left as it is."""
    try:
        return timeless(query)
    except QueryError:
        return query


def _kind_json(kind: Any) -> Json:
    options = [
        {
            **{name: getattr(option, name) for name in ("name", "title", "hint", "form", "default")},
            "choices": [{"value": value, "title": title} for value, title in option.choices],
        }
        for option in kind.options
    ]
    return {"name": kind.name, "title": kind.title, "sentence": kind.sentence, "options": options}


def _alert_json(row: Json) -> Json:
    """An alert as answers give it."""
    alert = replace(alert_of(row), place={})
    shown = {name: getattr(alert, name) for name in ("id", "name", "query", "enabled", "version", "created_by")}
    return {
        **shown,
        "kind": alert.settings.kind.name,
        "kind_title": alert.settings.kind.title,
        "settings": dict(alert.settings.written),
        "channels": list(alert.channels),
        "created": spelled(row["created"]),
        "changed": spelled(row["changed"]),
        "last_checked": spelled(row["last_checked"]),
        "last_error": row["last_error"],
        "note": row["place"].get("note") or None,
    }


def _delivery_json(row: Json) -> Json:
    return {
        "channel": row["channel"],
        "state": row["state"],
        "attempts": row["attempts"],
        "delivered": spelled(row["delivered"]),
        "due": rfc3339(int(row["due"] * 1e6)) if row["state"] == "waiting" else None,
        "error": row["last_error"],
    }


__all__ = ["CALLS", "AlertDesk", "micros", "without_time"]
