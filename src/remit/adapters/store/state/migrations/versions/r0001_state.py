"""Feeds, what was read of them, cursors, runs and settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "feeds",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("last_read", sa.String),
        sa.Column("last_error", sa.Text),
    )
    op.create_table(
        "feed_objects",
        sa.Column("feed", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("done_at", sa.String, nullable=False),
    )
    op.create_table(
        "cursors",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("started", sa.String, nullable=False),
        sa.Column("finished", sa.String),
        sa.Column("counts", sa.Text, nullable=False),
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them again."""
    for name in ("settings", "runs", "cursors", "feed_objects", "feeds"):
        op.drop_table(name)
