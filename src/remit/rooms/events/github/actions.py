"""What kind of change a GitHub action is: one table for the audit log's catalogue and for webhooks.

The catalogue has several hundred actions and grows, so it is covered by category and verb. Who may do what to code
(members, roles, branch protection, secrets, keys, apps, visibility) is ``permission`` whatever its verb.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from remit.rooms.events.change.words import words

_EXACT: Final = {
    "git.clone": "read",
    "git.fetch": "read",
    "git.push": "update",
    "push": "update",
    "create": "create",
    "delete": "delete",
    "fork": "create",
    "gollum": "update",
    "pull_request.merge": "update",
    "pull_request.merged": "update",
    "pull_request.create": "create",
    "pull_request.opened": "create",
    "public": "permission",
    "repo.access": "permission",
    "repository.publicized": "permission",
    "repository.privatized": "permission",
    "team_add": "permission",
    "member.added": "permission",
    "protected_branch.policy_override": "update",
    "protected_branch.rejected_ref_update": "update",
    "secret_scanning_push_protection.bypass": "update",
    "environment.create": "create",
    "environment.delete": "delete",
    "project.access": "permission",
    "org.recovery_code_used": "login",
    "user.login": "login",
    "user.failed_login": "login",
    "user.two_factor_challenge_success": "login",
    "user.two_factor_challenge_failure": "login",
    "user.device_verification_success": "login",
    "user.device_verification_failure": "login",
    "workflows.approve_workflow_job": "permission",
    "workflows.reject_workflow_job": "permission",
    "workflows.cancel_workflow_run": "update",
    "workflows.delete_workflow_run": "delete",
    "workflows.disable_workflow": "update",
    "workflows.enable_workflow": "update",
    "workflows.created_workflow_run": "create",
    "workflows.rerun_workflow_run": "create",
    "workflow_run.requested": "create",
    "deployment_review.approved": "permission",
    "deployment_review.rejected": "permission",
    "deployment.created": "create",
    "deployment_status.created": "update",
}
_OTHER: Final = words(
    "check_run check_suite page_build ping sponsorship star status watch workflow_job workflow_run workflows "
    "security_advisory marketplace_purchase deployment_review"
)
"""Categories that report on work instead of changing something, save what ``_EXACT`` says."""
_PERMISSION: Final = words(
    "auto_approve_personal_access_token_requests branch_protection_configuration branch_protection_rule deploy_key "
    "environment external_group external_identity github_app_authorization installation installation_repositories "
    "integration integration_installation integration_installation_request ip_allow_list ip_allow_list_entry member "
    "membership members_can_create_pages oauth_access oauth_application oauth_authorization org_block "
    "org_credential_authorization organization_moderators organization_role passkey personal_access_token "
    "personal_access_token_request private_repository_forking programmatic_access_request protected_branch public_key "
    "repository_branch_protection_evaluation repository_ruleset repository_visibility_change role security_key "
    "sso_redirect ssh_certificate_authority ssh_certificate_requirement two_factor_authentication user_email "
    "enterprise_installation business_secret org_secret required_status_check"
)
_PERMISSION_WORDS: Final = re.compile(
    r"(?:^|_)(?:members?|membership|collaborators?|outside_collaborators?|roles?|permissions?|secrets?|admins?|owners?|"
    r"two_factor|saml|sso|scim|oauth|tokens?|keys?|visibility|credentials?|(?:to|from)_repository|repository_access|"
    r"add_repository|remove_repository|ip_allow|moderators?|privileges?|billing_manager|security_manager|maintainers?|(?:un)?block_user|ssh_cert\w*|two_factor_\w+|access_(?:granted|revoked)|fork_pr_\w+|"
    r"actions_(?:settings|access_settings|enabled|disabled))(?:_|$)"
)
_NO_SECRET: Final = re.compile(r"secret_scanning|security_manager_alert|push_protection")
"""Scanning for secrets guards code; it gives nobody a secret."""
_LOGIN: Final = words("login failed_login sso_response logout sign_in")
_READ: Final = words(
    "clone clones fetch download downloads export exported view viewed list read download_zip audit_log_export "
    "audit_log_git_event_export"
)
_CREATE: Final = words(
    "create created submit add added new register publish published prereleased upload install installed opened "
    "submitted fork forked import accept invite started started_import restore restored unarchive"
)
_DELETE: Final = words(
    "destroy destroyed delete deleted remove removed revoke revoked uninstall expire unpublish unpublished"
)
_UPDATE: Final = words(
    "update updated cancel clear lock unlock edit edited enable enabled disable disabled rename renamed transfer "
    "transferred archive archived unarchived set change changed modify dismiss dismissed fix fixed resolve reopen "
    "reopened close closed assigned unassigned labeled unlabeled review_requested locked unlocked pinned unpinned "
    "milestoned demilestoned synchronize moved merge merged released transfer_start transfer_outgoing "
    "converted_to_draft ready_for_review auto_merge_enabled auto_merge_disabled"
)
_BY_OPERATION_TYPE: Final = {
    "access": "read",
    "authentication": "login",
    "create": "create",
    "modify": "update",
    "remove": "delete",
    "restore": "create",
    "transfer": "update",
}
"""GitHub's own coarse word for an audit event, used where the table knows nothing better."""
_VERBS: Final = ((_LOGIN, "login"), (_READ, "read"), (_CREATE, "create"), (_DELETE, "delete"), (_UPDATE, "update"))
_REFUSING: Final = re.compile(r"(?:^|_)(?:rejected|denied|blocked)(?:_|$)")
_REFUSABLE: Final = words(
    "git protected_branch repo repository_ruleset secret_scanning_push_protection "
    "repository_secret_scanning_push_protection ip_allow_list pull_request workflows"
)
"""Where GitHub itself refuses an act. Elsewhere `denied` is an administrator's answer to a request, itself allowed."""


@lru_cache(maxsize=4096)
def action_kind(action: str, operation_type: str | None = None) -> str:
    """One of ``model.vocabulary.ACTION_KINDS`` for ``category.verb`` of the audit log or a webhook."""
    if action in _EXACT:
        return _EXACT[action]
    category, _, verb = action.partition(".")
    if category in _OTHER:
        return "other"
    told = verb.split("_")
    for known, kind in _VERBS[:2]:
        if not known.isdisjoint((verb, told[0])):
            return kind
    if category in _PERMISSION or (_PERMISSION_WORDS.search(verb) and not _NO_SECRET.search(action)):
        return "permission"
    for spoken in ((verb, told[0], told[-1]), told):
        for known, kind in _VERBS[2:]:
            if not known.isdisjoint(spoken):
                return kind
    return _BY_OPERATION_TYPE.get(operation_type or "", "other")


@lru_cache(maxsize=4096)
def refused(action: str) -> bool:
    """Whether the audit action records that GitHub refused an act, such as a push to a protected branch."""
    category, _, verb = action.partition(".")
    return category in _REFUSABLE and bool(_REFUSING.search(verb))


@lru_cache(maxsize=4096)
def failed(action: str) -> bool:
    """Whether the audit action records an attempt that did not succeed and that nobody refused by a policy."""
    _, _, verb = action.partition(".")
    return verb.startswith("failed_") or verb.endswith(("_failed", "_failure"))
