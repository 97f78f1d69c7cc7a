"""The index: a DuckDB file that follows the lake and answers questions."""
