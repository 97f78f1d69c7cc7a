"""Records into files: one per account and day, in the wrapper that the provider writes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from remit.rooms.estate.cast import REGION
from remit.rooms.estate.feed import Feed, Item, Json
from remit.rooms.estate.instants import day_of

FEED_NAMES: Final = {
    "cloudtrail": "demo-cloudtrail",
    "azure-activity": "demo-azure",
    "gcp-audit": "demo-gcp",
    "github-audit": "demo-github-audit",
    "github-webhook": "demo-github-webhooks",
    "ci-build": "demo-ci",
    "git": "demo-git",
}
_DAILY: Final = ("cloudtrail", "azure-activity", "gcp-audit")
_WRAPPERS: Final = {"cloudtrail": "Records", "azure-activity": "records"}


def pack(items: Iterable[Item], end: int) -> Iterator[Feed]:
    """Files in a fixed order: by data source, shelf and day; records in order of time, none after ``end``."""
    files: dict[tuple[str, str, str], list[Item]] = defaultdict(list)
    for item in items:
        if item.at <= end:
            day = day_of(item.at) if item.data_source in _DAILY else ""
            files[item.data_source, item.shelf, day].append(item)
    for (source, shelf, day), shelved in sorted(files.items()):
        records = [item.record for item in sorted(shelved, key=lambda item: item.at)]
        yield Feed(FEED_NAMES[source], source, _file_name(source, shelf, day), _content(source, records))


def _content(source: str, records: list[Json]) -> bytes:
    lines = [json.dumps(record, separators=(",", ":"), ensure_ascii=False) for record in records]
    wrapper = _WRAPPERS.get(source)
    text = f'{{"{wrapper}":[{",".join(lines)}]}}' if wrapper else "\n".join(lines) + "\n"
    return text.encode()


def _file_name(source: str, shelf: str, day: str) -> str:
    if source == "cloudtrail":
        folder = f"AWSLogs/{shelf}/CloudTrail/{REGION}/{day.replace('-', '/')}"
        return f"{folder}/{shelf}_CloudTrail_{REGION}_{day.replace('-', '')}T0000Z_demo.json"
    name = shelf.replace("/", "-")
    if source == "azure-activity":
        return f"insights-activity-logs/{name}/{day}.json"
    return f"{source}/{name}/{day}.jsonl" if day else f"{source}/{name}.jsonl"
