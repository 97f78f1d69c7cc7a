"""The demonstration estate: deterministic raw provider records."""
