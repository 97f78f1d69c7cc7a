"""What the first word of an AWS operation's name says it does."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

CREDENTIAL_GRANTS: Final = frozenset(
    {
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:UpdateLoginProfile",
        "iam:CreateServiceSpecificCredential",
        "iam:ResetServiceSpecificCredential",
        "iam:UploadSSHPublicKey",
        "iam:UploadSigningCertificate",
        "iam:DeactivateMFADevice",
        "iam:AddUserToGroup",
        "iam:RemoveUserFromGroup",
        "identitystore:CreateGroupMembership",
        "identitystore:DeleteGroupMembership",
        "sso:CreateAccountAssignment",
        "sso:DeleteAccountAssignment",
        "eks:AssociateAccessPolicy",
        "eks:DisassociateAccessPolicy",
        "rds:ModifyDBSnapshotAttribute",
        "rds:ModifyDBClusterSnapshotAttribute",
    }
)
"""Writes, by AWS's access levels, that hand out or weaken a credential, a membership or a share: who may act, and on
what, is changed by them."""
LOGINS: Final = frozenset(
    {
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:AssumeRoot",
        "sts:GetFederationToken",
        "sts:GetSessionToken",
        "sts:GetServiceBearerToken",
        "sts:GetWebIdentityToken",
        "eks-auth:AssumeRoleForPodIdentity",
        "rolesanywhere:CreateSession",
        "sso:Authenticate",
        "sso:Federate",
        "sso:GetRoleCredentials",
        "sso:Logout",
        "sso-oauth:CreateToken",
        "sso-oauth:CreateTokenWithIAM",
        "cognito-idp:InitiateAuth",
        "cognito-idp:AdminInitiateAuth",
        "cognito-identity:GetCredentialsForIdentity",
        "cognito-identity:GetOpenIdToken",
    }
)
"""Operations that give somebody a session."""

_VERBS: Final = {
    "create": "create run launch allocate register import copy restore provision purchase issue clone upload request "
    "invite generate new build",
    "delete": "delete terminate release deregister destroy purge cancel erase drop forget",
    "read": "get list describe head lookup search query scan view check test simulate preview estimate validate select "
    "download read fetch count retrieve resolve discover detect show find is export",
    "other": "invoke publish execute converse sign encrypt decrypt verify post poll receive submit acknowledge signal "
    "record send report notify heartbeat ping call connect",
}
_KIND: Final = {verb: kind for kind, verbs in _VERBS.items() for verb in verbs.split()}
_CHANGES_DESPITE_THE_VERB: Final = {
    "SendCommand": "update",
    "ExportTable": "create",
    "ExportImage": "create",
    "GenerateDataKey": "other",
    "GenerateDataKeyWithoutPlaintext": "other",
    "GenerateDataKeyPair": "other",
    "GenerateMac": "other",
    "GenerateRandom": "other",
    "RunCommand": "update",
    "ExecuteChangeSet": "update",
    "ScheduleKeyDeletion": "delete",
    "CancelKeyDeletion": "update",
    "CopyObject": "update",
    "RequestSpotInstances": "create",
}


def login_by_source(service: str, name: str) -> bool:
    """True for the sign-in service, whose every non-read call is part of a login."""
    return (
        service == "signin" and not name.startswith(("List", "Describe", "Get", "Password", "Update", "Delete", "Put"))
    ) or (service == "signin" and name == "GetSigninToken")


def kind_of_name(name: str, *, changes: bool) -> str:
    """The kind of act an operation's name says; ``changes`` when something else says that it changes something."""
    if name in _CHANGES_DESPITE_THE_VERB:
        return _CHANGES_DESPITE_THE_VERB[name]
    words = [word.lower() for word in _WORD.findall(name)[:2]]
    if words[:1] == ["batch"]:
        words = words[1:]
    kind = _KIND.get(words[0]) if words else None
    if kind == "read" and changes:
        return "other"
    return kind or ("update" if changes else "other")
