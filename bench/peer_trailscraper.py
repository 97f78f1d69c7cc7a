"""trailscraper on the same files: its own loading of records (source, name, time, resource ARNs, role), kept in a list.

It judges nothing and stores nothing.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime

from trailscraper.record_sources.local_directory_record_source import LocalDirectoryRecordSource


def main() -> None:
    """``peer_trailscraper.py NAME {"folder": PATH}``"""
    folder = json.loads(sys.argv[2])["folder"]
    began, cpu = time.perf_counter(), time.process_time()
    loaded = LocalDirectoryRecordSource(folder).load_from_dir(datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC))
    events = sum(1 for _ in loaded)
    print(json.dumps({"events": events, "seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}))


main()
