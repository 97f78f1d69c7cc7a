"""AWS CloudTrail records as event columns.

    decoder = CloudTrailDecoder(reference)
    decoded = decoder.decode(records, "production-trail")

Takes plain records, EventBridge events, ``LookupEvents`` entries, records decorated by a shipper and partial ones, of
every event version. Whatever repeats (identities, operations, payloads, times) is understood once and remembered;
lists in columns of kind ``strings`` are shared between rows and are not to be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from remit.reference.aws import AwsReference
from remit.rooms.events.aws.arns import Place
from remit.rooms.events.aws.columns import Rows, columns_of
from remit.rooms.events.aws.identity import KnownIdentity, identity_digest, read_identity
from remit.rooms.events.aws.marks import Circumstances, Scene, tls_version
from remit.rooms.events.aws.operations import INSIGHT, KnownOperation
from remit.rooms.events.aws.outcomes import FAILURE, SUCCESS, outcome
from remit.rooms.events.aws.payload import read_payload
from remit.rooms.events.aws.reading import Batch, Reader, reject
from remit.rooms.events.aws.record import Record, claims
from remit.rooms.events.aws.resources import ResourceNames
from remit.rooms.events.aws.times import moments
from remit.rooms.events.decoded import Decoded

__all__ = ["CloudTrailDecoder", "claims"]

_MOST_REMEMBERED: Final = 20_000
_TIME: Final = attrgetter("eventTime")
_V = TypeVar("_V")


class _Known(dict[Any, _V], Generic[_V]):
    """What each distinct value means, found out when it is first met."""

    def __init__(self, meaning: Callable[[Any], _V]) -> None:
        self._meaning = meaning

    def __missing__(self, value: Any) -> _V:
        found = self[value] = self._meaning(value)
        return found


class CloudTrailDecoder:
    """Decodes batches of CloudTrail records; built once with AWS's reference, used by one thread."""

    data_source: Final = "cloudtrail"

    def __init__(self, reference: AwsReference) -> None:
        self._names = ResourceNames(reference)
        self._reader = Reader()
        self._operations = _Known(lambda key: KnownOperation(reference, *key[:4]))
        self._identities = _Known(lambda raw: KnownIdentity(read_identity(raw), identity_digest(raw)))
        self._scenes = _Known(lambda key: Scene(*key))
        self._tls = _Known(tls_version)
        self._places = _Known(lambda key: Place(*key))
        self._circumstances = _Known(self._circumstances_of)

    def decode(self, records: Sequence[bytes], feed: str) -> Decoded:
        """Columns for every readable record, a reject for every other. Never raises."""
        self._forget()
        batch = self._reader.read(records)
        times = self._accept(batch)
        rows = self._look_up(batch)
        self._read_payloads(batch, rows)
        filled = columns_of(batch, rows, times, feed, self._names)
        return Decoded(filled, batch.rows, sorted(batch.rejects, key=lambda item: item.index))

    def _forget(self) -> None:
        remembered: tuple[dict[Any, Any], ...] = (
            self._operations, self._identities, self._scenes, self._tls, self._places, self._circumstances,
        )  # fmt: skip
        for known in remembered:
            if len(known) > _MOST_REMEMBERED:
                known.clear()

    def _circumstances_of(self, key: tuple[KnownIdentity, Scene, str | None]) -> Circumstances:
        known, scene, tls = key
        place = (known.identity.partition, scene.region or "", scene.account or known.identity.account or "")
        return Circumstances(known, scene, tls, self._places[place])

    def _accept(self, batch: Batch) -> list[int]:
        """Drop from the batch what is no event or has no usable time; return the times of the rest."""
        times = moments(list(map(_TIME, batch.records)))
        operations = batch.keys.operations.meant(self._operations.__getitem__)
        scenes = batch.keys.scenes.meant(self._scenes.__getitem__)
        refused = [
            at
            for at, (moment, operation, scene) in enumerate(zip(times, operations, scenes, strict=True))
            if moment is None or operation.no_event or scene.insight
        ]
        for at in refused:
            batch.rejects.append(reject(batch.rows[at], *_refusal(batch.records[at])))
            times[at] = None
        if refused:
            batch.keep_all_but(refused)
        return [moment for moment in times if moment is not None] if refused else times  # type: ignore[return-value]

    def _look_up(self, batch: Batch) -> Rows:
        """What is known of the repeating members."""
        keys = batch.keys
        identities = keys.identities.meant(self._identities.__getitem__)
        scenes = keys.scenes.meant(self._scenes.__getitem__)
        versions = keys.tls.meant(self._tls.__getitem__)
        around = map(self._circumstances.__getitem__, zip(identities, scenes, versions, strict=True))
        operations = keys.operations.meant(self._operations.__getitem__)
        return Rows(operations, identities, list(around), keys.clients.meant(_client))

    def _read_payloads(self, batch: Batch, rows: Rows) -> None:
        """Payload, marks and outcome of each record."""
        found = zip(batch.records, rows.operations, rows.circumstances, rows.clients, strict=True)
        names, payloads, marks, outcomes = self._names, rows.payloads, rows.marks, rows.outcomes
        for record, operation, around, client in found:
            payload = read_payload(names, operation, around.place, record)
            payloads.append(payload)
            marks.append(around.marks_with(payload) if payload.markers or payload.context else around.marks)
            if not payload.plain:
                rows.telling.append(len(payloads) - 1)
            if client[2] is client[3] is None:
                outcomes.append(FAILURE if payload.failed else SUCCESS)
            else:
                outcomes.append(outcome(record.errorCode, record.errorMessage, operation.service, operation.name))


def _client(values: tuple[str | None, ...]) -> tuple[Any, ...]:
    """Address, user agent, error code and message: an empty one is none."""
    return tuple(value or None for value in values)


def _refusal(record: Record) -> tuple[str, str]:
    """Why a record is not taken: a stable reason and a line for people."""
    if record.eventType == INSIGHT or record.eventCategory == "Insight":
        return "not-an-event", "A CloudTrail Insights event describes a rate of calls, not a call"
    if record.eventName is None:
        return "not-an-event", "It has no eventName"
    if record.eventTime is None:
        return "time-missing", f"{record.eventName} of {record.eventSource} has no eventTime"
    return "time-absurd", f"eventTime is {record.eventTime!r}; it must be a time between 2006 and 2100"
