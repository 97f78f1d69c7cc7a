"""The state's tables, as the newest migration leaves them. Times are ISO 8601 text in UTC, alike in both engines."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, String, Table

from remit.adapters.store.state.words import Words

METADATA = MetaData()
HEAD = "0004"
"""The newest migration; a state at this revision needs none, and opens without loading Alembic."""

FEEDS = Table(
    "feeds",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("target", Words, nullable=False),
    Column("format", Words, nullable=False),
    Column("created", Words, nullable=False),
    Column("last_read", Words),
    Column("last_error", Words),
)
FEED_OBJECTS = Table(
    "feed_objects",
    METADATA,
    Column("feed", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("fingerprint", Words, nullable=False),
    Column("done_at", Words, nullable=False),
)
CURSORS = Table(
    "cursors",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("value", Words, nullable=False),
)
RUNS = Table(
    "runs",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("target", Words, nullable=False),
    Column("started", Words, nullable=False),
    Column("finished", Words),
    Column("counts", Words, nullable=False),
)
SETTINGS = Table(
    "settings",
    METADATA,
    Column("key", Words, primary_key=True),
    Column("value", Words, nullable=False),
)
TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("digest", Words, nullable=False, unique=True),
    Column("scopes", Words, nullable=False),
    Column("created", Words, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("expires", Words),
    Column("last_used", Words),
    Column("revoked", Words),
)
"""API tokens; ``digest`` is all that is kept of the secret, ``scopes`` a JSON list."""
SIGN_INS = Table(
    "sign_ins",
    METADATA,
    Column("digest", Words, primary_key=True),
    Column("subject", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("created", Words, nullable=False),
    Column("expires", Words, nullable=False),
)
"""Browsers signed in; ``digest`` is that of the cookie."""
VIEWS = Table(
    "saved_views",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("folded", Words, nullable=False, unique=True),
    Column("query", Words, nullable=False),
    Column("since", Words, nullable=False),
    Column("until", Words, nullable=False),
    Column("owner", Words, nullable=False),
    Column("created", Words, nullable=False),
    Column("changed", Words, nullable=False),
    Column("version", Integer, nullable=False),
)
"""Saved questions; ``folded`` is the name without regard to case, ``version`` counts changes, so that two people do
not overwrite each other."""
CHANNELS = Table(
    "channels",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("settings", Words, nullable=False),
    Column("created", Words, nullable=False),
)
"""Where alerts go; ``settings`` is JSON without secrets, which are in the secrets file."""
ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("query", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("settings", Words, nullable=False),
    Column("channels", Words, nullable=False),
    Column("enabled", Integer, nullable=False),
    Column("created", Words, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("changed", Words, nullable=False),
    Column("version", Integer, nullable=False),
    Column("place", Words, nullable=False),
    Column("last_checked", Words),
    Column("last_error", Words),
)
"""``place`` is how far an alert has looked, as JSON."""
FIRINGS = Table(
    "firings",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("alert", Words, nullable=False, index=True),
    Column("fingerprint", Words, nullable=False, index=True),
    Column("first", Words, nullable=False),
    Column("last", Words, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("facts", Words, nullable=False),
    Column("seen", Words),
    Column("seen_by", Words),
)
"""What alerts found; the same finding again within its quiet time counts up instead of being a new one."""
ALERT_KNOWN = Table(
    "alert_known",
    METADATA,
    Column("alert", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("time", BigInteger, nullable=False),
)
"""What an alert must not tell again: ids of events, digests of values; ``time`` is the event's, in microseconds."""
DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("firing", Words, nullable=False, index=True),
    Column("channel", Words, nullable=False),
    Column("state", Words, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("due", Float, nullable=False),
    Column("delivered", Words),
    Column("last_error", Words),
)
"""The outbox: ``state`` is waiting, delivered or failed; ``due`` is seconds since the epoch."""
JOURNAL = Table(
    "journal",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("at", Words, nullable=False, index=True),
    Column("who", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("facts", Words, nullable=False),
)
"""Changes of Remit itself: a token made, an alert changed, a subject erased."""
ERASED = Table("erased", METADATA, Column("event_id", Words, primary_key=True))
"""Events that were erased and must not come back with a second reading; the ids are digests."""
KEEPERS = Table(
    "keepers",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("host", Words, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("role", Words, nullable=False),
    Column("folder", Words, nullable=False),
    Column("since", Words, nullable=False),
    Column("seen", Words),
)
"""Who keeps a state that several processes share, one row; ``number`` rises with each that takes it over, ``seen`` is
when it last said that it lives."""
PROPOSALS = Table(
    "attach_proposals",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("content", Words, nullable=False),
    Column("description", Words, nullable=False),
    Column("targets", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("proposed", Words, nullable=False),
    Column("proposed_by", Words, nullable=False),
    Column("approved", Words),
    Column("approved_by", Words),
    Column("expires", Words, nullable=False),
    Column("facts", Words, nullable=False),
    Column("outcome", Words),
)
"""Policies somebody wants attached to an organization; ``digest`` is of ``content``, and an approval is to that."""
BACKTESTS = Table(
    "backtests",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("at", Words, nullable=False),
    Column("who", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("digest", Words, nullable=False, index=True),
    Column("targets", Words, nullable=False),
    Column("facts", Words, nullable=False),
)
"""Which policy was backtested for which targets, when, and what was counted."""
REVISION = Table("alembic_version", MetaData(), Column("version_num", String, primary_key=True))
