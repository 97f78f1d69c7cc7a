"""The desk: every question a face may ask, bound to one store, its rules and a clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from remit.flows.questions.agent import agent
from remit.flows.questions.agents import agents
from remit.flows.questions.causes import NOT_LOOKED, DenialCauses
from remit.flows.questions.causes_told import policy_answer
from remit.flows.questions.denials import denials, denied_by
from remit.flows.questions.difference import difference
from remit.flows.questions.doctor import doctor
from remit.flows.questions.export import export_csv, export_jsonl, export_ocsf
from remit.flows.questions.facets import facets
from remit.flows.questions.identities import suggest_identities
from remit.flows.questions.life import examples
from remit.flows.questions.near import near
from remit.flows.questions.overview import counts, facet, histogram, overview
from remit.flows.questions.ports import EventIndex, Json, RawStore, StoreFigures
from remit.flows.questions.search import search
from remit.flows.questions.show import show
from remit.flows.questions.who import around, who
from remit.flows.questions.window import Window, read_window
from remit.model.event_json import Describe
from remit.rooms.events.denials.explain import DenialGuide, Explanation
from remit.rooms.query.predicate import EVERYTHING


class LocalDesk:
    """Questions answered in this process. Results are JSON-able, so that they also travel over the control socket."""

    def __init__(
        self,
        index: EventIndex,
        raw: RawStore,
        figures: StoreFigures,
        describe: Describe,
        guide: DenialGuide,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
        causes: DenialCauses | None = None,
    ) -> None:
        self._index = index
        self._raw = raw
        self._figures = figures
        self._describe = describe
        self._guide = guide
        self._causes = causes
        self._clock = clock

    def search(self, query: str, limit: int = 50, cursor: str | None = None) -> Json:
        """A page of events, newest first."""
        return search(self._index, self._describe, query, now_us=self._clock(), limit=limit, cursor=cursor)

    def overview(self, query: str) -> Json:
        """Counts by source and the range they cover."""
        return overview(self._index, query, now_us=self._clock())

    def facet(self, query: str, column: str, limit: int = 20, find: str = "") -> Json:
        """The commonest values of one column; with ``find`` those that contain it."""
        return facet(self._index, query, column, now_us=self._clock(), limit=limit, find=find)

    def facets(self, query: str, columns: Sequence[str] = (), limit: int = 20) -> Json:
        """The commonest values of many columns, each over the query less what it says of that column."""
        return facets(self._index, query, columns, now_us=self._clock(), limit=limit)

    def counts(self, query: str, columns: Sequence[str] = (), limit: int = 20, buckets: int = 60) -> Json:
        """Totals, facets and histogram together."""
        return counts(self._index, query, columns, now_us=self._clock(), limit=limit, buckets=buckets)

    def difference(self, query: str, against: str = "rest", picked: Sequence[str] = (), wide: str = "") -> Json:
        """What stands out in some events against others."""
        return difference(self._index, query, now_us=self._clock(), against=against, picked=picked, wide=wide)

    def histogram(self, query: str, buckets: int = 60) -> Json:
        """Counts over time by source."""
        return histogram(self._index, query, now_us=self._clock(), buckets=buckets)

    def near(self, query: str) -> Json:
        """What a question that finds nothing may have meant."""
        return near(self._index, query, now_us=self._clock())

    def show(self, event_id: str) -> Json:
        """One event in full; a denial with its explanation and the statement that caused it."""
        shown = show(self._index, self._raw, self._describe, event_id)
        event = shown["event"]
        deny = event["deny"]
        cause = self._causes.of_event(event["event_id"]) if deny and self._causes else None
        answers = {**shown["answers"], "policy": policy_answer(cause, shown["answers"]["policy"])}
        explanation = self._explain(deny) if deny else None
        return {**shown, "answers": answers, "explanation": explanation, "cause": cause}

    def who(self, subject: str) -> Json:
        """The life of a resource, event or change."""
        found = who(self._index, self._describe, subject)
        self._explain_all(found["refused"]["groups"])
        return found

    def around(self, event_id: str) -> Json:
        """The chain to an event, and the life of what it touched in a sentence."""
        return around(self._index, event_id)

    def who_examples(self) -> Json:
        """Things of the store worth asking about."""
        return examples(self._index)

    def agents(self, window: str, like: str = "") -> Json:
        """Every agent seen in a window whose name contains ``like``."""
        found, note = self._window(window)
        return {**agents(self._index, found, like), "window_note": note}

    def agent(self, name: str, window: str) -> Json:
        """One agent's window against its past."""
        found, note = self._window(window)
        answer = agent(self._index, name, found)
        self._explain_all(answer["denials"]["groups"])
        return {**answer, "window_note": note}

    def denials(self, query: str, limit: int = 50) -> Json:
        """Denials by cause, each explained, and by the statements that caused them."""
        now = self._clock()
        found = denials(self._index, query, now_us=now, limit=limit)
        self._explain_all(found["groups"])
        found["causes"] = (
            self._causes.of_denials(denied_by(query, now), found["groups"]) if self._causes else NOT_LOOKED
        )
        return found

    def doctor(self) -> Json:
        """What this store knows about itself and lacks."""
        return {"checks": doctor(self._index, self._figures, now_us=self._clock())}

    def digest(self) -> Json:
        """One number for every event stored, how many those are, and the version of the lake it is of."""
        found = self._figures.digest()
        count = int(str(found["digest"]).partition(":")[0])
        return {**found, "events": count, "lake": self._figures.versions()["lake"]}

    def suggest_identities(self, window: str) -> Json:
        """Entries worth adding to the registry."""
        found, note = self._window(window)
        return {**suggest_identities(self._index, found), "window_note": note}

    def export(self, query: str, form: str, limit: int | None = None) -> Iterator[str]:
        """Lines of one of the export formats."""
        now = self._clock()
        if form == "csv":
            return export_csv(self._index, query, now_us=now, limit=limit)
        writer = export_ocsf if form == "ocsf" else export_jsonl
        return writer(self._index, self._describe, query, now_us=now, limit=limit)

    def _explain_all(self, groups: list[Json]) -> None:
        for group in groups:
            group["explanation"] = self._explain(group)

    def _explain(self, deny: Json) -> Explanation:
        words = ("policy_type", "policy_arn", "implicit", "rule", "action", "resource")
        return self._guide.explanation({f"deny_{word}": deny.get(word) for word in words})

    def _window(self, text: str) -> tuple[Window, str | None]:
        """The window asked for; when the store has nothing in it but has older events, one as long up to the newest."""
        asked = read_window(text, self._clock())
        if self._index.tally(asked.within)["records"]:
            return asked, None
        newest = self._index.tally(EVERYTHING)["last"]
        if newest is None:
            return asked, None
        shifted = Window(newest + 1 - asked.length, newest + 1)
        return shifted, f"Nothing is stored for {text}; shown is the same length of time up to the newest event."
