"""What is asked of the index and of Spark alike."""

from __future__ import annotations

from pathlib import Path

LINES = (Path(__file__).parent / "queries.txt").read_text().splitlines()
QUERIES = [line for line in LINES if not line.startswith("#")]
"""Every query of the file; the first is empty."""
