"""The state's tables, as the newest migration leaves them. Times are ISO 8601 text in UTC, alike in both engines."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, String, Table, Text

METADATA = MetaData()
HEAD = "0002"
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
TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("digest", String, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created", String, nullable=False),
    Column("created_by", String, nullable=False),
    Column("expires", String),
    Column("last_used", String),
    Column("revoked", String),
)
"""API tokens; ``digest`` is all that is kept of the secret, ``scopes`` a JSON list."""
SIGN_INS = Table(
    "sign_ins",
    METADATA,
    Column("digest", String, primary_key=True),
    Column("subject", String, nullable=False),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("created", String, nullable=False),
    Column("expires", String, nullable=False),
)
"""Browsers signed in; ``digest`` is that of the cookie."""
VIEWS = Table(
    "saved_views",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("folded", String, nullable=False, unique=True),
    Column("query", Text, nullable=False),
    Column("since", String, nullable=False),
    Column("until", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("created", String, nullable=False),
    Column("changed", String, nullable=False),
    Column("version", Integer, nullable=False),
)
"""Saved questions; ``folded`` is the name without regard to case, ``version`` counts changes, so that two people do
not overwrite each other."""
CHANNELS = Table(
    "channels",
    METADATA,
    Column("name", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("settings", Text, nullable=False),
    Column("created", String, nullable=False),
)
"""Where alerts go; ``settings`` is JSON without secrets, which are in the secrets file."""
ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("query", Text, nullable=False),
    Column("kind", String, nullable=False),
    Column("settings", Text, nullable=False),
    Column("channels", Text, nullable=False),
    Column("enabled", Integer, nullable=False),
    Column("created", String, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("place", Text, nullable=False),
    Column("last_checked", String),
    Column("last_error", Text),
)
"""``place`` is how far an alert has looked, as JSON."""
FIRINGS = Table(
    "firings",
    METADATA,
    Column("id", String, primary_key=True),
    Column("alert", String, nullable=False, index=True),
    Column("fingerprint", String, nullable=False, index=True),
    Column("first", String, nullable=False),
    Column("last", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("facts", Text, nullable=False),
    Column("seen", String),
    Column("seen_by", String),
)
"""What alerts found; the same finding again within its quiet time counts up instead of being a new one."""
ALERT_KNOWN = Table(
    "alert_known",
    METADATA,
    Column("alert", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("time", BigInteger, nullable=False),
)
"""What an alert must not tell again: ids of events, digests of values; ``time`` is the event's, in microseconds."""
DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", String, primary_key=True),
    Column("firing", String, nullable=False, index=True),
    Column("channel", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("due", Float, nullable=False),
    Column("delivered", String),
    Column("last_error", Text),
)
"""The outbox: ``state`` is waiting, delivered or failed; ``due`` is seconds since the epoch."""
JOURNAL = Table(
    "journal",
    METADATA,
    Column("id", String, primary_key=True),
    Column("at", String, nullable=False, index=True),
    Column("who", String, nullable=False),
    Column("what", String, nullable=False),
    Column("facts", Text, nullable=False),
)
"""Changes of Remit itself: a token made, an alert changed, a subject erased."""
ERASED = Table("erased", METADATA, Column("event_id", String, primary_key=True))
"""Events that were erased and must not come back with a second reading; the ids are digests."""
REVISION = Table("alembic_version", MetaData(), Column("version_num", String, primary_key=True))
