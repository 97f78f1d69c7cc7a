"""Every reader of bytes from outside, as a check that raises when a promise is broken.

A target takes any bytes. What it may meet is named in it: the reader's own errors. Anything else that escapes is a
finding.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import duckdb
from tests.event_table import rows_table

from remit.adapters.feeds.chunks import Source
from remit.adapters.feeds.framing import records as framed
from remit.adapters.feeds.open_feed import read
from remit.adapters.store.inbox import Inbox
from remit.adapters.store.sql import where
from remit.adapters.store.state.state import State
from remit.app.config.reading import FILE_NAME, load_configuration
from remit.app.packaged import load_formats, load_rules
from remit.app.push_desk import GITHUB, PushDesk
from remit.faces.console.asking import read_ask
from remit.flows.ingest.batch import merge
from remit.flows.questions.cursor import read_cursor
from remit.model.columns import FACTS, INDEXED
from remit.model.errors import ConfigError, NotSignedIn, PolicyError, QueryError, RemitError, UsageError
from remit.model.event_json import event_json
from remit.model.vocabulary import DATA_SOURCES
from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.registry import Registry, parse_registry
from remit.rooms.events.decoded import Decoded
from remit.rooms.events.formats import decode_mixed
from remit.rooms.events.ocsf import to_ocsf
from remit.rooms.events.redaction import redact
from remit.rooms.iam import answer_text, read_document
from remit.rooms.query import canonical, read_query
from remit.rooms.query.instants import read_moment
from remit.rooms.query.matches import matches
from remit.rooms.removal.subject import read_subject

from . import seeds

NOW = seeds.END
CANARY = "canary-f00d-correct-horse"
KINDS = {column.name: column.kind for column in FACTS}
MOST_RECORD = 20_000


@dataclass(frozen=True)
class Target:
    """A check, and valid input to begin from."""

    check: Callable[[bytes], None]
    seeds: Sequence[bytes]


def decoder(name: str, data: bytes) -> None:
    """One record between two good ones: nothing raises, each is an event or a reject, and neighbours change nothing."""
    good = seeds.by_format()[name][:2]
    decode = load_formats()[name].decode
    together, alone = decode([good[0], data, good[-1]], "f"), decode([data], "f")
    _partition(together, 3)
    _partition(alone, 1)
    assert (1 in together.rows) == bool(alone.rows), "a record is read or not by what is beside it"
    if alone.rows:
        at = together.rows.index(1)
        for column in alone.columns:
            assert _same(together.columns[column][at], alone.columns[column][0]), f"{column} depends on the neighbours"
        _told(alone)


def _partition(decoded: Decoded, count: int) -> None:
    assert sorted([*decoded.rows, *(reject.index for reject in decoded.rejects)]) == list(range(count))
    assert "decoder-failed" not in {reject.reason for reject in decoded.rejects}
    for name, values in decoded.columns.items():
        assert len(values) == len(decoded.rows), name
        for value in values:
            _typed(name, value)


def _typed(name: str, value: Any) -> None:
    kind = KINDS.get(name, "string")
    if kind == "strings":
        assert all(isinstance(text, str) for text in value), name
        for text in value:
            text.encode("utf-8")
    elif value is not None and kind == "string":
        value.encode("utf-8")


def _same(one: Any, other: Any) -> bool:
    return bool((one or None) == (other or None)) if isinstance(one, list) else bool(one == other)


def _told(decoded: Decoded) -> None:
    """What was read can be judged, shown and exported."""
    judged = {**decoded.columns, **judge().judge(decoded.columns, {})}
    row = {column.name: judged.get(column.name, [None])[0] for column in INDEXED}
    row = {name: [] if value is None and _is_list(name) else value for name, value in row.items()}
    event = event_json(row, judge().describe)
    json.dumps(event, allow_nan=False).encode()
    json.dumps(to_ocsf(event), allow_nan=False).encode()


def _is_list(name: str) -> bool:
    return next(column.kind for column in INDEXED if column.name == name) == "strings"


@lru_cache(maxsize=1)
def judge() -> Judge:
    """With every packaged signal and nobody known."""
    return Judge(load_rules(), Registry())


def mixed(data: bytes) -> None:
    """Records of any formats in one batch, one a line: each ends in exactly one part, and the parts join."""
    records = data.split(b"\n")
    parts = decode_mixed(records, "f", load_formats())
    assert sorted(position for part in parts for position in part.positions) == list(range(len(records)))
    columns, rejects = merge([(part.data_source, part.decoded, part.positions) for part in parts])
    assert len(columns.get("event_id", ())) + len(rejects) == len(records)


def redaction(data: bytes) -> None:
    """A planted credential is gone, and redacting again changes nothing."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        redact(data)
        return
    if isinstance(record, dict):
        record["requestParameters"] = {"inner": record.get("requestParameters"), "password": CANARY}
        record["userAgent"] = f"Bearer {CANARY}"
    once = redact(json.dumps(record).encode())
    assert CANARY not in once, "a credential is left"
    assert redact(once.encode()) == once, "redacting again changes something"


def framing(data: bytes) -> None:
    """However the bytes of a file come in, the same records are found in it."""
    ways = [_framed(data, size) for size in (1 << 20, 977, 64)]
    assert ways[0] == ways[1] == ways[2], "the size of a block decides what is read"


def _framed(data: bytes, size: int) -> tuple[list[bytes], list[str]]:
    blocks = (data[at : at + size] for at in range(0, len(data), size))
    found: list[bytes] = []
    reasons: list[str] = []
    for item in framed("f", blocks, MOST_RECORD):
        if isinstance(item, list):
            found += item
        else:
            reasons.append(item.reason)
    return found, reasons


def file(data: bytes) -> None:
    """A whole file, packed or not, in whatever encoding: chunks and faults, never an exception."""
    source = Source("f", len(data), "", partial(io.BytesIO, data))  # type: ignore[arg-type]
    for chunk in read(source, max_record=MOST_RECORD):
        assert all(len(record) <= MOST_RECORD for record in chunk.records)


def query(data: bytes) -> None:
    """A query is refused at a column that is in it, or means the same however it is spelled, here and in SQL."""
    text = data.decode("utf-8", "surrogateescape")[:2_000]
    try:
        predicate = read_query(text, NOW)
    except QueryError as error:
        _hold(0 <= error.column <= len(text), "the column is outside of the text")
        return
    spelled = canonical(text)
    assert canonical(spelled) == spelled, "the one spelling has another"
    assert read_query(spelled, NOW) == predicate, "spelled otherwise it means something else"
    clause = where(predicate)
    try:
        rows = _some_rows().execute(f"SELECT event_id FROM events WHERE {clause.sql}", list(clause.params)).fetchall()
    except UnicodeEncodeError:
        raise AssertionError("a lone surrogate reaches the database") from None
    expected = sorted(str(row["event_id"]) for row in ROWS if matches(predicate, row))
    assert sorted(row[0] for row in rows) == expected, "SQL finds other rows"


ROWS: tuple[Mapping[str, object], ...] = (
    {"event_id": "1", "time": NOW - 1, "service": "s3", "operation": "DeleteBucket", "denied": True, "confidence": 0.9,
     "source": "AgentOps", "resource_ids": ["a%b", "x*y"], "region": "eu-west-1", "account": "1", "agent": "Codex"},
    {"event_id": "2", "time": NOW - 10**12, "service": "S3\\", "operation": "a'b", "denied": False, "confidence": 0.7,
     "source": "CLI/SDK", "resource_ids": [], "region": "EU ", "permissions": ["a", "b"], "actor_name": "É \n"},
    {"event_id": "3", "time": 0, "service": None, "resource_ids": ["_"], "confidence": None},
)  # fmt: skip


@lru_cache(maxsize=1)
def _some_rows() -> duckdb.DuckDBPyConnection:
    held = rows_table(ROWS)
    connection = held.__enter__()
    _HELD.append(held)
    return connection


_HELD: list[Any] = []


def moment(data: bytes) -> None:
    """A time is read or not; a span has a length."""
    found = read_moment(data.decode("utf-8", "replace"), NOW)
    assert found is None or found.start <= found.end


def cursor(data: bytes) -> None:
    """A cursor that was not given is refused."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        read_cursor(text, "q")
    except QueryError:
        return
    raise AssertionError("a made-up cursor is taken")


def webhook(data: bytes) -> None:
    """A delivery: a forged one leaves nothing, a signed one is kept whole or refused in words, and can be read."""
    headers, _, body = data.partition(b"\n")
    event, delivery, encoding = [*headers.decode("latin-1").split("|"), "", ""][:3]
    with tempfile.TemporaryDirectory() as name:
        desk, inbox = _desk(Path(name))
        forged = f"sha256={'0' * 64}"
        assert _delivered(desk, body, event, delivery, encoding, forged) is None, "a forged delivery is kept"
        assert not list(inbox.glob("*~*")), "a forged delivery leaves something"
        signed = "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        receipt = _delivered(desk, body, event, delivery, encoding, signed)
        waiting = list(inbox.glob("*~*"))
        assert len(waiting) == (receipt is not None)
        for path in waiting:
            _readable(path.read_bytes())


def _desk(folder: Path) -> tuple[PushDesk, Path]:
    (folder / "inbox").mkdir()
    return PushDesk(Inbox(folder / "inbox"), _state(), lambda: None, "secret", lambda: NOW / 1e6), folder / "inbox"


@lru_cache(maxsize=1)
def _state() -> State:
    return State.open("sqlite://")


def _delivered(desk: PushDesk, body: bytes, event: str, delivery: str, encoding: str, signature: str) -> str | None:
    try:
        arriving = desk.begin(GITHUB, "", encoding, {"event": event, "delivery": delivery}, signature=signature)
    except RemitError:
        return None
    try:
        for at in range(0, len(body), 5_000):
            arriving.write(body[at : at + 5_000])
        receipt: str | None = arriving.finish()["receipt"]
    except NotSignedIn:
        arriving.drop()
        return None
    except RemitError:
        arriving.drop()
        return None
    return receipt


def _readable(content: bytes) -> None:
    source = Source("f", len(content), "", partial(io.BytesIO, content))  # type: ignore[arg-type]
    for chunk in read(source, max_record=MOST_RECORD):
        if chunk.records:
            decode_mixed(chunk.records, "f", load_formats())


def registry(data: bytes) -> None:
    """A registry is read, or refused in words."""
    try:
        parse_registry(data.decode("utf-8", "replace"), "identities.toml")
    except ConfigError as error:
        _hold(bool(str(error)), "a refusal without words")


def policy(data: bytes) -> None:
    """A policy is read or refused with words; a case is answered with a decision or an error, one for each."""
    reading = read_document(data, "policy.json")
    _hold(bool(reading.problems) or reading.document is not None, "neither read nor refused")
    _hold(all(str(problem) for problem in reading.problems), "a refusal without words")
    try:
        answers, malformed = answer_text(data, "cases.json")
    except PolicyError as error:
        _hold(bool(str(error)), "a refusal without words")
        return
    told = answers if isinstance(answers, list) else [answers]
    _hold(all(("decision" in one) != ("error" in one) for one in told), "neither decided nor refused")
    _hold(malformed == sum("error" in one for one in told), "miscounted")


def configuration(data: bytes) -> None:
    """So is a configuration."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / FILE_NAME).write_bytes(data)
        try:
            load_configuration(Path(name), environ={})
        except ConfigError as error:
            _hold(bool(str(error)), "a refusal without words")


def subject(data: bytes) -> None:
    """A subject of an erasure is refused, or named by its own text."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        found = read_subject(text)
    except UsageError:
        return
    assert found.names(text.strip()), "a subject is not named by itself"


def address(data: bytes) -> None:
    """The query of an address of the Event Center."""
    parameters = dict(parse_qsl(data.decode("latin-1"), keep_blank_values=True, errors="surrogateescape"))
    try:
        read_ask(parameters)
    except RemitError as error:
        _hold(bool(str(error)), "a refusal without words")


def _hold(promise: bool, broken: str) -> None:
    assert promise, broken


def _texts(*texts: str) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in texts)


def _deliveries() -> tuple[bytes, ...]:
    bodies = seeds.by_format()["github-webhook"][:6]
    return (*(b"push|8d6a|\n" + body for body in bodies), b"issues||gzip\n" + seeds.files()[-2])


@lru_cache(maxsize=1)
def targets() -> dict[str, Target]:
    """Every target by name."""
    formats = seeds.by_format()
    found = {f"decode-{name}": Target(partial(decoder, name), formats[name]) for name in DATA_SOURCES}
    everything = [record for records in formats.values() for record in records]
    return found | {
        "mixed": Target(mixed, [b"\n".join(records[:3]) for records in formats.values()]),
        "redaction": Target(redaction, everything),
        "framing": Target(framing, seeds.files()[:5]),
        "file": Target(file, seeds.files()),
        "query": Target(query, _texts(*seeds.QUERIES)),
        "moment": Target(moment, _texts("24h", "2026-10-01", "2026-10-01T02:00:00.5+02:00", "now", "2026")),
        "cursor": Target(cursor, _texts("", "abc", "NWE0.Mi4x")),
        "webhook": Target(webhook, _deliveries()),
        "registry": Target(registry, seeds.registries()),
        "policy": Target(policy, _texts(*seeds.POLICIES)),
        "configuration": Target(configuration, _texts(*seeds.CONFIGURATIONS)),
        "subject": Target(subject, _texts("jane@acme.example", "arn:aws:iam::111122223333:user/jane", "Łukasz Ó")),
        "address": Target(address, _texts(*seeds.ADDRESSES)),
    }
