"""A CloudTrail corpus that is the same on every machine: gzip files of ``{"Records":[…]}``, as CloudTrail delivers.

    files = write_corpus(folder, events=300_000)

Role sessions and users call in bursts, several at a time; a twentieth of the calls assume a role, and the key that is
issued is used by a later session. Times rise over ninety days up to ``END``.
"""

from __future__ import annotations

import gzip
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
from callers import REGIONS, Caller, callers, identity, key_id
from operations import ASSUME_ROLE, READS, WRITES, Estate, Operation

VERSION: Final = 1
"""Raised whenever the same call would give other bytes, so that no older corpus is taken from a cache."""
RECORDS_PER_FILE: Final = 20_000
SPAN_SECONDS: Final = 90 * 86_400
END: Final = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
_BUSY: Final = 6
_ERRORS: Final = 0.03
_ISSUES: Final = 0.05
_encode: Final = msgspec.json.Encoder().encode
_READ_WEIGHTS: Final = tuple(accumulate(operation.weight for operation in READS))
_WRITE_WEIGHTS: Final = tuple(accumulate(operation.weight for operation in WRITES))
_FAILURES: Final = (
    ("ThrottlingException", "Rate exceeded"),
    ("ValidationException", "1 validation error detected: value failed to satisfy constraint"),
    ("ResourceNotFoundException", "The requested resource was not found"),
)
_TLS: Final = msgspec.Raw(
    b'{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%b"}'
)


@dataclass(slots=True)
class _Session:
    """One caller at work: everything that its calls have in common."""

    caller: Caller
    identity: msgspec.Raw
    agent: str
    region: str
    left: int
    console: bool


class _Program:
    """Draws record after record."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.estate = Estate(self.random)
        self.callers = callers(self.random)
        self.issued: deque[str] = deque(maxlen=400)
        self.busy: list[_Session] = []

    def record(self, moment: int) -> dict[str, Any]:
        """One call at a time in seconds since the epoch."""
        random = self.random
        stamp = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        session = self._session(stamp)
        operation = self._operation(session.caller)
        account, service = session.caller.account, session.caller.kind == "service"
        record: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": session.identity,
            "eventTime": stamp,
            "eventSource": operation.source,
            "eventName": operation.name,
            "awsRegion": session.region,
            "sourceIPAddress": session.caller.name if service else session.caller.address,
            "userAgent": session.caller.name if service else session.agent,
        }
        self._outcome(record, session, operation, stamp)
        record |= {
            "requestID": _uuid(random),
            "eventID": _uuid(random),
            "readOnly": operation.read,
            "eventType": "AwsApiCall",
            "managementEvent": operation.name not in ("GetObject", "PutObject", "HeadObject", "DeleteObject"),
            "recipientAccountId": account,
            "eventCategory": "Management",
        }
        if not service:
            host = f"{operation.service}.{session.region}.amazonaws.com"
            record["tlsDetails"] = msgspec.Raw(bytes(_TLS) % host.encode())
        if session.console:
            record["sessionCredentialFromConsole"] = "true"
        return record

    def _outcome(self, record: dict[str, Any], session: _Session, operation: Operation, stamp: str) -> None:
        self.estate.account, self.estate.region = session.caller.account, session.region
        request = operation.request(self.estate)
        chance = self.random.random()
        if chance < _ERRORS:
            code, message = self._failure(session, operation, chance)
            record |= {"errorCode": code, "errorMessage": message, "requestParameters": request}
            record["responseElements"] = None
        elif operation is ASSUME_ROLE:
            record |= {"requestParameters": request, "responseElements": self._issue(stamp, session.caller.account)}
        else:
            response = operation.response(self.estate)
            record |= {"requestParameters": request, "responseElements": response}

    def _failure(self, session: _Session, operation: Operation, chance: float) -> tuple[str, str]:
        if chance >= _ERRORS / 3:
            return self.random.choice(_FAILURES)
        caller = session.caller
        arn = f"arn:aws:sts::{caller.account}:assumed-role/{caller.role}/{caller.name}"
        why = "no identity-based policy allows the {0} action"
        if chance < _ERRORS / 12:
            why = "with an explicit deny in a service control policy"
        action = f"{operation.service}:{operation.name}"
        reason = f"because {why.format(action)}" if why.startswith("no") else why
        return "AccessDenied", f"User: {arn} is not authorized to perform: {action} {reason}"

    def _issue(self, stamp: str, account: str) -> dict[str, Any]:
        key = key_id(self.random, "ASIA")
        self.issued.append(key)
        token = f"IQoJb3JpZ2luX2VjE{self.estate.bytes(120)}"
        return {
            "credentials": {"accessKeyId": key, "sessionToken": token, "expiration": stamp},
            "assumedRoleUser": {
                "assumedRoleId": f"AROAEXAMPLE:{account}",
                "arn": f"arn:aws:sts::{account}:assumed-role/x",
            },
        }

    def _operation(self, caller: Caller) -> Operation:
        random = self.random
        if random.random() < _ISSUES:
            return ASSUME_ROLE
        if random.random() < caller.writes:
            return random.choices(WRITES, cum_weights=_WRITE_WEIGHTS)[0]
        return random.choices(READS, cum_weights=_READ_WEIGHTS)[0]

    def _session(self, stamp: str) -> _Session:
        """One of the sessions at work, a new one in the place of any that has ended."""
        while len(self.busy) < _BUSY:
            self.busy.append(self._begin(stamp))
        at = self.random.randrange(_BUSY)
        session = self.busy[at]
        session.left -= 1
        if session.left <= 0:
            self.busy[at] = self._begin(stamp)
        return session

    def _begin(self, stamp: str) -> _Session:
        random = self.random
        caller = random.choice(self.callers)
        borrowed = caller.kind in ("workload", "pipeline") and len(self.issued) > 0
        key = self.issued.popleft() if borrowed else key_id(random, "AKIA" if caller.kind == "user" else "ASIA")
        agent = random.choice(caller.agents)
        console = agent == "AWS Internal" or agent.startswith("Mozilla")
        who = msgspec.Raw(_encode(identity(caller, key, stamp)))
        return _Session(caller, who, agent, random.choice(REGIONS), random.randint(5, 45), console)


def records(events: int, seed: int = 1) -> Iterator[bytes]:
    """That many raw records in the order of their times."""
    program = _Program(seed)
    begin = END - SPAN_SECONDS
    for at in range(events):
        yield _encode(program.record(begin + at * SPAN_SECONDS // events))


def write_corpus(folder: Path, events: int, seed: int = 1) -> list[Path]:
    """The files of a corpus in delivery order, made on first use and found again afterwards."""
    home = folder / f"corpus-{VERSION}-{seed}-{events}"
    done = home / ".complete"
    if not done.exists():
        home.mkdir(parents=True, exist_ok=True)
        stream = records(events, seed)
        number = 0
        while lot := list(islice(stream, RECORDS_PER_FILE)):
            _write(home / _file_name(number, events), lot)
            number += 1
        done.touch()
    return sorted(home.glob("*.json.gz"))


def _file_name(number: int, events: int) -> str:
    """As CloudTrail names its files; trailscraper reads no others."""
    delivered = END - SPAN_SECONDS + (number + 1) * RECORDS_PER_FILE * SPAN_SECONDS // max(events, RECORDS_PER_FILE)
    stamp = datetime.fromtimestamp(delivered, UTC).strftime("%Y%m%dT%H%MZ")
    return f"111122223333_CloudTrail_us-east-1_{stamp}_bench{number:05d}.json.gz"


def _write(path: Path, lot: list[bytes]) -> None:
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as out:
        out.write(b'{"Records":[' + b",".join(lot) + b"]}")


def _uuid(random: Random) -> str:
    text = f"{random.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
