"""Pure rooms: they decide, and touch nothing."""
