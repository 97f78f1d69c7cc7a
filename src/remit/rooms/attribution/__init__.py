"""Who did it, by which path, and how we know."""
