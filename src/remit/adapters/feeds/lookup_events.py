"""CloudTrail's LookupEvents as a feed: the last 90 days of management events without a trail or a bucket.

Writes come first and the newest first, so that a person has rows to look at while the rest is read. AWS allows two
requests
a second per account and region; regions take turns, each at its own pace.
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from remit.model.errors import FeedError

from .chunks import Chunk, Fault
from .lookup_cursor import KEPT_BY_AWS, Cursor, Walk
from .wrappers import flaw

PAGE = 50
PER_SECOND = 2.0
KINDS = {"write": "false", "read": "true"}
_THROTTLED = {"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"}
_PASSING = {"InternalFailure", "InternalError", "ServiceUnavailable", "ServiceUnavailableException"}
_STALE_TOKEN = {"InvalidNextTokenException"}
_ATTEMPTS = 8
_LONGEST_WAIT = 30.0
_RESTARTS = 3

Client = Any
"""A boto3 CloudTrail client, as far as ``lookup_events(**arguments) -> dict`` goes."""


@dataclass(slots=True)
class Pace:
    """At most ``per_second`` calls a second, by the clock and sleep handed in; the wait grows when AWS says stop."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    per_second: float = PER_SECOND
    _next: float = field(default=0.0, init=False)

    def take(self) -> None:
        """Wait for this call's turn."""
        now = self.clock()
        if now < self._next:
            self.sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self.per_second

    def back_off(self, attempt: int) -> None:
        """Wait after the ``attempt``-th refusal in a row (from 0), twice as long each time."""
        self.sleep(min(_LONGEST_WAIT, 2.0**attempt))


@dataclass(slots=True, frozen=True)
class Account:
    """How to reach one AWS account."""

    profile: str | None = None
    endpoint_url: str | None = None

    def check(self) -> None:
        """Raise ``FeedError`` at once when there is nothing to sign a call with."""
        import boto3

        profile = self.profile or "default"
        try:
            found = boto3.Session(profile_name=self.profile).get_credentials()
        except _cloud_errors() as error:
            raise FeedError(f"AWS credentials cannot be read: {error}", where=f"profile {profile}") from error
        if found is None:
            raise FeedError(
                "No AWS credentials were found",
                where=f"profile {profile}",
                remedy="Sign in (aws login, aws sso login), set AWS_PROFILE, or name one with --profile.",
            )

    def client(self, service: str, region: str) -> Client:
        """A boto3 client that leaves retrying to this module, which knows the allowed rate."""
        import boto3
        from botocore.config import Config

        config = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=10, read_timeout=30)
        session = boto3.Session(profile_name=self.profile, region_name=region)
        return session.client(service, endpoint_url=self.endpoint_url, config=config)


def enabled_regions(client: Callable[[str, str], Client], fallback: Sequence[str]) -> tuple[list[str], str]:
    """The account's enabled regions, and a sentence that says how they were found: asked of EC2, else of the account
    service, else ``fallback``."""
    home = fallback[0]
    try:
        answer = client("ec2", home).describe_regions(AllRegions=False)
        return sorted(entry["RegionName"] for entry in answer["Regions"]), "EC2 named the enabled regions."
    except _cloud_errors() as error:
        first = _code(error)
    try:
        pages = (
            client("account", home)
            .get_paginator("list_regions")
            .paginate(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])
        )
        return sorted(entry["RegionName"] for page in pages for entry in page["Regions"]), (
            "The account service named the enabled regions."
        )
    except _cloud_errors() as error:
        said = f"Neither ec2:DescribeRegions ({first}) nor account:ListRegions ({_code(error)}) answered"
        return list(fallback), f"{said}: only {', '.join(fallback)} will be read. Other regions were not looked at."


def events(
    regions: Sequence[str],
    client: Callable[[str], Client],
    cursor: Cursor,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    keep_for: int = KEPT_BY_AWS,
    max_pages: int | None = None,
) -> Iterator[Chunk]:
    """Chunks of CloudTrail records, a page each, as they arrive: every region's writes, then every region's reads.

    ``cursor`` is moved on *when the next chunk is asked for*, so what it says was read has been handed over and dealt
    with; save ``cursor.to_json()`` then and at the end. After ``max_pages`` chunks the rest stays open in the
    cursor. A region that refuses is one fault, and its windows stay open in the cursor.
    """
    now = int(clock())
    paces = {region: Pace(clock, sleep) for region in regions}
    clients = {region: client(region) for region in regions}
    budget = _Budget(max_pages)
    for kind in KINDS:
        walkers: deque[Iterator[Chunk]] = deque()
        for region in regions:
            walk = cursor.walk(region, kind)
            walk.begin(now, now - keep_for)
            walkers.append(_Walker(region, kind, clients[region], paces[region], walk, budget).chunks())
        while walkers:
            walker = walkers.popleft()
            chunk = next(walker, None)
            if chunk is not None:
                walkers.append(walker)
                yield chunk


@dataclass(slots=True)
class _Budget:
    """How many more pages may be asked for; None is no limit."""

    left: int | None

    def spend(self) -> None:
        if self.left is not None:
            self.left -= 1

    @property
    def spent(self) -> bool:
        return self.left is not None and self.left <= 0


class _Refused(Exception):
    """AWS will not answer this walk; the text says why."""


class _StaleToken(Exception):
    """The page token is no longer good."""


@dataclass(slots=True)
class _Walker:
    region: str
    kind: str
    client: Client
    pace: Pace
    walk: Walk
    budget: _Budget
    _given: int = field(default=0, init=False)

    def chunks(self) -> Iterator[Chunk]:
        place = f"lookup-events:{self.region}:{self.kind}"
        try:
            while self.walk.windows and not self.budget.spent:
                yield from self._window(place)
        except _Refused as refusal:
            yield Chunk(place, [], self._given, [Fault(place, "unreadable", str(refusal))])

    def _window(self, place: str) -> Iterator[Chunk]:
        token: str | None = None
        restarts = 0
        asked = self.walk.windows[0]
        while not self.budget.spent:
            before = self.walk.windows[0]
            try:
                # A token is good for the very window it was given for, so that stays as it was first asked for.
                answer = self._page(asked, token)
            except _StaleToken as stale:
                # The window now ends where the last page did: start it anew. The same second comes twice, which is
                # harmless.
                restarts += 1
                if restarts > _RESTARTS:
                    raise _Refused(f"page tokens expire faster than pages can be read: {stale}") from None
                token, asked = None, before
                continue
            found = answer.get("Events", [])
            if found:
                self.budget.spend()
                yield self._chunk(place, found)
                times = [_seconds(event["EventTime"]) for event in found]
                self.walk.reached(min(times), max(times))
            if self.walk.windows[0] != before:
                restarts = 0
            token = answer.get("NextToken")
            if not token:
                self.walk.finish_window()
                return

    def _chunk(self, place: str, found: Sequence[Any]) -> Chunk:
        chunk = Chunk(place, [], self._given)
        for event in found:
            record = str(event.get("CloudTrailEvent", "")).encode("utf-8", "replace")
            fault = flaw(record, f"{place}:{event.get('EventId', 'no id')}", 16 * 1024 * 1024)
            if fault is None:
                chunk.records.append(record)
            else:
                chunk.faults.append(fault)
        self._given += len(chunk.records)
        return chunk

    def _page(self, window: tuple[int, int], token: str | None) -> Any:
        low, high = window
        wanted: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": KINDS[self.kind]}],
            "StartTime": low,
            "EndTime": high,
            "MaxResults": PAGE,
        }
        if token:
            wanted["NextToken"] = token
        for attempt in range(_ATTEMPTS):
            self.pace.take()
            try:
                return self.client.lookup_events(**wanted)
            except _cloud_errors() as error:
                self._judge(error, attempt)
        raise AssertionError("the last attempt either answers or raises")

    def _judge(self, error: Exception, attempt: int) -> None:
        code = _code(error)
        if code in _STALE_TOKEN:
            raise _StaleToken(code) from error
        passing = code in _THROTTLED or code in _PASSING or isinstance(error, _network_errors())
        if not passing or attempt + 1 == _ATTEMPTS:
            raise _Refused(f"LookupEvents in {self.region} answered {error}") from error
        self.pace.back_off(attempt)


def _seconds(moment: datetime.datetime) -> int:
    return int(moment.timestamp())


def _cloud_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError)


def _network_errors() -> tuple[type[Exception], ...]:
    """What may pass by itself; a missing credential or profile does not."""
    from botocore.exceptions import ConnectionError as Unconnected
    from botocore.exceptions import HTTPClientError

    return (Unconnected, HTTPClientError)


def _code(error: Exception) -> str:
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)
