"""``sagemaker``: an agent is stopped by a Region guardrail, the cause is named, the guardrail is tried and changed, and
the same calls pass. Every number told is read from the store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from remit.flows.drill.opening import opened
from remit.flows.drill.ports import Json, Stage
from remit.model.event_json import rfc3339

_SECOND: Final = 1_000_000
_REFUSED_BEFORE: Final = 300 * _SECOND
_CHANGED_BEFORE: Final = 120 * _SECOND
_RETRIED_BEFORE: Final = 60 * _SECOND


@dataclass(frozen=True, slots=True)
class Story:
    """Where it plays: what the agent asks for, and which guardrail stands in the way."""

    region: str
    account: str
    actions: Sequence[str]
    policy: str


def play(stage: Stage, story: Story, now: int) -> Iterator[Json]:
    """The steps, each ``{step, did, found, ok, facts}`` as soon as it is done; ``ok`` is False where the store does not
    bear out what the story says, and then nothing follows. ``now`` is in microseconds since the epoch."""
    played = _Play(stage, story, now - now % _SECOND)
    for step in (played.denied, played.explained, played.proposed, played.tried, played.changed, played.retried,
                 played.timeline):  # fmt: skip
        told = step()
        yield told
        if not told["ok"]:
            return


class _Play:
    """One playing; what one step learns the next one uses."""

    def __init__(self, stage: Stage, story: Story, now: int) -> None:
        self._stage = stage
        self._story = story
        self._at = {"denied": now - _REFUSED_BEFORE, "changed": now - _CHANGED_BEFORE, "retried": now - _RETRIED_BEFORE}
        since = rfc3339(self._at["denied"])
        self._agent_query = f"service:sagemaker account:{story.account} region:{story.region} since:{since}"
        self.query = (
            f"((service:sagemaker account:{story.account} region:{story.region}) OR "
            f"(service:organizations operation:UpdatePolicy)) since:{since}"
        )
        self._row: Json = {}
        self._before: Mapping[str, Any] = {}
        self._document: Json = {}

    def denied(self) -> Json:
        """The agent is refused."""
        self._before = self._current()
        read = self._stage.attempt(self._at["denied"], refused=True)
        found = self._stage.search(self._agent_query)
        events = found["items"]
        refused = [each for each in events if each["denied"]]
        agents = sorted({each["actor"]["agent"] for each in refused if each["actor"]["agent"]})
        wanted = len(self._story.actions)
        return _step(
            "denied",
            f"An agent asked for a SageMaker endpoint in {self._story.region}: {read['new']} records ingested.",
            f"{len(refused)} of {len(events)} calls were denied, by the agent {', '.join(agents) or 'not named'}.",
            ok=len(refused) == len(events) == wanted and bool(agents),
            events=[each["event_id"] for each in refused],
            agents=agents,
        )

    def explained(self) -> Json:
        """The cause is named."""
        rows = self._stage.denials(self._agent_query)["causes"]["rows"]
        self._row = rows[0] if rows else {}
        cause = self._row["causes"][0] if self._row.get("causes") else {}
        shown = self._stage.show(self._row["sample"])["cause"] if self._row.get("sample") else {}
        advised = (self._row.get("recommendation") or {}).get("text", "")
        named = len(rows) == 1 and self._row["verdict"] == "found" and cause.get("policy") == self._story.policy
        same = bool(shown) and shown["causes"][0]["statement"] == cause.get("statement")
        return _step(
            "explained",
            f"Asked why: {self._row.get('count', 0)} denials are {len(rows)} cause"
            f"{'' if len(rows) == 1 else 's'}; the event's own page names the same.",
            " ".join([self._row.get("sentence", "No cause was named."), cause.get("why", ""), advised]),
            ok=named and same and cause["named_by_record"],
            cause=cause or None,
            recommendation=self._row.get("recommendation"),
        )

    def proposed(self) -> Json:
        """A narrower guardrail is written, and its insights read."""
        cause, story = self._row["causes"][0], self._story
        self._document = opened(self._before, cause["statement"], story.actions, story.region)
        linted = self._stage.lint(json.dumps(self._document, indent=2))
        counts = {name: linted["counts"].get(name, 0) for name in linted["counts"]}
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"
        return _step(
            "proposed",
            f"Opened {story.region} for {len(story.actions)} actions alone; all else stays as it was.",
            f"Insights on the new document: {told}.",
            ok=bool(self._document["Statement"]) and not counts.get("error"),
            document=self._document,
            findings=counts,
        )

    def tried(self) -> Json:
        """The change is backtested against what is in force."""
        cause = self._row["causes"][0]
        text = json.dumps(self._document)
        found = self._stage.backtest(text, self._story.policy, cause["level"]["id"], "")
        figures, against = found["figures"], found["against"]
        freed, newly = against["no_longer_denied"]["count"], against["newly_denied"]["count"]
        return _step(
            "tried",
            f"Backtested on {figures['considered']:,} calls of the last 30 days, against the version in force.",
            f"It would deny {figures['would_deny']:,} of them, {figures['unknown']:,} unknown; {freed} no longer "
            f"denied, {newly} newly denied.",
            ok=freed == len(self._story.actions) and newly == 0 and against["newly_unknown"]["count"] == 0,
            figures=figures,
            no_longer_denied=against["no_longer_denied"],
            newly_denied=against["newly_denied"],
            recorded=found["recorded"],
        )

    def changed(self) -> Json:
        """The new version comes into force, and the provider's record of that is ingested."""
        at, policy = self._at["changed"], self._story.policy
        self._stage.adopt(policy, self._document, at)
        self._stage.change_recorded(at, policy, self._document)
        known = self._stage.organization().policies[policy]
        newest, now = known.versions[-1], known.at(at)
        recorded = self._stage.search(f"service:organizations operation:UpdatePolicy since:{rfc3339(at)}")["items"]
        return _step(
            "changed",
            f"{known.name} got version {len(known.versions)} in organization.json, in force from {rfc3339(at)}.",
            f"{len(recorded)} UpdatePolicy record by {recorded[0]['actor']['name'] if recorded else 'nobody'} is in "
            "the store.",
            ok=newest is now and newest.document == self._document and len(recorded) == 1,
            versions=[rfc3339(each.valid_from) for each in known.versions],
        )

    def retried(self) -> Json:
        """The same calls pass, and the denials before are still laid to the version of their time."""
        at = self._at["retried"]
        self._stage.attempt(at, refused=False)
        again = self._stage.search(f"{self._agent_query.rpartition(' since:')[0]} since:{rfc3339(at)}")["items"]
        passed = [each for each in again if each["outcome"] == "success"]
        tested = self._stage.backtest(
            json.dumps(self._document), self._story.policy, self._row["causes"][0]["level"]["id"], self._agent_query
        )["figures"]
        rows = self._stage.denials(self._agent_query)["causes"]["rows"]
        kept = bool(rows) and rows[0]["causes"][:1] == self._row["causes"][:1]
        return _step(
            "retried",
            f"The agent tried again: {len(passed)} of {len(again)} calls succeeded.",
            f"The guardrail as it is now denies {tested['would_deny']} of the agent's {tested['considered']} calls; "
            f"the first {rows[0]['count'] if rows else 0} are still laid to the version of their time.",
            ok=len(passed) == len(again) == len(self._story.actions) and tested["would_deny"] == 0 and kept,
            events=[each["event_id"] for each in passed],
        )

    def timeline(self) -> Json:
        """One list of it all."""
        items = sorted(self._stage.search(self.query)["items"], key=lambda each: each["time"])
        lines = [
            f"{each['time']}  {each['actor']['agent'] or each['actor']['name'] or '?'}  "
            f"{each['action']['service']}:{each['action']['operation']}  {each['outcome']}"
            for each in items
        ]
        return _step(
            "timeline",
            "Asked for all of it at once.",
            f"{len(items)} events, from the first refusal to the endpoint.",
            ok=len(items) == 2 * len(self._story.actions) + 1 and items[0]["denied"] and not items[-1]["denied"],
            query=self.query,
            lines=lines,
            events=[each["event_id"] for each in items],
        )

    def _current(self) -> Mapping[str, Any]:
        document = self._stage.organization().policies[self._story.policy].versions[-1].document
        found: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
        return found


def _step(step: str, did: str, found: str, *, ok: bool, **facts: Any) -> Json:
    return {"step": step, "did": did, "found": found, "ok": ok, "facts": facts}
