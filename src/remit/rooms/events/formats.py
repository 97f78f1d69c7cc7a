"""Every kind of record Remit reads, in one registry, and how a record of unknown kind finds its decoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from remit.model.errors import RecordError
from remit.model.vocabulary import DATA_SOURCES
from remit.rooms.events import ci_build, git_commit
from remit.rooms.events.decoded import Decoded, Decoder, Reject
from remit.rooms.events.github import audit, webhooks
from remit.rooms.events.rows import read_object
from remit.rooms.events.sniffing import sniff

UNKNOWN: Final = "unknown"
"""Data source of the part that holds the records no format claims; all of them are rejects ``unknown-format``."""
_PROBES: Final = 4
"""Records that are sniffed before a batch is taken to be of one format."""
_UNREADABLE: Final = frozenset(("not-json", "not-an-object", "too-deep"))
"""Rejects that no other format would accept either."""
_FAILED: Final = "This version of Remit fails at this record, please report it"
_UNCLAIMED: Final = "The record fits none of the formats Remit reads; name its format if it is one of them."


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of record: how a batch of it is decoded, and whether a parsed record is of this kind."""

    decode: Decoder
    claims: Callable[[Mapping[str, Any]], bool]


Formats = Mapping[str, Format]
"""Data source name (of ``model.vocabulary.DATA_SOURCES``) to format."""

CODE_FORMATS: Final[Formats] = {
    "github-audit": Format(audit.decode, audit.claims),
    "github-webhook": Format(webhooks.decode, webhooks.claims),
    "ci-build": Format(ci_build.decode, ci_build.claims),
    "git": Format(git_commit.decode, git_commit.claims),
}
"""The formats of the code side, which need no reference tables."""


def build_formats(clouds: Formats) -> Formats:
    """The full registry: the clouds' formats, whose decoders the app binds to their tables, and the code side's.

    Raises ``ValueError`` for a name that is no data source: a mistake in the program, never in its input.
    """
    registry = {**clouds, **CODE_FORMATS}
    strangers = sorted(set(registry) - set(DATA_SOURCES))
    if strangers:
        raise ValueError(f"No data source is called {', '.join(strangers)}; there are {', '.join(DATA_SOURCES)}.")
    return {
        name: Format(_never_raising(registry[name].decode), registry[name].claims)
        for name in DATA_SOURCES
        if name in registry
    }


def _never_raising(decode: Decoder) -> Decoder:
    """A decoder that is sure to answer: a record it fails at is a reject, and the records beside it are read."""

    def decoded(records: Sequence[bytes], feed: str) -> Decoded:
        try:
            return decode(records, feed)
        except Exception as error:  # a fault of the decoder's, which must not cost the other records
            if len(records) == 1:
                return Decoded({}, [], [Reject(0, "decoder-failed", f"{_FAILED}: {type(error).__name__}")])
        middle = len(records) // 2
        return _joined(decoded(records[:middle], feed), decoded(records[middle:], feed), middle)

    return decoded


def _joined(first: Decoded, second: Decoded, offset: int) -> Decoded:
    """Two halves of a batch as one; a column that one of them left out is empty there."""
    halves = (first, second)
    names = dict.fromkeys([*first.columns, *second.columns])
    columns = {
        name: [value for half in halves for value in half.columns.get(name) or [None] * len(half.rows)]
        for name in names
    }
    moved = [Reject(reject.index + offset, reject.reason, reject.detail) for reject in second.rejects]
    return Decoded(columns, first.rows + [row + offset for row in second.rows], first.rejects + moved)


class Part(NamedTuple):
    """What one decoder made of its share of a mixed batch.

    ``decoded.rows`` and the indexes of its rejects are positions in the whole batch; ``positions`` are those of all
    records of this part, accepted or not, ascending.
    """

    data_source: str
    decoded: Decoded
    positions: Sequence[int]


def decode_mixed(records: Sequence[bytes], feed: str, formats: Formats) -> list[Part]:
    """Records of any mixture of formats, each through its own decoder; every position is in exactly one part.

    A batch that is all of one format costs what its decoder costs: the first few records are sniffed, the decoder's
    own rejects confirm the guess, and only what it rejected is sniffed again.
    """
    if not records:
        return []
    probed = {sniff(record) for record in records[:_PROBES]}
    source = probed.pop() if len(probed) == 1 else None
    if source is None or source not in formats:
        return _by_record(records, range(len(records)), feed, formats)
    decoded = formats[source].decode(records, feed)
    strays = _strays(records, decoded.rejects, source, formats)
    if not strays:
        return [Part(source, decoded, range(len(records)))]
    decoded.rejects = [reject for reject in decoded.rejects if reject.index not in strays]
    kept = [position for position in range(len(records)) if position not in strays]
    first = [Part(source, decoded, kept)] if kept else []
    return first + _by_record(records, sorted(strays), feed, formats)


def _strays(records: Sequence[bytes], rejects: Sequence[Reject], source: str, formats: Formats) -> set[int]:
    """Positions of rejects that are another format's records, or nobody's; the rest are bad records of this one."""
    strays = set()
    for reject in rejects:
        if reject.reason in _UNREADABLE:
            continue
        found = sniff(records[reject.index])
        if (found in formats and found != source) or (found is None and reject.reason == "not-an-event"):
            strays.add(reject.index)
    return strays


def _by_record(records: Sequence[bytes], positions: Sequence[int], feed: str, formats: Formats) -> list[Part]:
    """Each record by its own sniff, decoded in one batch per format."""
    shares: dict[str, list[int]] = {}
    for position in positions:
        found = sniff(records[position])
        shares.setdefault(found if found in formats else UNKNOWN, []).append(position)  # type: ignore[arg-type]
    parts = []
    for source, share in shares.items():
        chosen = [records[position] for position in share]
        decoded = formats[source].decode(chosen, feed) if source in formats else _unclaimed(chosen)
        parts.append(Part(source, _placed(decoded, share), share))
    return parts


def _unclaimed(records: Sequence[bytes]) -> Decoded:
    """What no format claims. What is no JSON object is told apart; all else is of unknown format.

    No decoder is asked: these are often whole documents of megabytes, and a decoder would redact what is not kept.
    """
    return Decoded({}, [], [_refusal(at, record) for at, record in enumerate(records)])


def _refusal(index: int, record: bytes) -> Reject:
    try:
        read_object(record.decode("utf-8", "replace").encode())
    except RecordError as error:
        return Reject(index, error.reason, error.what)
    return Reject(index, "unknown-format", _UNCLAIMED)


def _placed(decoded: Decoded, share: Sequence[int]) -> Decoded:
    """The same result with positions in the whole batch."""
    moved = [Reject(share[reject.index], reject.reason, reject.detail) for reject in decoded.rejects]
    return Decoded(decoded.columns, [share[row] for row in decoded.rows], moved)
