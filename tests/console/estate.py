"""Rows, and a desk that answers from them: every answer has the shape of the questions', none needs a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from remit.flows.questions.answered import answered
from remit.flows.questions.cursor import read_cursor, write_cursor
from remit.flows.questions.show import line
from remit.model.columns import BY_NAME, INDEXED
from remit.model.errors import NotFound
from remit.model.event_json import event_json, rfc3339
from remit.model.vocabulary import SOURCES
from remit.rooms.query import parse, read_query, render
from remit.rooms.query.less import without_column

NOW = 1_793_500_000_000_000
MINUTE = 60_000_000
SIGNALS = {
    "aws.ua.claude-code": ("declared", "user_agent"),
    "join.issued-key": ("joined", "access_key"),
    "aws.identity.role": ("stamped", "principal_type"),
    "aws.role.name": ("named", "issuer"),
}
KINDS = {
    "AgentOps": ("agent", "mcp"),
    "ClickOps": ("person", "console"),
    "IaC": ("pipeline", "iac"),
    "CLI/SDK": ("workload", "sdk"),
    "Mutation": ("service", "provider"),
    "VCS": ("person", "vcs"),
    "Workflow": ("pipeline", "workflow"),
    "Unknown": ("unknown", "unknown"),
}
Row = dict[str, Any]
Json = dict[str, Any]


def describe(signal: str) -> tuple[str, str] | None:
    """The signals of these rows."""
    return SIGNALS.get(signal)


def row(number: int, **columns: Any) -> Row:
    """An agent's deletion, ``number`` minutes ago, unless said otherwise."""
    made: Row = {column.name: [] if column.kind == "strings" else None for column in INDEXED}
    made |= {
        "event_id": f"{number:024x}",
        "time": NOW - number * MINUTE,
        "provider": "aws",
        "data_source": "cloudtrail",
        "feed": "trail",
        "account": "111122223333",
        "region": "eu-west-1",
        "service": "rds",
        "operation": "DeleteDBCluster",
        "action_kind": "delete",
        "permissions": ["rds:DeleteDBCluster"],
        "resource_types": ["rds:cluster"],
        "resource_ids": ["orders-production"],
        "resource_arns": ["arn:aws:rds:eu-west-1:111122223333:cluster:orders-production"],
        "outcome": "success",
        "denied": False,
        "principal": "arn:aws:sts::111122223333:assumed-role/dev/maya",
        "principal_type": "AssumedRole",
        "user_agent": "claude-code/2.1",
        "access_key": "ASIAEXAMPLE",
        "source_identity": "maya@example.com",
        "actor_kind": "agent",
        "actor_name": "Claude Code",
        "agent": "Claude Code",
        "on_behalf_of": "maya@example.com",
        "path": "mcp",
        "source": "AgentOps",
        "governed": "none",
        "environment": "production",
        "owner": "Payments",
        "confidence": 0.94,
        "evidence": ["aws.identity.role", "join.issued-key=00ff", "aws.ua.claude-code"],
        "counted": True,
        "rules_version": "1",
    }
    return made | columns


def denied(number: int, **columns: Any) -> Row:
    """A refusal by a service control policy."""
    said = {
        "outcome": "denied",
        "denied": True,
        "error_code": "AccessDenied",
        "error_message": "explicit deny",
        "deny_policy_type": "scp",
        "deny_policy_arn": "arn:aws:organizations::1:policy/o/p",
        "deny_implicit": False,
        "deny_action": "rds:DeleteDBCluster",
        "deny_resource": "*",
        "deny_rule": "aws.explicit-deny.scp",
    }
    return row(number, **(said | columns))


def of_source(number: int, source: str, **columns: Any) -> Row:
    """An event of any source."""
    kind, path = KINDS[source]
    agent = "Claude Code" if kind == "agent" else None
    return row(
        number,
        **(
            {
                "source": source,
                "actor_kind": kind,
                "path": path,
                "agent": agent,
                "actor_name": agent or f"{kind}-{number % 3}",
                "on_behalf_of": None,
                "confidence": 0.97 if kind != "unknown" else 0.0,
            }
            | columns
        ),
    )


def mixed(count: int) -> list[Row]:
    """Events of every source, some failed, some denied."""
    rows = []
    for number in range(count):
        make = denied if number % 9 == 4 else of_source
        source = SOURCES[number % len(SOURCES)]
        failed = {"outcome": "failure", "error_code": "InvalidState"} if number % 11 == 6 and make is of_source else {}
        rows.append(denied(number) if make is denied else of_source(number, source, **failed))
    return rows


class Desk:
    """A desk over a list of rows. It reads every query, and filters by nothing but ``empty``."""

    def __init__(
        self, rows: list[Row], *, empty: bool = False, raw: str | None = '{"eventName": "DeleteDBCluster"}'
    ) -> None:
        self.rows = sorted(rows, key=lambda each: (-each["time"], each["event_id"]))
        self.empty = empty
        self.raw = raw
        self.asked: list[str] = []

    def _read(self, query: str) -> list[Row]:
        self.asked.append(query)
        read_query(query, NOW)
        return [] if self.empty and "until:" not in query else self.rows

    def search(self, query: str, limit: int = 50, cursor: str | None = None) -> Json:
        rows = self._read(query)
        left = (
            rows[next(i for i, r in enumerate(rows) if r["event_id"] == read_cursor(cursor, query)[1]) + 1 :]
            if cursor
            else rows
        )
        page = left[:limit]
        more = len(left) > limit
        return {
            "items": [event_json(each, describe) for each in page],
            "total": len(rows),
            "acts": len(rows),
            "next": write_cursor((page[-1]["time"], page[-1]["event_id"]), query) if more else None,
            "note": f"{len(rows)} records.",
        }

    def overview(self, query: str) -> Json:
        rows = self._read(query)
        counts, refused = Counter(r["source"] for r in rows), Counter(r["source"] for r in rows if r["denied"])
        low, high = (rfc3339(NOW - 86_400_000_000), None)
        day = {"low": rfc3339(NOW - 86_400_000_000), "high": rfc3339(NOW + 1)}
        newest = {**day, "query_range": "", "records": len(self.rows), "all_records": len(self.rows)}
        return {
            "query": query,
            "records": len(rows),
            "acts": len(rows),
            "denied": refused.total(),
            "range": {"low": low, "high": high, "first": low, "last": low},
            "sources": [{"source": name, "count": counts[name], "denied": refused[name]} for name in SOURCES],
            "newest": newest if self.rows and not rows else None,
            "note": None
            if rows
            else "Nothing in the chosen range; these are the newest."
            if self.rows
            else "The store holds no events yet.",
        }

    def facet(self, query: str, column: str, limit: int = 20, find: str = "") -> Json:
        rows = self._read(query)
        listed = BY_NAME[column].kind == "strings"
        counts = Counter(value for each in rows for value in (set(each[column]) if listed else [each[column]]))
        for value in [value for value in counts if find.casefold() not in str(value).casefold()]:
            del counts[value]
        values = [{"value": value, "count": count, "denied": 0} for value, count in counts.most_common(limit)]
        return {"column": column, "title": BY_NAME[column].facet, "values": values, "more": len(counts) > limit}

    def facets(self, query: str, columns: Sequence[str] = (), limit: int = 20) -> Json:
        def less(column: str) -> str:
            return render(without_column(parse(query), column))

        return {"facets": [self.facet(less(column), column, limit) for column in columns]}

    def near(self, query: str) -> Json:
        if "agent:cla" not in query:
            return {"suggestions": []}
        told = {"field": "agent", "asked": "cla", "value": "<b>Claude", "count": 3}
        return {"suggestions": [{**told, "query": 'agent:"<b>Claude"'}]}

    def histogram(self, query: str, buckets: int = 60) -> Json:
        rows = self._read(query)
        low, high = NOW - 86_400_000_000, NOW
        width = (high - low) // buckets
        counts = Counter((min(buckets - 1, (r["time"] - low) // width), r["source"]) for r in rows)
        bars = [
            {"start": rfc3339(low + place * width), "source": source, "count": count, "denied": 0}
            for (place, source), count in sorted(counts.items(), key=str)
        ]
        told = {"low": rfc3339(low), "high": rfc3339(high), "origin": rfc3339(low)}
        return {**told, "bucket_seconds": width / 1_000_000, "bars": bars}

    def show(self, event_id: str) -> Json:
        found = next((each for each in self.rows if each["event_id"] == event_id), None)
        if found is None:
            raise NotFound(f"No event has the id {event_id[:60]}", remedy="Give an event_id.")
        event = event_json(found, describe)
        lines = {"items": [line(each) for each in self.rows[:4]], "total": 4, "query": "service:rds"}
        none: Json = {"items": [], "total": 0, "query": None}
        return {
            "event": event,
            "answers": answered(event),
            "raw": self.raw,
            "raw_note": None if self.raw else "The lake does not hold it.",
            "related": {"same_act": none, "session": lines, "resource": lines, "actor": lines},
            "explanation": self._explained() if event["deny"] else None,
            "cause": {**_caused([found]), "note": None} if event["deny"] else None,
        }

    def who(self, subject: str) -> Json:
        found = [
            {
                **{
                    key: event_json(each, describe)[key]
                    for key in (
                        "event_id",
                        "time",
                        "provider",
                        "account",
                        "region",
                        "environment",
                        "source",
                        "path",
                        "action",
                        "outcome",
                        "denied",
                        "actor",
                        "attribution",
                    )
                },
                "resources": each["resource_ids"],
                "principal": each["principal"],
            }
            for each in self.rows[:3]
        ]
        steps = [
            ("ticket", None, "not recorded"),
            ("person", self.rows[0]["on_behalf_of"] if self.rows else None, "recorded"),
            ("run", "17", "consistent with"),
        ]
        chain = [
            {
                "step": step,
                "value": value,
                "event_id": found[0]["event_id"] if found else None,
                "how": "this record",
                "standing": standing,
            }
            for step, value, standing in steps
        ]
        return {
            "subject": subject,
            "kind": "resource" if found else None,
            "found": bool(found),
            "how": "its name",
            "records": len(found),
            "made": None,
            "last_changed": found[0] if found else None,
            "paths": [{"path": each["path"], "count": 1, "last": None} for each in found],
            "changes": found,
            "more": False,
            "chain": chain,
            "chain_of": found[0]["event_id"] if found else None,
            "sentence": f"Last changed by {self.rows[0]['actor_name']}." if found else "No record names it.",
            "deleted": None,
            "query": None,
            "permissions": [line(each) for each in self.rows[:2]],
            "readers": [
                {
                    "kind": each["actor_kind"],
                    "name": each["actor_name"],
                    "reads": 2,
                    "denied": 1,
                    "last": rfc3339(NOW),
                    "sample": each["event_id"],
                }
                for each in self.rows[:1]
            ],
            "reads": 2,
            "refused": {"total": 0, "groups": [], "more": False},
            "namesakes": [
                {"arn": each["resource_arns"][0], "records": 1, "last": rfc3339(NOW)}
                for each in self.rows[:1]
                if each["resource_arns"]
            ],
            "namesakes_among": 1,
        }

    def around(self, event_id: str) -> Json:
        found = self.who(event_id)
        return {"chain": found["chain"], "life": {name: found[name] for name in ("subject", "sentence")}}

    def who_examples(self) -> Json:
        names = [{"value": each["actor_name"], "count": 1} for each in self.rows[:2] if each["actor_name"]]
        return {"resources": names, "agents": names, "tickets": [], "commits": []}

    def agent(self, name: str, window: str) -> Json:
        raise NotFound(f"No record names an agent {name[:80]!r}", remedy="Known agents: none.")

    def agents(self, window: str, like: str = "") -> Json:
        mine = [each for each in self.rows if each["actor_kind"] == "agent"]
        line_of = (
            {
                "agent": mine[0]["agent"],
                "acts": 3,
                "changes": 2,
                "denials": 1,
                "resources": 1,
                "accounts": 1,
                "regions": 1,
                "last_seen": rfc3339(NOW),
                "strengths": {"joined": 2},
                "governed_share": 0.5,
                "query": 'agent:"Claude Code" since:24h',
                "spark": [0, 3, 1],
                "growth": None,
                "novelties": 2,
                "first_seen": rfc3339(NOW),
                "owner": mine[0]["owner"],
                "owners": 2,
            }
            if mine
            else None
        )
        return {
            "window": {"low": rfc3339(0), "high": rfc3339(NOW)},
            "agents": [line_of] if line_of else [],
            "more": False,
            "none": not mine,
            "spark_seconds": 3600.0,
            "changes": 5,
            "unmarked_changes": 2,
            "window_note": None,
            "top_principals": [
                {"principal": each["principal"], "changes": 2, "last_seen": rfc3339(NOW), "sample": each["event_id"]}
                for each in self.rows[:1]
            ],
            "settle": ["Require a source identity."],
            "unmarked_query": "who:unknown since:24h",
            "sentence": "2 of 5 changes carry no marker; these principals made most: x (2).",
        }

    def denials(self, query: str, limit: int = 50) -> Json:
        rows = [each for each in self._read(query) if each["denied"]]
        groups = [
            {
                "policy_type": each["deny_policy_type"],
                "policy_arn": each["deny_policy_arn"],
                "action": each["deny_action"],
                "rule": each["deny_rule"],
                "count": 1,
                "first": rfc3339(each["time"]),
                "last": rfc3339(each["time"]),
                "principals": [{"principal": each["principal"], "count": 1}],
                "distinct_principals": 1,
                "sample": each["event_id"],
                "query": "(since:30d) denied:true",
                "kinds": [
                    {
                        "kind": each["actor_kind"] or "unknown",
                        "names": [each["actor_name"]],
                        "count": 1,
                        "query": "denied:true",
                    }
                ],
                "new": True,
                "spark": [0, 1],
                "explained": 0,
                "policy_name": None,
                "explanation": self._explained(),
            }
            for each in rows[:limit]
        ]
        return {
            "query": query,
            "total": len(rows),
            "groups": groups,
            "more": False,
            "new": len(groups),
            "history_from": rfc3339(0),
            "spark_seconds": 3600.0,
            "note": None if rows else "Nothing was denied in 0 records.",
            "causes": {
                "organization": rows[0]["deny_policy_arn"] if rows else None,
                "rows": [_caused(rows)] if rows else [],
                "more": 0,
                "judged": len(rows),
                "contexts": len(rows),
                "total": len(rows),
                "left_out": [],
                "unreadable": [{"policy": each["deny_policy_arn"], "what": each["error_message"]} for each in rows],
                "note": None,
            },
        }

    def doctor(self) -> Json:
        return {"checks": []}

    @staticmethod
    def _explained() -> Json:
        return {"what": "A service control policy denies it.", "why": "An explicit deny wins.", "next": ["Read it."]}


def _caused(rows: list[Json]) -> Json:
    """A cause told in what the rows hold, which anybody may have written."""
    first = rows[0]
    text = first["error_message"] or first["principal"] or ""
    condition = {"ArnNotLikeIfExists": {"aws:PrincipalArn": [first["principal"]]}}
    return {
        "verdict": "found",
        "sentence": text,
        "concerns_organization": True,
        "explained": False,
        "causes": [
            {"kind": "SCP", "name": text, "statement": text, "level": {"id": "r", "name": text}, "why": text}
            for _ in range(2)
        ],
        "record": {"policy_type": "scp", "policy_arn": first["deny_policy_arn"], "policy_name": text, "says": text},
        "count": len(rows),
        "first": rfc3339(first["time"]),
        "last": rfc3339(first["time"]),
        "actions": [{"action": text, "count": 1}],
        "callers": [{"principal": first["principal"], "count": 1}],
        "more_callers": 0,
        "unnamed_callers": 0,
        "recommendation": {"kind": "narrower_exemption", "text": text, "evidence": [text], "condition": condition},
        "sample": first["event_id"],
    }
