"""Who keeps a shared state; on PostgreSQL every text in the order of its code points, and room for large counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table of keepers; SQLite sorts by code points and keeps large numbers as it is."""
    op.create_table(
        "keepers",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.BigInteger, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("seen", sa.Text),
    )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        _by_code_points(connection)
        op.alter_column("firings", "count", type_=sa.BigInteger)


def _by_code_points(connection: sa.Connection) -> None:
    """One statement a table, so that each is written anew once."""
    seen = sa.inspect(connection)
    for table in seen.get_table_names():
        texts = [column["name"] for column in seen.get_columns(table) if isinstance(column["type"], sa.String)]
        if table == "alembic_version" or not texts:
            continue
        changes = ", ".join(f'ALTER COLUMN "{name}" TYPE text COLLATE "C"' for name in texts)
        op.execute(f'ALTER TABLE "{table}" {changes}')


def downgrade() -> None:
    """Drop the table; the order of texts and the width of counts may stay."""
    op.drop_table("keepers")
