"""Commits of a repository's history, in three shapes, with what their messages say about how they were made."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remit.rooms.events import git_commit
from remit.rooms.events.change.markers import Markers
from remit.rooms.events.change.texts import mark_message, ticket_in
from remit.rooms.events.git_names import repository_name

SHA = "c" * 40
MIRA = {"name": "Mira", "email": "mira@example.com", "date": "2025-11-20T10:13:20+01:00"}
GITHUB = {"name": "GitHub", "email": "noreply@github.com", "date": "2025-11-20T09:13:20Z"}
COMMIT: dict[str, Any] = {
    "repository": "acme/app",
    "sha": SHA,
    "parents": ["d" * 40],
    "author": MIRA,
    "committer": GITHUB,
    "message": "Refund in two steps (#2484) (#3012)\n\nPAY-7",
    "trailers": [["Co-authored-by", "Copilot <198982749+Copilot@users.noreply.github.com>"], ["Reviewed-by", "Theo"]],
}


def row(commit: dict[str, Any]) -> dict[str, Any]:
    decoded = git_commit.decode([json.dumps(commit).encode()], "history")
    assert decoded.rejects == []
    return {name: values[0] for name, values in decoded.columns.items()}


def markers(message: str) -> list[str]:
    found = Markers()
    mark_message(found, message)
    return found.listed()


def test_a_commit_is_an_event_by_its_author_at_its_committers_time() -> None:
    event = row({"git_commit": COMMIT})
    assert (event["provider"], event["data_source"], event["operation"]) == ("git", "git", "git.commit")
    assert (event["principal"], event["principal_name"]) == ("mira@example.com", "Mira")
    assert (event["time"], event["account"], event["repository"]) == (1763630000000000, "acme", "acme/app")
    assert (event["commit"], event["pull_request"], event["ticket"]) == (SHA, "3012", "PAY-7")
    assert event["link_offers"] == [f"commit:{SHA}"]
    assert "co_author=198982749+Copilot@users.noreply.github.com" in event["markers"]
    assert not any("Theo" in marker for marker in event["markers"])


def test_three_shapes_of_one_commit_are_one_event() -> None:
    trailers = [{"key": key, "value": value} for key, value in COMMIT["trailers"]]
    rest = {
        "sha": SHA,
        "html_url": f"https://github.com/acme/app/commit/{SHA}",
        "parents": [{"sha": "d" * 40}],
        "commit": {key: COMMIT[key] for key in ("author", "committer", "message")},
    }
    shapes = ({"git_commit": COMMIT}, {**COMMIT, "trailers": trailers}, rest)
    events = [row(shape) for shape in shapes]
    assert len({event["event_id"] for event in events}) == 1
    assert {event["pull_request"] for event in events} == {"3012"}


def test_the_same_sha_in_a_fork_is_another_event() -> None:
    assert row(COMMIT)["event_id"] != row({**COMMIT, "repository": "theo/app"})["event_id"]


@pytest.mark.parametrize(
    ("subject", "committer", "pull"),
    [
        ("Refund (#12)", GITHUB, "12"),
        ("Refund (#12)", MIRA, None),
        ('Revert "Refund (#12)" (#13)', GITHUB, "13"),
        ("Merge pull request #14 from acme/copilot/fix-1", MIRA, "14"),
        ("Refund, see #12", GITHUB, None),
    ],
)
def test_the_pull_request_is_the_one_that_landed_it(subject: str, committer: dict[str, str], pull: str | None) -> None:
    assert row({**COMMIT, "message": subject, "committer": committer})["pull_request"] == pull


def test_a_merge_names_its_branch_and_is_marked() -> None:
    commit = {**COMMIT, "message": "Merge pull request #14 from acme/claude/OPS-5-x", "parents": ["d" * 40, "e" * 40]}
    event = row(commit)
    assert {"merge=true", "head_branch=claude/OPS-5-x"} <= set(event["markers"])
    assert event["ticket"] == "OPS-5"


@pytest.mark.parametrize(
    ("signature", "says"),
    [({"signature": "G"}, "signed=true"), ({"signature": "N"}, "signed=false"), ({"signed": True}, "signed=true")],
)
def test_a_signature_is_told_where_the_record_tells_it(signature: dict[str, Any], says: str) -> None:
    assert says in row({**COMMIT, **signature})["markers"]
    assert not any(marker.startswith("signed=") for marker in row(COMMIT)["markers"])


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("x\n\n🤖 Generated with [Claude Code](https://claude.ai/code)", ["generated_with=Claude Code"]),
        ("x\n\n🤖 Generated with Codex", ["generated_with=Codex"]),
        ("x\n\n🦉 Generated with [Owl](https://example.com)\r\n", ["generated_with=Owl"]),
        ("x\n\nThis table was generated with care", []),
        ("x\n\nassisted-by: Kiro", ["trailer.Assisted-by=Kiro"]),
        ("x\n\nMade-with: Cursor\nmore text", ["trailer.Made-with=Cursor"]),
        ("x\n\nCO-AUTHORED-BY: A <a@b.c>\nCo-authored-by: A <a@b.c>", ["co_author=a@b.c"]),
        ("x\n\nNote: Co-authored-by is a trailer", []),
        ("x\n\nSigned-off-by: Mira <mira@example.com>", []),
    ],
)
def test_footers_and_trailers_are_read_wherever_they_stand(message: str, says: list[str]) -> None:
    assert markers(message) == says


@pytest.mark.parametrize(
    ("texts", "ticket"),
    [
        (("feature/PAY-123-refunds", "OPS-1"), "PAY-123"),
        ((None, "Read UTF-8 and SHA-256 as RFC-3339 says, not CVE-2024"), None),
        (("x", "fixes #9"), "#9"),
        (("x", "Closes: #10, see #11"), "#10"),
        (("x", "see #9 and PR #10"), None),
        (("x", "fixes #9 for OPS-4"), "OPS-4"),
        (("release-A-1", "abcPAY-12 PAY-12x PAY-"), None),
    ],
)
def test_tickets_are_read_only_where_one_is_named(texts: tuple[str | None, ...], ticket: str | None) -> None:
    assert ticket_in(*texts) == ticket


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://github.com/acme/app.git", "acme/app"),
        ("git@github.com:acme/app.git", "acme/app"),
        ("ssh://git@gitlab.example.com:2222/group/sub/app.git", "group/sub/app"),
        ("acme/app", "acme/app"),
        ("/srv/repos/app", "/srv/repos/app"),
        (None, None),
    ],
)
def test_a_remote_in_any_spelling_is_one_repository(remote: str | None, name: str | None) -> None:
    assert repository_name(remote) == name


@pytest.mark.parametrize("record", [{"git_commit": {}}, {"git_commit": {"sha": "zz"}}, {"sha": SHA}, {"author": MIRA}])
def test_what_names_no_commit_is_no_event(record: dict[str, Any]) -> None:
    assert git_commit.decode([json.dumps(record).encode()], "h").rejects[0].reason == "not-an-event"


def test_a_message_of_any_length_is_read_in_bounded_time() -> None:
    assert row({**COMMIT, "message": "Co-authored-by: " + "<a@" * 200_000})["commit"] == SHA
