"""Policies of an AWS organization: looked up, created, changed and attached through the Organizations API.

Needs ``organizations:Describe*`` and ``organizations:List*`` to read, and ``CreatePolicy``, ``UpdatePolicy`` and
``AttachPolicy`` to attach, in the management account or a delegated administrator's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from remit.model.errors import Conflict, NotFound, Unavailable

_REGION: Final = "us-east-1"
_MISSING: Final = frozenset(
    {
        "TargetNotFoundException",
        "AccountNotFoundException",
        "OrganizationalUnitNotFoundException",
        "RootNotFoundException",
        "PolicyNotFoundException",
    }
)
_THERE: Final = frozenset({"DuplicatePolicyException", "DuplicatePolicyAttachmentException"})
"""Also the answer to our own call, made again by boto3 after its first answer was lost."""
_LATER: Final = frozenset({"ThrottlingException", "TooManyRequestsException", "ConcurrentModificationException"})


@dataclass(frozen=True, slots=True)
class StandingPolicy:
    """A policy as it stands: its text as stored, and the ids of its targets in order."""

    id: str
    content: str
    targets: tuple[str, ...]
    managed: bool = False


class OrganizationPolicies:
    """``flows.attaching.ports.Organizations`` over boto3. The client is made at the first call, with credentials from
    where AWS's own tools look for them."""

    def __init__(self, profile: str | None = None, endpoint_url: str | None = None) -> None:
        self._profile = profile or None
        self._endpoint_url = endpoint_url or None
        self._made: Any = None

    def organization_id(self) -> str:
        """The id of the organization that the credentials belong to."""
        with self._asked("DescribeOrganization"):
            return str(self._client.describe_organization()["Organization"]["Id"])

    def enabled_types(self) -> frozenset[str]:
        """The types of policy that are enabled at the root."""
        (root,) = self._listed("list_roots", "Roots")
        return frozenset(each["Type"] for each in root.get("PolicyTypes", ()) if each["Status"] == "ENABLED")

    def target_name(self, target: str) -> str:
        """The name of a root, organizational unit or account. Raises NotFound if there is none of that id."""
        if target.startswith("r-"):
            for root in self._listed("list_roots", "Roots"):
                if root["Id"] == target:
                    return str(root["Name"])
            raise NotFound(f"There is no root {target} in this organization")
        if target.startswith("ou-"):
            with self._asked("DescribeOrganizationalUnit", target):
                found = self._client.describe_organizational_unit(OrganizationalUnitId=target)
                return str(found["OrganizationalUnit"]["Name"])
        with self._asked("DescribeAccount", target):
            return str(self._client.describe_account(AccountId=target)["Account"]["Name"])

    def named(self, name: str, aws_type: str) -> StandingPolicy | None:
        """The policy of a name and type, if there is one."""
        for summary in self._listed("list_policies", "Policies", Filter=aws_type):
            if summary["Name"] == name:
                return self.standing(summary["Id"])
        return None

    def standing(self, policy_id: str) -> StandingPolicy:
        """A policy as it stands now."""
        with self._asked("DescribePolicy", policy_id):
            found = self._client.describe_policy(PolicyId=policy_id)["Policy"]
        targets = self._listed("list_targets_for_policy", "Targets", PolicyId=policy_id)
        ids = tuple(sorted(str(target["TargetId"]) for target in targets))
        summary = found["PolicySummary"]
        return StandingPolicy(policy_id, str(found["Content"]), ids, bool(summary.get("AwsManaged")))

    def create(self, name: str, aws_type: str, content: str, description: str) -> str:
        """Create a policy; its id. Raises Conflict if there is one of this name."""
        with self._asked("CreatePolicy", name):
            made = self._client.create_policy(Name=name, Type=aws_type, Content=content, Description=description)
            return str(made["Policy"]["PolicySummary"]["Id"])

    def update(self, policy_id: str, content: str, description: str) -> None:
        """Change the text and the description of a policy."""
        with self._asked("UpdatePolicy", policy_id):
            self._client.update_policy(PolicyId=policy_id, Content=content, Description=description)

    def attach(self, policy_id: str, target: str) -> None:
        """Attach a policy to a target. Raises Conflict if it is."""
        with self._asked("AttachPolicy", f"{policy_id} to {target}"):
            self._client.attach_policy(PolicyId=policy_id, TargetId=target)

    @property
    def _client(self) -> Any:
        if self._made is None:
            import boto3
            from botocore.config import Config

            session = boto3.Session(profile_name=self._profile)
            patient = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=30)
            self._made = session.client(
                "organizations", region_name=_REGION, endpoint_url=self._endpoint_url, config=patient
            )
        return self._made

    def _listed(self, call: str, member: str, **arguments: str) -> list[Mapping[str, Any]]:
        """All pages of a list: one that breaks off is no list."""
        found: list[Mapping[str, Any]] = []
        with self._asked("".join(word.capitalize() for word in call.split("_"))):
            for page in self._client.get_paginator(call).paginate(**arguments):
                found += page[member]
        return found

    @contextmanager
    def _asked(self, operation: str, what: str = "") -> Iterator[None]:
        """What AWS says within the block, as errors of ours."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code in _MISSING:
                raise NotFound(f"The organization knows no {what}", where=operation) from error
            if code in _THERE:
                raise Conflict(f"The organization has {what} already", where=operation) from error
            raise _refusal(error, operation, what) from error
        except (BotoCoreError, ValueError) as error:
            raise _refusal(error, operation, what) from error


def _refusal(error: Exception, operation: str, what: str) -> Unavailable:
    return Unavailable(
        f"AWS Organizations gave no good answer: {error}", where=f"{operation} {what}".strip(), remedy=_remedy(error)
    )


def _remedy(error: Exception) -> str:
    """What helps against an error of botocore: patience, a connection, or other credentials."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in _LATER:
        return "AWS asks for patience: try again in a moment."
    if isinstance(error, ConnectionError | HTTPClientError):
        return "See that this machine reaches AWS, and try again."
    return (
        "Use credentials of the management account, or of a delegated administrator, that may do this, in the "
        "environment of the server or command; --profile names others."
    )
