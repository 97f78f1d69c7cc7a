"""The demonstration estate: a month at "Acme Demo" as deterministic raw provider records.

Everything in it is synthetic. Account ids are those of AWS's documentation, addresses and hosts are from the ranges
reserved for documentation, ids and keys are made up. It exists so that the very same ingest that reads a user's logs
has something to read, with every kind of actor, denials, and one incident worth finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.rooms.estate.authorization import authorization_json
from remit.rooms.estate.feed import Feed
from remit.rooms.estate.organization import organization_json
from remit.rooms.estate.packing import pack
from remit.rooms.estate.program import play
from remit.rooms.estate.registry import identities_toml
from remit.rooms.estate.stories import SCENES, Scene

__all__ = ["SCENES", "Feed", "Scene", "authorization_json", "identities_toml", "organization_json", "records"]


def records(end_us: int, seed: int = 1) -> Iterator[Feed]:
    """The 30 days before ``end_us`` (microseconds since the epoch, UTC) as files, in a fixed order.

    The same end and seed give the same bytes, wherever and whenever. No record is later than ``end_us``.
    """
    return pack(play(end_us, seed), end_us)
