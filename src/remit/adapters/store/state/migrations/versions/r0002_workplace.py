"""Tokens, sign-ins, saved views, alerts with their outbox, the journal, and what was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
_NEW = (
    "tokens",
    "sign_ins",
    "saved_views",
    "channels",
    "alerts",
    "firings",
    "alert_known",
    "deliveries",
    "journal",
    "erased",
)


def upgrade() -> None:
    """Create the tables of the workplace."""
    _access()
    _views_and_alerts()
    _findings()
    op.create_table(
        "journal",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("at", sa.String, nullable=False, index=True),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_table("erased", sa.Column("event_id", sa.String, primary_key=True))


def _access() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("expires", sa.String),
        sa.Column("last_used", sa.String),
        sa.Column("revoked", sa.String),
    )
    op.create_table(
        "sign_ins",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("expires", sa.String, nullable=False),
    )


def _views_and_alerts() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String, primary_key=True),
        *(
            sa.Column(name, sa.Text if name == "query" else sa.String, nullable=False)
            for name in ("name", "query", "since", "until", "owner", "created", "changed")
        ),
        sa.Column("folded", sa.String, nullable=False, unique=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "channels",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("created", sa.String, nullable=False),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("channels", sa.Text, nullable=False),
        sa.Column("enabled", sa.Integer, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("changed", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("last_checked", sa.String),
        sa.Column("last_error", sa.Text),
    )


def _findings() -> None:
    op.create_table(
        "firings",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("alert", sa.String, nullable=False, index=True),
        sa.Column("fingerprint", sa.String, nullable=False, index=True),
        sa.Column("first", sa.String, nullable=False),
        sa.Column("last", sa.String, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("seen", sa.String),
        sa.Column("seen_by", sa.String),
    )
    op.create_table(
        "alert_known",
        sa.Column("alert", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("time", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("firing", sa.String, nullable=False, index=True),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False, index=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", sa.Float, nullable=False),
        sa.Column("delivered", sa.String),
        sa.Column("last_error", sa.Text),
    )


def downgrade() -> None:
    """Drop them again."""
    for name in reversed(_NEW):
        op.drop_table(name)
