"""The demonstration's exports of IAM: what ``aws iam get-account-authorization-details`` said of each account on the
day before the incident, when the break-glass role still admitted staging."""

from __future__ import annotations

import json
from typing import Any, Final

from remit.rooms.estate.aws.identity import GITHUB_ISSUER, role_arn, role_id, sso_role
from remit.rooms.estate.cast import GITHUB_ORG, PRODUCTION, SHARED, STAGING, Account

Json = dict[str, Any]
BEFORE_END: Final = 29 * 3_600_000_000
"""Microseconds from the export to the end of the estate's month: a day before the incident."""
_CREATED: Final = "2025-03-01T09:00:00+00:00"
_SSO_PATH: Final = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
_LOOKING: Final = (
    "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "dynamodb:Describe*", "dynamodb:List*",
    "ec2:Describe*", "ecs:Describe*", "ecs:List*", "iam:Get*", "iam:List*", "lambda:Get*", "lambda:List*",
    "logs:Describe*", "logs:Get*", "logs:StartQuery", "rds:Describe*", "s3:Get*", "s3:List*", "sqs:Get*", "sqs:List*",
    "ssm:Describe*", "ssm:Get*", "sts:GetCallerIdentity",
)  # fmt: skip
_BUILDING: Final = ("autoscaling:*", "cloudwatch:*", "dynamodb:*", "ec2:*", "ecs:*", "lambda:*", "logs:*", "rds:*",
                    "s3:*", "secretsmanager:*", "sns:*", "sqs:*", "ssm:*", "cloudformation:*", "signin:*")  # fmt: skip
_WORKING: Final = ("dynamodb:*", "logs:*", "s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:*", "sns:Publish",
                   "secretsmanager:GetSecretValue", "ssm:GetParameter*", "kms:Decrypt")  # fmt: skip


def authorization_json() -> dict[str, str]:
    """File name -> text, one for each account."""
    return {f"{account.id}.json": json.dumps(_export(account), indent=2) + "\n" for account in _ROLES}


def _export(account: Account) -> Json:
    return {
        "UserDetailList": _users(account),
        "GroupDetailList": [],
        "RoleDetailList": [role(account) for role in _ROLES[account]],
        "Policies": _policies(account),
    }


def _statement(actions: tuple[str, ...] | str, resources: tuple[str, ...] | str = "*", **more: Any) -> Json:
    one = {"Effect": "Allow", "Action": actions, "Resource": resources, **more}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in one.items()}


def _document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _trust(principal: Json, action: str | list[str] = "sts:AssumeRole", condition: Json | None = None) -> Json:
    one: Json = {"Effect": "Allow", "Principal": principal, "Action": action}
    return _document({**one, "Condition": condition} if condition else one)


def _service(name: str) -> Json:
    return _trust({"Service": f"{name}.amazonaws.com"})


def _role(
    name: str, trust: Json, *statements: Json, path: str = "/", boundary: str = "", tags: Json | None = None
) -> Any:
    """A role of whichever account it is asked for."""

    def made(account: Account) -> Json:
        role: Json = {
            "Path": path,
            "RoleName": name,
            "RoleId": role_id(account, name),
            "Arn": role_arn(account, name, path),
            "CreateDate": _CREATED,
            "AssumeRolePolicyDocument": trust,
            "InstanceProfileList": [],
            "RolePolicyList": [{"PolicyName": f"{name[:40]}-policy", "PolicyDocument": _document(*statements)}]
            if statements
            else [],
            "AttachedManagedPolicies": [],
            "Tags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        }
        if boundary:
            arn = f"arn:aws:iam::{account.id}:policy/{boundary}"
            role["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
        return role

    return made


def _sso(permission_set: str, account: Account, *statements: Json) -> Any:
    provider = f"arn:aws:iam::{account.id}:saml-provider/AWSSSO_0demo00000000001_DO_NOT_DELETE"
    trust = _trust(
        {"Federated": provider},
        ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    )
    return _role(sso_role(permission_set, account), trust, *statements, path=_SSO_PATH)


def _linked(name: str, service: str) -> Any:
    principal = f"{service}.amazonaws.com"
    actions = (f"{service}:*", "ec2:Describe*", "iam:GetRole", "iam:ListRoles")
    return _role(name, _service(service), _statement(actions), path=f"/aws-service-role/{principal}/")


def _github(account: Account) -> Json:
    provider = {"Federated": f"arn:aws:iam::{account.id}:oidc-provider/{GITHUB_ISSUER}"}
    subject = {"StringLike": {f"{GITHUB_ISSUER}:sub": f"repo:{GITHUB_ORG}/*"}}
    return _trust(provider, "sts:AssumeRoleWithWebIdentity", subject)


def _admits(account: Account, **condition: Any) -> Json:
    return _trust({"AWS": f"arn:aws:iam::{account.id}:root"}, condition=condition or None)


def _arn(account: Account, service: str, resource: str) -> str:
    return f"arn:aws:{service}:*:{account.id}:{resource}"


def _passing(account: Account) -> Json:
    return _statement(
        "iam:PassRole",
        (role_arn(account, "*-task"), role_arn(account, "*-worker-role")),
        Sid="HandToContainersAndFunctions",
        Condition={"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]}},
    )


def _developer(account: Account) -> Any:
    deploying = _statement("sts:AssumeRole", role_arn(PRODUCTION, "*-deploy"), Sid="AssumeDeployRoles")
    extra = (deploying,) if account is STAGING else ()
    return _sso(
        "Developer",
        account,
        _statement((*_LOOKING, *_BUILDING), Sid="Build"),
        _passing(account),
        *extra,
        {"Sid": "NoNetworks", "Effect": "Deny", "Action": ["ec2:*Vpc*", "ec2:*InternetGateway*", "ec2:*Subnet*"],
         "NotResource": ["arn:aws:ec2:*:*:vpc/vpc-sandbox*"]},
    )  # fmt: skip


_DEPLOYING: Final = _statement((*_LOOKING, *_BUILDING, "iam:PassRole", "elasticloadbalancing:*", "eks:*"), Sid="Deploy")
_SUPPORT: Final = (
    _statement(("secretsmanager:GetSecretValue", "dynamodb:DescribeTable", "dynamodb:Query"), Sid="Look"),
    _statement(("sqs:*", "s3:GetObject"), Sid="Work"),
    _statement(("iam:CreateAccessKey", "iam:ListAccessKeys"), f"arn:aws:iam::{PRODUCTION.id}:user/*", Sid="Keys"),
)
_RELEASE: Final = (
    _statement(("ecr:*",), (_arn(SHARED, "ecr", "repository/*"),), Sid="Images"),
    _statement("ecr:GetAuthorizationToken"),
    _statement(("s3:GetObject", "s3:PutObject", "s3:PutBucketTagging"), ("arn:aws:s3:::acme-shared-artifacts",
               "arn:aws:s3:::acme-shared-artifacts/*"), Sid="Artifacts"),
    _statement(("codepipeline:*",), _arn(SHARED, "codepipeline", "*"), Sid="Pipelines"),
    _statement(("ssm:PutParameter", "ssm:GetParameter", "ssm:DeleteParameter"),
               _arn(SHARED, "ssm", "parameter/shared/*"), Sid="Versions"),
    _statement("iam:PassRole", role_arn(SHARED, "*-pipeline"), Sid="HandToPipelines"),
)  # fmt: skip
_ROLES: Final[dict[Account, tuple[Any, ...]]] = {
    PRODUCTION: (
        _role("github-deploy", _github(PRODUCTION), _DEPLOYING),
        _role("jenkins-deploy", _service("ec2"), _DEPLOYING),
        _role("break-glass-deploy", _trust({"AWS": [f"arn:aws:iam::{PRODUCTION.id}:root",
              f"arn:aws:iam::{STAGING.id}:root"]}), _statement((*_LOOKING, "rds:*", "backup:*"), Sid="BreakGlass"),
              tags={"break-glass": "true"}),
        _role("database-admin", _admits(PRODUCTION, Bool={"aws:MultiFactorAuthPresent": "true"}),
              _statement(("rds:*", "rds-db:connect"))),
        _role("DevOpsAgentRole", _service("aidevops"), _statement(_LOOKING, Sid="Investigate"),
              _statement(("ecs:UpdateService", "lambda:UpdateFunctionConfiguration"), Sid="Directed",
                         Condition={"StringLike": {"sts:RoleSessionName": "op.*"}})),
        _role("support-agent-runtime", _service("bedrock-agentcore"), *_SUPPORT, boundary="support-agent-boundary"),
        _role("orders-worker-role", _service("lambda"), _statement(_WORKING)),
        _role("snapshot-cleaner-role", _service("lambda"), _statement(("ec2:DeleteSnapshot", "ec2:Describe*"))),
        _role("payments-task", _service("ecs-tasks"), _statement(_WORKING)),
        _role("search-node", _service("ec2"), _statement(_WORKING)),
        _role("eks-vpc-controller", _trust({"Federated": f"arn:aws:iam::{PRODUCTION.id}:oidc-provider/"
              "oidc.eks.eu-west-1.amazonaws.com/id/DEMO0000000000000001"}, "sts:AssumeRoleWithWebIdentity"),
              _statement(("ec2:*NetworkInterface*", "ec2:CreateTags", "ec2:Describe*"))),
        _sso("Operator", PRODUCTION, _statement((*_LOOKING, *_BUILDING, "iam:UpdateAssumeRolePolicy"))),
        _sso("PowerUser", PRODUCTION, _statement((*_LOOKING, *_BUILDING))),
        _sso("ReadOnly", PRODUCTION, _statement(_LOOKING)),
        _linked("AWSServiceRoleForAutoScaling", "autoscaling"),
        _linked("AWSServiceRoleForBackup", "backup"),
    ),
    STAGING: (
        _role("github-deploy", _github(STAGING), _DEPLOYING),
        _role("invoices-worker-role", _service("lambda"), _statement(_WORKING)),
        _role("orders-task", _service("ecs-tasks"), _statement(_WORKING)),
        _role("catalog-pod", _trust({"Service": "pods.eks.amazonaws.com"}, ["sts:AssumeRole", "sts:TagSession"]),
              _statement(_WORKING)),
        _developer(STAGING),
        _sso("PowerUser", STAGING, _statement((*_LOOKING, *_BUILDING))),
    ),
    SHARED: (
        _role("hcp-terraform", _trust({"Federated": f"arn:aws:iam::{SHARED.id}:oidc-provider/app.terraform.io"},
              "sts:AssumeRoleWithWebIdentity"), _statement("*", Sid="Everything")),
        _role("audit-exporter-role", _service("lambda"), _statement((*_LOOKING, "cloudtrail:LookupEvents"))),
        _role("orders-pipeline", _service("codepipeline"), _DEPLOYING),
        _role("release-bot", _service("ecs-tasks"), *_RELEASE),
        _developer(SHARED),
        _sso("Administrator", SHARED, _statement("*", Sid="Administrator")),
        _sso("DataEngineer", SHARED, _statement((*_LOOKING, "athena:*", "glue:*", "s3:*"))),
        _linked("AWSServiceRoleForConfig", "config"),
    ),
}  # fmt: skip


def _users(account: Account) -> list[Json]:
    if account is not SHARED:
        return []
    document = _document(_statement(("s3:GetObject", "s3:PutObject", "s3:ListBucket"), "arn:aws:s3:::acme-*"))
    return [
        {
            "Path": "/",
            "UserName": "nightly-export",
            "UserId": "AIDADEMONIGHTLYEXPORT0",
            "Arn": f"arn:aws:iam::{account.id}:user/nightly-export",
            "CreateDate": _CREATED,
            "UserPolicyList": [{"PolicyName": "export", "PolicyDocument": document}],
            "GroupList": [],
            "AttachedManagedPolicies": [],
            "Tags": [],
        }
    ]


def _policies(account: Account) -> list[Json]:
    if account is not PRODUCTION:
        return []
    document = _document(
        _statement(("secretsmanager:GetSecretValue", "dynamodb:*", "sqs:*", "logs:*", "bedrock:*"), Sid="Within"),
        {"Sid": "NoKeys", "Effect": "Deny", "Action": ["iam:CreateAccessKey", "iam:*Boundary*"], "Resource": "*"},
    )
    version = {"Document": document, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": _CREATED}
    return [
        {
            "PolicyName": "support-agent-boundary",
            "PolicyId": "ANPADEMOSUPPORTBOUND01",
            "Arn": f"arn:aws:iam::{account.id}:policy/support-agent-boundary",
            "Path": "/",
            "DefaultVersionId": "v1",
            "AttachmentCount": 0,
            "PermissionsBoundaryUsageCount": 1,
            "IsAttachable": True,
            "CreateDate": _CREATED,
            "UpdateDate": _CREATED,
            "PolicyVersionList": [version],
        }
    ]
