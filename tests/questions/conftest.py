"""A small estate of event rows in an index in memory, and everything the questions need around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import pyarrow as pa
import pytest
from tests.event_table import rows_table

from remit.adapters.store.index.reader import IndexReader
from remit.model.columns import INDEXED

HOUR = 3_600_000_000
DAY = 24 * HOUR
NOW = 1_793_500_000_000_000
Rows = Sequence[Mapping[str, Any]]
MakeIndex = Callable[[Rows], IndexReader]

SIGNALS = {
    "aws.ua.codex": ("declared", "user_agent"),
    "aws.key.joined": ("joined", "access_key"),
    "aws.role.name": ("named", "role_name"),
}


def describe(signal: str) -> tuple[str, str] | None:
    """Two signals that exist; any other is unknown."""
    return SIGNALS.get(signal)


def event(event_id: str, hours_ago: float = 1, **columns: Any) -> dict[str, Any]:
    """A successful create by an agent, unless said otherwise."""
    row: dict[str, Any] = {column.name: [] if column.kind == "strings" else None for column in INDEXED}
    row |= {
        "event_id": event_id,
        "time": NOW - int(hours_ago * HOUR),
        "provider": "aws",
        "data_source": "cloudtrail",
        "feed": "trail",
        "account": "111111111111",
        "region": "eu-west-1",
        "service": "ec2",
        "operation": "RunInstances",
        "action_kind": "create",
        "outcome": "success",
        "denied": False,
        "actor_kind": "agent",
        "actor_name": "Codex",
        "agent": "Codex",
        "path": "cli",
        "source": "AgentOps",
        "governed": "none",
        "confidence": 0.8,
        "evidence": ["aws.ua.codex"],
        "counted": True,
        "rules_version": "r1",
        "principal": "arn:aws:sts::111111111111:assumed-role/dev/ana",
        "principal_type": "AssumedRole",
        "user_agent": "aws-cli/2 md/codex",
    }
    return row | columns


def unknown(event_id: str, hours_ago: float = 1, **columns: Any) -> dict[str, Any]:
    """A change that carries no marker."""
    nobody = {
        "actor_kind": "unknown",
        "actor_name": None,
        "agent": None,
        "path": "sdk",
        "source": "Unknown",
        "confidence": None,
        "evidence": [],
        "principal": "arn:aws:iam::111111111111:user/bob",
        "principal_type": "IAMUser",
        "runner_up": None,
    }
    return event(event_id, hours_ago, **(nobody | columns))


class Engine:
    """Runs statements as the index does, and remembers them."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.statements: list[str] = []

    def execute(self, sql: str, params: Sequence[object]) -> pa.Table:
        self.statements.append(sql)
        return self.connection.sql(sql, params=list(params)).to_arrow_table()


@pytest.fixture
def make_index() -> Iterator[MakeIndex]:
    """An index of the rows given."""
    with ExitStack() as stack:
        yield lambda rows: IndexReader(Engine(stack.enter_context(rows_table(rows))))
