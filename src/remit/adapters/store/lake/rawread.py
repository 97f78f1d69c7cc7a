"""One record's raw text out of a Parquet file, reading only the row group that can hold it."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq


def raw_of(source: Any, event_id: str, time_us: int) -> str | None:
    """The ``raw`` column of the row with this id and time (microseconds since the epoch), or None.

    ``source`` is a path, or a file of which ``pyarrow`` reads parts.
    """
    with pq.ParquetFile(source) as parquet:
        for number in range(parquet.num_row_groups):
            if not _may_hold(parquet.metadata.row_group(number), time_us):
                continue
            ids = parquet.read_row_group(number, columns=["event_id"])["event_id"]
            row = pc.index(ids, event_id).as_py()
            if row >= 0:
                found: str | None = parquet.read_row_group(number, columns=["raw"])["raw"][row].as_py()
                return found
    return None


def _may_hold(group: pq.RowGroupMetaData, time_us: int) -> bool:
    for index in range(group.num_columns):
        column = group.column(index)
        if column.path_in_schema == "time" and column.statistics and column.statistics.has_min_max:
            low, high = column.statistics.min_raw, column.statistics.max_raw
            return bool(low <= time_us <= high)
    return True
