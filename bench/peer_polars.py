"""polars on the same records: ``read_ndjson`` of plain text, a line a record, eighteen columns, nested members as text.

The unzipping and the cutting into lines come before the clock starts; it judges nothing and stores nothing.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from pathlib import Path

import polars as pl

_TEXTS = (
    "eventTime", "eventSource", "eventName", "eventID", "requestID", "awsRegion", "sourceIPAddress", "userAgent",
    "errorCode", "errorMessage", "eventType", "recipientAccountId", "requestParameters", "responseElements",
    "additionalEventData",
)  # fmt: skip
_SCHEMA = dict.fromkeys(_TEXTS, pl.String) | {
    "readOnly": pl.Boolean,
    "userIdentity": pl.Struct(
        dict.fromkeys(("type", "principalId", "arn", "accountId", "accessKeyId", "userName", "invokedBy"), pl.String)
    ),
}


def main() -> None:
    """``peer_polars.py NAME {"files": [...], "folder": PATH}``"""
    arguments = json.loads(sys.argv[2])
    folder = Path(arguments["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    lines = [_as_lines(Path(name), folder) for name in arguments["files"]]
    began, cpu = time.perf_counter(), time.process_time()
    events = sum(pl.read_ndjson(path, schema=_SCHEMA, ignore_errors=False).height for path in lines)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    for path in lines:
        path.unlink()
    print(json.dumps({"events": events, "seconds": seconds, "cpu": cpu, "threads": pl.thread_pool_size()}))


def _as_lines(path: Path, folder: Path) -> Path:
    out = folder / f"{path.name}.ndjson"
    records = json.loads(gzip.decompress(path.read_bytes()))["Records"]
    out.write_text("".join(json.dumps(record) + "\n" for record in records))
    return out


main()
