"""Proposals to attach a policy to an organization, and the backtests they stand on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add both tables; on PostgreSQL their texts are in the order of their code points, as all are."""
    words = sa.Text(collation="C" if op.get_bind().dialect.name == "postgresql" else None)
    op.create_table(
        "attach_proposals",
        sa.Column("id", words, primary_key=True),
        sa.Column("kind", words, nullable=False),
        sa.Column("name", words, nullable=False),
        sa.Column("digest", words, nullable=False),
        sa.Column("content", words, nullable=False),
        sa.Column("description", words, nullable=False),
        sa.Column("targets", words, nullable=False),
        sa.Column("state", words, nullable=False),
        sa.Column("proposed", words, nullable=False),
        sa.Column("proposed_by", words, nullable=False),
        sa.Column("approved", words),
        sa.Column("approved_by", words),
        sa.Column("expires", words, nullable=False),
        sa.Column("facts", words, nullable=False),
        sa.Column("outcome", words),
    )
    op.create_table(
        "backtests",
        sa.Column("id", words, primary_key=True),
        sa.Column("at", words, nullable=False),
        sa.Column("who", words, nullable=False),
        sa.Column("kind", words, nullable=False),
        sa.Column("digest", words, nullable=False),
        sa.Column("targets", words, nullable=False),
        sa.Column("facts", words, nullable=False),
    )
    op.create_index("ix_backtests_digest", "backtests", ["digest"])


def downgrade() -> None:
    """Drop both."""
    op.drop_table("backtests")
    op.drop_table("attach_proposals")
