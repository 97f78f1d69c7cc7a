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

from remit.model.coded import Coded, together
from remit.reference.aws import AwsReference
from remit.rooms.events.aws.arns import Place
from remit.rooms.events.aws.columns import Rows, columns_of
from remit.rooms.events.aws.identity import KnownIdentity, identity_digest, read_identity
from remit.rooms.events.aws.keys import Keys
from remit.rooms.events.aws.marks import Circumstances, Marks, Scene, tls_version
from remit.rooms.events.aws.operations import INSIGHT, KnownOperation
from remit.rooms.events.aws.outcomes import FAILURE, SUCCESS, outcome
from remit.rooms.events.aws.payload import Payload, read_payload
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
        filled = columns_of(batch, self._look_up(batch), times, feed, self._names)
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
        refused = {at for at, moment in enumerate(times) if moment is None}
        refused.update(batch.keys.operations.having(lambda key: self._operations[key].no_event))
        refused.update(batch.keys.scenes.having(lambda key: self._scenes[key].insight))
        for at in sorted(refused):
            batch.rejects.append(reject(batch.rows[at], *_refusal(batch.records[at])))
            times[at] = None
        if refused:
            batch.keep_all_but(refused)
        return [moment for moment in times if moment is not None] if refused else times  # type: ignore[return-value]

    def _look_up(self, batch: Batch) -> Rows:
        """What is known of the repeating members, and of the rest what each payload says."""
        keys = batch.keys
        operations = keys.operations.meant(self._operations.__getitem__)
        identities = keys.identities.meant(self._identities.__getitem__)
        around = self._around(identities, keys)
        payloads = self._payloads(batch.records, operations, around)
        telling = [at for at, payload in enumerate(payloads) if not payload.plain]
        marks = _marks(around, payloads)
        outcomes = _outcomes(batch, operations, {at for at in telling if payloads[at].failed})
        return Rows(operations, identities, around, keys.clients.meant(_client), marks, outcomes, payloads, telling)

    def _around(self, identities: Coded, keys: Keys) -> Coded:
        """The circumstances of each call: an identity in a scene over one TLS version."""
        scenes = keys.scenes.meant(self._scenes.__getitem__)
        versions = keys.tls.meant(self._tls.__getitem__)
        places, codes = together([identities, scenes, versions])
        return Coded([self._circumstances[identities[at], scenes[at], versions[at]] for at in places], codes)

    def _payloads(self, records: list[Record], operations: Coded, around: Coded) -> list[Payload]:
        found = zip(records, operations, around.meant(attrgetter("place")), strict=True)
        return [read_payload(self._names, operation, place, record) for record, operation, place in found]


def _marks(around: Coded, payloads: list[Payload]) -> Coded:
    """The marks of each call; payloads that say the same in the same circumstances share them."""
    codes = around.codes.tolist()
    known: dict[Any, Marks] = {}
    marked: dict[int, Marks] = {}
    for at, payload in enumerate(payloads):
        if payload.markers or payload.context:
            key = codes[at], payload.markers, payload.context
            marks = known.get(key)
            if marks is None:
                marks = known[key] = around.values[codes[at]].marks_with(payload)
            marked[at] = marks
    return around.meant(attrgetter("marks")).changed(marked)


def _outcomes(batch: Batch, operations: Coded, failed: set[int]) -> Coded:
    """How each call ended. ``failed``: places of the calls whose answer says that they did not succeed."""
    ended: dict[int, tuple[Any, ...]] = dict.fromkeys(failed, FAILURE)
    for at in batch.keys.clients.having(lambda client: client[2] or client[3]):
        record, operation = batch.records[at], operations[at]
        ended[at] = outcome(record.errorCode, record.errorMessage, operation.service, operation.name)
    return Coded.constant(SUCCESS, len(batch.records)).changed(ended)


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
