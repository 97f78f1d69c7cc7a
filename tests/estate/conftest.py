"""The estate once per run: as files, as parsed records, decoded, and judged with its own registry and its joins."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import pytest

from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.links import CAUSE, EFFECT, ISSUED_KEY, SAME_ACT, SIGN_IN, Link
from remit.rooms.attribution.registry import parse_registry
from remit.rooms.attribution.signals import Rules, parse_rules
from remit.rooms.estate import Feed, identities_toml, records
from remit.rooms.events.decoded import Decoder

END = 1_795_014_123_456_789  # Thursday 2026-11-19 around 15:42 UTC
SECOND = 1_000_000
HOUR = 3600 * SECOND
Row = dict[str, Any]


def raw_records(feed: Feed) -> list[bytes]:
    """The records of one file, each as JSON, taken out of its wrapper by its own rules."""
    if feed.content.startswith((b'{"Records":', b'{"records":')):
        (inner,) = json.loads(feed.content).values()
        return [json.dumps(record).encode() for record in inner]
    return feed.content.splitlines()


@pytest.fixture(scope="session")
def feeds() -> list[Feed]:
    return list(records(END))


@pytest.fixture(scope="session")
def parsed(feeds: list[Feed]) -> dict[str, list[dict[str, Any]]]:
    """Records by data source."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for feed in feeds:
        found[feed.data_source] += [json.loads(record) for record in raw_records(feed)]
    return found


@pytest.fixture(scope="session")
def decoders() -> dict[str, Decoder]:
    """Every decoder the product has, by data source."""
    formats = pytest.importorskip("remit.rooms.events.formats", reason="no decoders here: the estate is NOT decoded")
    azure = pytest.importorskip("remit.rooms.events.azure.decode", reason="no Azure decoder: NOT decoded")
    gcp = pytest.importorskip("remit.rooms.events.gcp.decode", reason="no GCP decoder: NOT decoded")
    cloudtrail = pytest.importorskip("remit.rooms.events.cloudtrail", reason="no CloudTrail decoder: NOT decoded")
    reference = pytest.importorskip("remit.reference.aws", reason="no AWS reference: NOT decoded")
    data = (resources.files("remit.reference") / "data" / "aws_actions.json.gz").read_bytes()
    aws = cloudtrail.CloudTrailDecoder(reference.AwsReference.from_bytes(data))
    code = {name: found.decode for name, found in formats.CODE_FORMATS.items()}
    return {"cloudtrail": aws.decode, "azure-activity": azure.decode, "gcp-audit": gcp.decode, **code}


@pytest.fixture(scope="session")
def decoded(feeds: list[Feed], decoders: dict[str, Decoder]) -> list[Row]:
    """Every record as a row of facts; a record that cannot be decoded fails the test that asks."""
    rows: list[Row] = []
    for feed in feeds:
        batch = decoders[feed.data_source](raw_records(feed), feed.feed_name)
        assert batch.rejects == [], f"{feed.file_name}: {batch.rejects[:3]}"
        names = [name for name in batch.columns if name != "raw"]
        lists = (batch.columns[name] for name in names)
        rows += [dict(zip(names, values, strict=True)) for values in zip(*lists, strict=True)]
    return rows


@pytest.fixture(scope="session")
def rules() -> Rules:
    folder = resources.files("remit.rooms.attribution") / "signals"
    return parse_rules({file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(".toml")})


@pytest.fixture(scope="session")
def judged(decoded: list[Row], rules: Rules) -> list[Row]:
    """Every row with its attribution, all joins made."""
    names = dict.fromkeys(name for row in decoded for name in row)
    columns = {name: [row.get(name) for row in decoded] for name in names}
    found = Judge(rules, parse_registry(identities_toml())).judge(columns, all_links(decoded))
    return [{**row, **{name: values[at] for name, values in found.items()}} for at, row in enumerate(decoded)]


def all_links(rows: Sequence[Row]) -> dict[int, list[Link]]:
    offers: dict[str, list[Row]] = defaultdict(list)
    by_request: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for key in row.get("link_offers") or ():
            offers[key].append(row)
        by_request[f"request:{row.get('request_id')}"].append(row)
    return {at: found for at, row in enumerate(rows) if (found := list(_links_of(row, offers, by_request)))}


def _links_of(row: Row, offers: Mapping[str, list[Row]], by_request: Mapping[str, list[Row]]) -> list[Link]:
    links = _issuers(row, offers)
    links += [Link(CAUSE, other) for other in offers.get(f"request:{row.get('request_id')}", ()) if other is not row]
    for key in row.get("link_offers") or ():
        if key.startswith("same:"):
            links += [Link(SAME_ACT, other) for other in offers[key] if other is not row]
        if key.startswith("request:"):
            links += [Link(EFFECT, other) for other in by_request.get(key, ()) if other is not row]
    for key in row.get("link_asks") or ():
        relation = SIGN_IN if key.startswith("signin:") else ISSUED_KEY
        links += [Link(relation, other) for other in offers.get(key, ()) if other is not row]
    return links


def _issuers(row: Row, offers: Mapping[str, list[Row]]) -> list[Link]:
    """Whoever handed out this row's key, then that one's, nearest first."""
    chain: list[Link] = []
    at = row
    while at.get("access_key") and len(chain) < 5:
        found = [other for other in offers.get(f"key:{at['access_key']}", ()) if other is not at]
        found.sort(key=lambda other: not other.get("access_key"))
        if not found or any(link.facts is found[0] for link in chain):
            break
        chain.append(Link(ISSUED_KEY, found[0]))
        at = found[0]
    return chain
