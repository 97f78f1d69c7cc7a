"""The state's tables, as the newest migration leaves them. Times are ISO 8601 text in UTC, alike in both engines."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, String, Table, Text

METADATA = MetaData()
HEAD = "0001"
"""The newest migration; a state at this revision needs none, and opens without loading Alembic."""

FEEDS = Table(
    "feeds",
    METADATA,
    Column("name", String, primary_key=True),
    Column("target", Text, nullable=False),
    Column("format", String, nullable=False),
    Column("created", String, nullable=False),
    Column("last_read", String),
    Column("last_error", Text),
)
FEED_OBJECTS = Table(
    "feed_objects",
    METADATA,
    Column("feed", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("done_at", String, nullable=False),
)
CURSORS = Table(
    "cursors",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
RUNS = Table(
    "runs",
    METADATA,
    Column("id", String, primary_key=True),
    Column("target", Text, nullable=False),
    Column("started", String, nullable=False),
    Column("finished", String),
    Column("counts", Text, nullable=False),
)
SETTINGS = Table(
    "settings",
    METADATA,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)
REVISION = Table("alembic_version", MetaData(), Column("version_num", String, primary_key=True))
