"""The estate's files: deterministic, synthetic, of the right size, and in each provider's own shape."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from remit.model.vocabulary import DATA_SOURCES
from remit.rooms.estate import SCENES, Feed, identities_toml, records

from .conftest import END, HOUR, raw_records

DOCUMENTATION = [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
ACCOUNTS = {"111122223333", "444455556666", "777788889999"}
BOUNDS = {
    "cloudtrail": (5500, 8500),
    "azure-activity": (450, 1000),
    "gcp-audit": (750, 1500),
    "github-audit": (200, 600),
    "github-webhook": (250, 700),
    "git": (80, 250),
    "ci-build": (30, 120),
}
Parsed = dict[str, list[dict[str, Any]]]


def test_the_same_end_and_seed_give_the_same_bytes(feeds: list[Feed]) -> None:
    assert list(records(END)) == feeds


def test_another_seed_tells_another_month(feeds: list[Feed]) -> None:
    assert {feed.content for feed in records(END, seed=2)}.isdisjoint(feed.content for feed in feeds)


def test_every_data_source_has_its_files_and_every_file_its_own_name(feeds: list[Feed]) -> None:
    assert {feed.data_source for feed in feeds} == set(DATA_SOURCES)
    assert len({feed.file_name for feed in feeds}) == len(feeds)
    assert all(feed.feed_name.startswith("demo-") for feed in feeds)


@pytest.mark.parametrize("end", [END, END + 26 * HOUR, END + 3 * 24 * HOUR, END + 4 * 24 * HOUR + 7 * HOUR])
def test_the_estate_is_of_one_size_whenever_it_ends(end: int) -> None:
    counts: Counter[str] = Counter()
    for feed in records(end):
        counts[feed.data_source] += len(raw_records(feed))
    assert 8_000 <= counts.total() <= 12_000
    assert {name: n for name, n in counts.items() if not BOUNDS[name][0] <= n <= BOUNDS[name][1]} == {}


def texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def test_addresses_and_hosts_are_those_reserved_for_documentation(feeds: list[Feed]) -> None:
    found: set[str] = set()
    for feed in feeds:
        found |= set(re.findall(r"(?<![\d.#/-])(?:\d{1,3}\.){3}\d{1,3}(?![\d./])", feed.content.decode()))
    strangers = [one for one in found if not any(ip_address(one) in net for net in DOCUMENTATION)]
    assert set(strangers) <= {"127.0.0.1", "141.0.0.0"}  # a loopback redirect, Chrome's version
    mails = {m for feed in feeds for m in re.findall(r"[\w.+\[\]-]+@([\w-]+(?:\.[a-z]+)+)", feed.content.decode())}
    people = {m for m in mails if not m.endswith("gserviceaccount.com") and not m.startswith("example.com.apr")}
    assert people == {"example.com", "users.noreply.github.com", "github.com", "anthropic.com"}


def test_no_record_holds_a_credential(parsed: Parsed) -> None:
    secrets = {"sessionToken", "secretAccessKey", "secretString", "password", "privateKey", "access_token"}
    for found in parsed.values():
        for record in found:
            assert secrets.isdisjoint(texts(record))


def test_cloudtrail_records_carry_what_every_cloudtrail_record_carries(parsed: Parsed) -> None:
    wanted = {
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "requestID",
        "eventID",
        "readOnly",
        "eventType",
        "recipientAccountId",
        "eventCategory",
        "managementEvent",
        "requestParameters",
    }
    for record in parsed["cloudtrail"]:
        assert wanted <= record.keys(), wanted - record.keys()
        assert record["recipientAccountId"] in ACCOUNTS
        assert record["eventSource"].endswith(".amazonaws.com")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["eventTime"])
        assert "{" not in json.dumps(record["errorMessage"]) if "errorMessage" in record else True
    ids = [record["eventID"] for record in parsed["cloudtrail"]]
    assert len(set(ids)) == len(ids)


def test_cloudtrail_documents_hold_one_account_and_one_day(feeds: list[Feed]) -> None:
    for feed in feeds:
        if feed.data_source == "cloudtrail":
            (found,) = json.loads(feed.content).values()
            places = {(record["recipientAccountId"], record["eventTime"][:10]) for record in found}
            assert len(places) == 1
            assert next(iter(places))[0] in feed.file_name


def test_no_template_was_left_unfilled(feeds: list[Feed]) -> None:
    holes = re.compile(rb"\{[a-z]+\}")
    assert [feed.file_name for feed in feeds if holes.search(feed.content)] == []


def test_azure_gcp_and_github_records_have_their_own_shape(parsed: Parsed) -> None:
    azure = {"time", "resourceId", "operationName", "resultType", "identity", "correlationId"}
    for record in parsed["azure-activity"]:
        assert azure <= record.keys()
    for record in parsed["gcp-audit"]:
        assert {"protoPayload", "insertId", "logName", "timestamp", "resource", "severity"} <= record.keys()
        assert {"serviceName", "methodName", "authenticationInfo"} <= record["protoPayload"].keys()
    for record in parsed["github-audit"]:
        assert {"action", "@timestamp", "actor", "actor_id", "org", "_document_id"} <= record.keys()
    for record in parsed["github-webhook"]:
        assert set(record) == {"x_github_event", "payload"}
    for record in parsed["git"]:
        assert {"sha", "author", "committer", "message", "repository"} <= record["git_commit"].keys()


def test_pull_request_numbers_are_unique_in_a_repository(parsed: Parsed) -> None:
    opened = [
        (record["payload"]["repository"]["full_name"], record["payload"]["number"])
        for record in parsed["github-webhook"]
        if record["payload"].get("action") == "opened"
    ]
    assert len(opened) > 50
    assert len(set(opened)) == len(opened)


def test_people_keep_office_hours_and_workloads_do_not(parsed: Parsed) -> None:
    console = [r for r in parsed["cloudtrail"] if r.get("sessionCredentialFromConsole") and "sso" in json.dumps(r)]
    weekend = [r for r in console if datetime.fromisoformat(r["eventTime"]).astimezone(UTC).weekday() >= 5]
    lambdas = [r for r in parsed["cloudtrail"] if "AWS_Lambda" in r["userAgent"]]
    busy = {r["eventTime"][:10] for r in lambdas}
    assert len(console) > 200
    assert len(weekend) < len(console) * 0.02
    assert len(busy) >= 30


def test_the_registry_and_the_scenes_name_things_the_estate_has(feeds: list[Feed]) -> None:
    everything = b"".join(feed.content for feed in feeds).decode().lower()
    for exact in re.findall(r'"(arn:[^"*]+|[a-z]+@example\.com|[0-9a-f-]{36})"', identities_toml()):
        assert exact in everything, exact
    assert "nightly-export" not in identities_toml()
    assert "jenkins" not in identities_toml()
    assert len({scene.name for scene in SCENES}) == len(SCENES) >= 5
