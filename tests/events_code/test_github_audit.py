"""GitHub audit log entries as columns: who, what kind of change, refusals, and what ties them to other records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remit.model.vocabulary import ACTION_KINDS
from remit.rooms.events.github import audit
from remit.rooms.events.github.actions import action_kind, refused

BASE = {
    "@timestamp": 1763630000123,
    "_document_id": "doc-1",
    "action": "git.push",
    "actor": "mira",
    "actor_id": 1042,
    "actor_is_bot": False,
    "actor_ip": "203.0.113.9",
    "org": "acme",
    "repo": "acme/app",
    "user_agent": "git/2.51.0",
    "hashed_token": "c2hhMjU2",
    "programmatic_access_type": "Fine-grained personal access token",
}


def row(**changes: Any) -> dict[str, Any]:
    entry = {key: value for key, value in {**BASE, **changes}.items() if value is not ...}
    decoded = audit.decode([json.dumps(entry).encode()], "gh")
    assert decoded.rejects == []
    return {name: values[0] for name, values in decoded.columns.items()}


def test_an_entry_says_who_did_what_where_and_with_which_token() -> None:
    event = row()
    assert event["time"] == 1763630000123000
    assert (event["provider"], event["data_source"], event["feed"]) == ("github", "github-audit", "gh")
    assert (event["account"], event["repository"]) == ("acme", "acme/app")
    assert (event["service"], event["operation"], event["action_kind"]) == ("git", "git.push", "update")
    assert (event["principal"], event["principal_id"], event["principal_type"]) == ("mira", "1042", "User")
    assert (event["access_key"], event["source_ip"], event["user_agent"]) == ("c2hhMjU2", "203.0.113.9", "git/2.51.0")
    assert "token_type=Fine-grained personal access token" in event["markers"]
    assert event["resource_ids"] == ["acme/app"]
    assert (event["outcome"], event["denied"]) == ("success", False)


def test_an_agents_act_names_the_person_it_acts_for() -> None:
    event = row(actor="Copilot", actor_is_bot=..., actor_is_agent=True, agent_session_id="s-9", user="mira")
    assert event["delegator"] == "mira"
    assert event["principal_type"] is None
    assert {"actor_is_agent=true", "agent_session=s-9"} <= set(event["markers"])
    assert "mira" not in event["resource_ids"]


def test_a_user_beside_an_ordinary_actor_is_the_one_acted_upon() -> None:
    event = row(action="org.add_member", user="theo", repo=...)
    assert event["delegator"] is None
    assert dict(zip(event["resource_ids"], event["resource_types"], strict=True))["theo"] == "github:user"


def test_an_organizations_setting_is_the_organizations_also_when_a_repository_is_named() -> None:
    found = row(action="org.disable_two_factor_requirement", org="acme", repo="acme/shop", user=None)
    assert "github:organization" in found["resource_types"]
    assert "github:organization" not in row(action="repo.create", org="acme", repo="acme/shop")["resource_types"]


def test_a_pushed_ref_and_a_pull_requests_title_name_their_ticket() -> None:
    push = row(ref="refs/heads/PAY-300-retry", before="b" * 40, after="a" * 40)
    assert (push["ticket"], push["commit"]) == ("PAY-300", "a" * 40)
    pull = row(action="pull_request.create", pull_request_url="https://github.com/acme/app/pull/12")
    assert (pull["pull_request"], pull["resource_ids"]) == ("12", ["acme/app#12", "acme/app"])


def test_a_bots_login_names_its_app_and_silence_proves_no_person() -> None:
    bot = row(actor="dependabot[bot]", actor_is_bot=...)
    assert (bot["principal_type"], bot["app_id"]) == ("Bot", "dependabot")
    assert row(actor_is_bot=...)["principal_type"] is None


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("git.clone", "read"),
        ("git.fetch", "read"),
        ("git.push", "update"),
        ("repo.create", "create"),
        ("repo.destroy", "delete"),
        ("repo.rename", "update"),
        ("repo.access", "permission"),
        ("repo.download_zip", "read"),
        ("repo.add_member", "permission"),
        ("repo.update_actions_secret", "permission"),
        ("repo.create_actions_secret", "permission"),
        ("repo.remove_actions_secret", "permission"),
        ("environment.create_actions_secret", "permission"),
        ("org.add_member", "permission"),
        ("org.update_member", "permission"),
        ("org.saml_disabled", "permission"),
        ("org.disable_two_factor_requirement", "permission"),
        ("org.set_default_workflow_permissions", "permission"),
        ("org.audit_log_export", "read"),
        ("org.sso_response", "login"),
        ("user.login", "login"),
        ("user.failed_login", "login"),
        ("team.create", "create"),
        ("team.destroy", "delete"),
        ("team.add_member", "permission"),
        ("team.add_repository", "permission"),
        ("protected_branch.destroy", "permission"),
        ("protected_branch.policy_override", "update"),
        ("repository_ruleset.update", "permission"),
        ("public_key.create", "permission"),
        ("personal_access_token.access_granted", "permission"),
        ("oauth_application.create", "permission"),
        ("integration_installation.create", "permission"),
        ("ip_allow_list.disable", "permission"),
        ("hook.create", "create"),
        ("hook.destroy", "delete"),
        ("hook.config_changed", "update"),
        ("repo.actions_enabled", "permission"),
        ("repo.advanced_security_disabled", "update"),
        ("packages.package_deleted", "delete"),
        ("packages.package_version_published", "create"),
        ("enterprise.runner_group_created", "create"),
        ("org.self_hosted_runner_online", "other"),
        ("team.promote_maintainer", "permission"),
        ("org.block_user", "permission"),
        ("environment.create", "create"),
        ("workflows.delete_workflow_run", "delete"),
        ("secret_scanning_push_protection.bypass", "update"),
        ("pull_request.create", "create"),
        ("pull_request.merge", "update"),
        ("workflows.created_workflow_run", "create"),
        ("workflows.completed_workflow_run", "other"),
        ("repository_secret_scanning_push_protection.disable", "update"),
        ("secret_scanning_alert.create", "create"),
        ("no_such_thing.never_heard_of", "other"),
    ],
)
def test_the_catalogue_is_covered_by_category_and_verb(action: str, kind: str) -> None:
    assert kind in ACTION_KINDS
    assert action_kind(action) == kind


def test_githubs_own_word_settles_what_the_table_does_not_know() -> None:
    assert action_kind("hook.oddity", "modify") == "update"
    assert action_kind("something.odd", "authentication") == "login"
    assert action_kind("git.clone", "modify") == "read"


def test_a_refused_push_is_denied_and_says_by_which_rule() -> None:
    event = row(action="protected_branch.rejected_ref_update", branch="refs/heads/main")
    assert (event["outcome"], event["denied"], event["deny_policy_type"]) == ("denied", True, "unknown")
    assert event["deny_rule"] == "github.protected_branch.rejected_ref_update"
    assert event["deny_resource"] == "refs/heads/main"
    assert event["deny_implicit"] is None


@pytest.mark.parametrize(
    ("action", "is_refusal"),
    [
        ("protected_branch.rejected_ref_update", True),
        ("repo.push_blocked", True),
        ("repo.actions_access_denied", True),
        ("personal_access_token.request_denied", False),
        ("org.oauth_app_access_denied", False),
        ("org_block.block_user", False),
        ("user.failed_login", False),
        ("git.push", False),
    ],
)
def test_an_administrators_no_is_no_refusal_of_their_own_act(action: str, is_refusal: bool) -> None:
    assert refused(action) is is_refusal


def test_failed_logins_and_failed_runs_are_failures_and_no_denials() -> None:
    login = row(action="user.failed_login", repo=...)
    assert (login["outcome"], login["denied"], login["action_kind"]) == ("failure", False, "login")
    run = row(action="workflows.completed_workflow_run", conclusion="cancelled", workflow_run_id=7)
    assert (run["outcome"], run["error_code"], run["run"]) == ("failure", "cancelled", "7")


@pytest.mark.parametrize(
    "when",
    [1763630000123, "1763630000123", 1763630000.123, "2025-11-20 09:13:20.123", "2025-11-20T09:13:20.123Z"],
)
def test_times_in_every_spelling_are_one_moment(when: object) -> None:
    assert row(**{"@timestamp": when})["time"] == 1763630000123000


@pytest.mark.parametrize(
    ("when", "reason"),
    [(None, "time-missing"), ("", "time-missing"), ("soon", "time-absurd"), (9e15, "time-absurd"), (5, "time-absurd")],
)
def test_a_missing_or_absurd_time_is_a_reject(when: object, reason: str) -> None:
    decoded = audit.decode([json.dumps({**BASE, "@timestamp": when}).encode()], "gh")
    assert [reject.reason for reject in decoded.rejects] == [reason]
    assert decoded.rows == []


def test_the_same_entry_in_another_layout_is_the_same_event_and_another_entry_is_not() -> None:
    plain = {key: value for key, value in BASE.items() if key != "_document_id"}
    records = [
        json.dumps(plain).encode(),
        json.dumps(dict(reversed(plain.items())), indent=2).encode(),
        json.dumps({**plain, "ref": "refs/heads/x"}).encode(),
    ]
    ids = audit.decode(records, "gh").columns["event_id"]
    assert ids[0] == ids[1] != ids[2]


def test_a_credential_in_an_entry_reaches_no_column() -> None:
    token = "ghp_" + "aB3dE6gH9j" * 4
    event = row(user_agent=f"tool/1 {token}", message=f"token={token}", head_branch=token)
    assert token not in json.dumps(event)


@pytest.mark.parametrize("other", [{"action": "create", "created_at": 1}, {"action": "a.b", "actor": {"id": 1}}, {}])
def test_other_vendors_records_are_not_claimed(other: dict[str, Any]) -> None:
    assert not audit.claims(other)
    assert audit.decode([json.dumps(other).encode()], "gh").rejects[0].reason == "not-an-event"
