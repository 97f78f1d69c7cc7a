"""What the estate hands out: files as a provider would have written them, and the single records they are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

Json = dict[str, Any]


class Feed(NamedTuple):
    """One file of one configured input, in the provider's own raw shape."""

    feed_name: str
    data_source: str
    file_name: str
    content: bytes


class Item(NamedTuple):
    """One record before it is packed into a file. ``shelf`` is the account, project or repository it is kept under,
    ``at`` is when it happened, microseconds since the epoch."""

    data_source: str
    shelf: str
    at: int
    record: Json
