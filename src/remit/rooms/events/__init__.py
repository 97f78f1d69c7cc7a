"""Provider records to event columns."""
