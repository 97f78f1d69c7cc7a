"""Removing files of the lake that nobody refers to any more.

A file that was merged away may still be read by somebody who took the list of files before that, such as a running
Spark job: it stays until a grace has passed since it left the table. A file that never belonged to the table, left by
a process that was cut off, stays as long after it was written.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.logtrimming import removed_lately


def vacuum(lake: Lake, kind: str, grace_seconds: float) -> Iterator[int]:
    """Remove files that nothing has referred to for longer than the grace; yields their sizes.

    Only while nothing is being written: with little grace, a file on its way to a commit would be lost.
    """
    unnamed = [entry for entry in lake.unnamed(kind) if entry.age_seconds >= grace_seconds]
    if not unnamed:
        return
    lately = removed_lately(lake.storage, kind, grace_seconds)
    gone = [entry for entry in unnamed if entry.name not in lately]
    lake.remove(gone)
    yield from (entry.size for entry in gone)
