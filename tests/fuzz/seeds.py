"""What the generators begin from: real records of every format, and texts of every small language."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import lru_cache

from tests.hostile.records import WHOLE

from remit.adapters.feeds.framing import records as framed
from remit.rooms.estate import identities_toml, records
from remit.rooms.events.sniffing import sniff

END = 1_791_000_000_000_000
A_FORMAT = 24
"""Records of one format that are enough to begin from."""
QUERIES = (
    "service:s3 -denied:true", "confidence:0.7..0.9 OR (agent:* AND region:eu-*)", "account:1,2 since:24h",
    "time:2026-10-01..2026-10-31", 'region:"eu "* until:1h', "permission:(a -b)", '"a:b OR c" *x*y*', "time:>2026-10",
    "source:agentops resource:arn:aws:s3:::b*", "NOT -service:s3 \\* \\\"", "since:2026-10-01T02:00:00+02:00",
)  # fmt: skip
CONFIGURATIONS = (
    '[server]\nport = 8420\n[auth]\nmode = "tokens"\n',
    '[retention]\nkeep = "400d"\n[questions]\nseconds = 20\n',
    '[push.github]\nsecret_env = "HOOK"\n[auth.oidc]\nissuer = "https://id.example"\n',
)
POLICIES = (
    '{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Deny", "NotAction": "iam:*", "Resource": "*", '
    '"Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*", "${aws:username, \'x\'}"]}}}]}',
    '[{"request": {"principal": "arn:aws:iam::111122223333:user/a", "action": "s3:GetObject", "unknown_keys": ["*"]}, '
    '"policies": {"identity": [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", '
    '"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}}], "scps": [[]]}}]',
)
ADDRESSES = (
    "q=service%3As3&since=24h&cursor=abc&open=x&compare=a&pick=b", "q=&until=&wide=7d..&cursor=", "q=-denied:true&q=a",
)  # fmt: skip


@lru_cache(maxsize=1)
def by_format() -> dict[str, tuple[bytes, ...]]:
    """Records of every format there is, from the demonstration's estate."""
    found: dict[str, list[bytes]] = {"cloudtrail": [json.dumps(WHOLE).encode()]}
    for feed in records(END):
        for record in _records(feed.content):
            known = found.setdefault(sniff(record) or "unknown", [])
            if len(known) < A_FORMAT:
                known.append(record)
    found.setdefault("git", [json.dumps(COMMIT).encode()])
    return {name: tuple(known) for name, known in found.items()}


def _records(content: bytes) -> Iterator[bytes]:
    plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    for batch in framed("estate", iter([plain]), 1 << 24):
        if isinstance(batch, list):
            yield from batch[:A_FORMAT]


COMMIT = {
    "sha": "a" * 40,
    "author": {"login": "jane"},
    "committer": {"login": "web-flow"},
    "parents": [{"sha": "b" * 40}],
    "commit": {
        "message": "Grow the pool (#12)\n\nCo-authored-by: Claude <noreply@anthropic.com>\nTicket: OPS-1",
        "author": {"name": "Jane", "email": "jane@acme.example", "date": "2026-10-01T00:00:00Z"},
        "committer": {"name": "GitHub", "email": "noreply@github.com", "date": "2026-10-01T00:00:00Z"},
        "verification": {"verified": True, "reason": "valid"},
    },
    "files": [{"filename": "main.tf", "status": "modified"}],
}


def files() -> tuple[bytes, ...]:
    """Whole files: an envelope, a list, lines, a pretty-printed object, each plain and zipped."""
    some = [json.loads(record) for records in by_format().values() for record in records[:2]]
    plain = [
        json.dumps({"Records": some}).encode(),
        json.dumps(some, indent=1).encode(),
        "".join(json.dumps(each) + "\n" for each in some).encode(),
        json.dumps(some[0], indent=2).encode(),
        json.dumps({"Records": some}).encode("utf-16"),
    ]
    return (*plain, *(gzip.compress(each, mtime=0) for each in plain))


def registries() -> tuple[bytes, ...]:
    """``identities.toml`` as the demonstration has it, and its beginning."""
    whole = identities_toml()
    return (whole.encode(), whole[:600].encode())
