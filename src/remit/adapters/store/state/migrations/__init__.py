"""Alembic's migrations of the state; package data, run by ``remit.adapters.store.state.state``."""
