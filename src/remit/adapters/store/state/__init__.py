"""The state: what people and feeds set down, in SQLite or PostgreSQL."""
