"""The incident: its order, its nine seconds, its keys, and its place at the top of the page."""

from __future__ import annotations

from typing import Any

from remit.rooms.estate.instants import to_seconds

from .conftest import END, HOUR, SECOND, Row

AT = (END - 5 * HOUR) // SECOND * SECOND
NINE_SECONDS = [
    ("DeleteDBCluster", "InvalidParameterCombinationException"),
    ("ModifyDBCluster", None),
    ("DeleteDBClusterSnapshot", None),
    ("DeleteDBClusterSnapshot", None),
    ("DeleteDBClusterAutomatedBackup", "AccessDenied"),
    ("DeleteDBInstance", None),
    ("DeleteDBInstance", None),
    ("DeleteDBCluster", None),
]
Records = list[dict[str, Any]]


def production_between(records: Records, start: int, end: int) -> Records:
    first, last = to_seconds(start), to_seconds(end)
    found = [r for r in records if r["recipientAccountId"] == "111122223333" and first <= r["eventTime"] <= last]
    return sorted(found, key=lambda r: r["eventTime"])


def test_the_database_is_deleted_within_nine_seconds_in_this_order(parsed: dict[str, Records]) -> None:
    found = production_between(parsed["cloudtrail"], AT, AT + 9 * SECOND)
    assert [(r["eventName"], r.get("errorCode")) for r in found] == NINE_SECONDS
    assert found[1]["requestParameters"]["deletionProtection"] is False
    assert found[-1]["requestParameters"] == {"dBClusterIdentifier": "orders-production", "skipFinalSnapshot": True}
    assert "explicit deny in a service control policy: arn:aws:organizations::" in found[4]["errorMessage"]


def test_its_key_was_handed_to_mayas_staging_session_under_the_tickets_name(parsed: dict[str, Records]) -> None:
    deletion = production_between(parsed["cloudtrail"], AT, AT + 9 * SECOND)[-1]
    key = deletion["userIdentity"]["accessKeyId"]
    issued = [
        r for r in parsed["cloudtrail"]
        if ((r["responseElements"] or {}).get("credentials") or {}).get("accessKeyId") == key
    ]  # fmt: skip
    assert sorted(r["recipientAccountId"] for r in issued) == ["111122223333", "444455556666"]
    assert len({r["sharedEventID"] for r in issued}) == 1
    by_maya = next(r for r in issued if r["recipientAccountId"] == "444455556666")
    assert by_maya["userIdentity"]["arn"].endswith("/maya@example.com")
    assert "MCPClient/claude-code" in by_maya["userAgent"]
    assert by_maya["requestParameters"]["sourceIdentity"] == "maya@example.com"
    assert by_maya["requestParameters"]["roleSessionName"].startswith("STG-482")
    assert deletion["userIdentity"]["sessionContext"]["sourceIdentity"] == "maya@example.com"


def test_the_tickets_branch_was_pushed_before(parsed: dict[str, Records]) -> None:
    pushed = [r["payload"] for r in parsed["github-webhook"] if "STG-482" in r["payload"].get("ref", "")]
    assert len(pushed) == 1
    assert pushed[0]["repository"]["pushed_at"] < to_seconds(AT)
    assert "noreply@anthropic.com" in pushed[0]["head_commit"]["message"]


def test_the_engineer_on_call_restores_it_in_the_console(parsed: dict[str, Records]) -> None:
    after = production_between(parsed["cloudtrail"], AT + 9 * SECOND, END)
    omar = [r for r in after if "omar@example.com" in r["userIdentity"].get("arn", "")]
    names = [r["eventName"] for r in omar]
    assert names[0] == "ConsoleLogin"
    assert names.index("LookupEvents") < names.index("RestoreDBClusterToPointInTime") < names.index("CreateDBInstance")
    assert all(r.get("sessionCredentialFromConsole") == "true" for r in omar[1:])


def test_what_follows_is_calm_so_the_incident_stands_on_top(decoded: list[Row]) -> None:
    after = [row for row in decoded if row["time"] > AT + 2 * HOUR // 60]
    assert 10 <= len(after) <= 120
    assert max(row["time"] for row in decoded) <= END
    day = [row for row in decoded if row["time"] > END - 24 * HOUR]
    assert {row["provider"] for row in day} == {"aws", "azure", "gcp", "github", "ci", "git"}


def test_the_deletion_is_laid_at_the_agents_door_on_mayas_behalf(judged: list[Row]) -> None:
    rows = [
        row for row in judged
        if row["account"] == "111122223333" and AT <= row["time"] <= AT + 9 * SECOND
    ]  # fmt: skip
    assert len(rows) == len(NINE_SECONDS)
    for row in rows:
        assert (row["actor_kind"], row["agent"], row["source"]) == ("agent", "Claude Code", "AgentOps")
        assert "maya" in row["on_behalf_of"].lower()
        assert row["environment"] == "production"
        assert row["confidence"] >= 0.9, row["evidence"]
        assert any(item.startswith("join.issued-key") for item in row["evidence"])
    assert [row["outcome"] for row in rows].count("denied") == 1
    assert next(row for row in rows if row["denied"])["deny_policy_type"] == "scp"


def test_the_database_was_made_by_a_pipeline_and_last_changed_by_the_agent(judged: list[Row]) -> None:
    changes = [
        row
        for row in judged
        if "orders-production" in row["resource_ids"] and row["action_kind"] != "read" and row["outcome"] == "success"
    ]
    changes.sort(key=lambda row: row["time"])
    assert (changes[0]["operation"], changes[0]["actor_kind"]) == ("CreateDBCluster", "pipeline")
    assert (changes[-1]["operation"], changes[-1]["agent"]) == ("DeleteDBCluster", "Claude Code")
