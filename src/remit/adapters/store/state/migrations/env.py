"""Alembic runs this; the connection is handed in by ``remit.adapters.store.state.state``."""

from __future__ import annotations

from alembic import context

from remit.adapters.store.state.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
