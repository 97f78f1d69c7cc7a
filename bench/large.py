"""Millions of events from the source files to the answers, once through: ingest to the end, maintenance, the index
built anew, and questions through HTTP of what that leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from corpus import write_corpus
from measure import SectionFailed, section, tree_bytes

Json = dict[str, Any]
RUNS: Final = 10
"""Warm runs of each question."""


def measure_large(work: Path, events: int, tell: Callable[[str], None]) -> Json:
    """Each step once, in a process of its own, over one store that is left in the work folder.

    :raises SectionFailed: if a step fails, or not every event is stored.
    """
    tell(f"corpus: {events:,} events")
    files = write_corpus(work, events)
    source, store = files[0].parent, str(work / f"store-large-{events}")
    found: Json = {"events": events, "source": tree_bytes(source)}
    tell(f"{events:,} events: floor")
    found["floor"] = section("floor", {"files": [str(path) for path in files]})
    tell(f"{events:,} events: ingest")
    asked = {"source": str(source), "folder": store, "index": True, "workers": 1, "keep": True}
    found["ingest"] = section("ingest", asked)
    if found["ingest"]["events"] != found["floor"]["events"]:
        raise SectionFailed(f"{found['ingest']['events']} of {found['floor']['events']} events were stored")
    tell(f"{events:,} events: maintenance")
    found["size"] = section("size", {"folder": store})
    tell(f"{events:,} events: the index from the lake")
    found["rebuild"] = section("rebuild", {"folder": store})
    tell(f"{events:,} events: questions through HTTP")
    found["http"] = section("through_http", {"folder": store, "runs": RUNS})
    return found
