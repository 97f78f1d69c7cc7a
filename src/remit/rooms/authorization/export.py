"""The members of ``aws iam get-account-authorization-details`` that are read, as AWS names them."""

from __future__ import annotations

from typing import Any

import msgspec

Text = str | dict[str, Any]
"""A policy: URL-encoded text as the API sends it, an object as the command line prints it."""


class Link(msgspec.Struct):
    """A managed policy that is attached."""

    arn: str = msgspec.field(name="PolicyArn")


class Boundary(msgspec.Struct):
    """A permissions boundary."""

    arn: str = msgspec.field(name="PermissionsBoundaryArn")


class Inline(msgspec.Struct):
    """A policy in its owner."""

    name: str = msgspec.field(name="PolicyName")
    document: Text = msgspec.field(name="PolicyDocument")


class Tag(msgspec.Struct):
    """A tag."""

    key: str = msgspec.field(name="Key")
    value: str = msgspec.field(name="Value", default="")


class Profile(msgspec.Struct):
    """An instance profile."""

    arn: str = msgspec.field(name="Arn")


class User(msgspec.Struct):
    """A user."""

    arn: str = msgspec.field(name="Arn")
    name: str = msgspec.field(name="UserName")
    inline: list[Inline] = msgspec.field(name="UserPolicyList", default_factory=list)
    groups: list[str] = msgspec.field(name="GroupList", default_factory=list)
    attached: list[Link] = msgspec.field(name="AttachedManagedPolicies", default_factory=list)
    boundary: Boundary | None = msgspec.field(name="PermissionsBoundary", default=None)
    tags: list[Tag] = msgspec.field(name="Tags", default_factory=list)


class Group(msgspec.Struct):
    """A group."""

    arn: str = msgspec.field(name="Arn")
    name: str = msgspec.field(name="GroupName")
    inline: list[Inline] = msgspec.field(name="GroupPolicyList", default_factory=list)
    attached: list[Link] = msgspec.field(name="AttachedManagedPolicies", default_factory=list)


class Role(msgspec.Struct):
    """A role."""

    arn: str = msgspec.field(name="Arn")
    name: str = msgspec.field(name="RoleName")
    trust: Text = msgspec.field(name="AssumeRolePolicyDocument")
    inline: list[Inline] = msgspec.field(name="RolePolicyList", default_factory=list)
    attached: list[Link] = msgspec.field(name="AttachedManagedPolicies", default_factory=list)
    boundary: Boundary | None = msgspec.field(name="PermissionsBoundary", default=None)
    tags: list[Tag] = msgspec.field(name="Tags", default_factory=list)
    profiles: list[Profile] = msgspec.field(name="InstanceProfileList", default_factory=list)


class Version(msgspec.Struct):
    """A version of a managed policy."""

    document: Text = msgspec.field(name="Document")
    default: bool = msgspec.field(name="IsDefaultVersion")


class Managed(msgspec.Struct):
    """A managed policy."""

    arn: str = msgspec.field(name="Arn")
    name: str = msgspec.field(name="PolicyName")
    versions: list[Version] = msgspec.field(name="PolicyVersionList")


class Page(msgspec.Struct):
    """One answer of the API. An export without one of the four lists was filtered, and is not the whole."""

    users: list[User] = msgspec.field(name="UserDetailList")
    groups: list[Group] = msgspec.field(name="GroupDetailList")
    roles: list[Role] = msgspec.field(name="RoleDetailList")
    policies: list[Managed] = msgspec.field(name="Policies")
    is_truncated: bool = msgspec.field(name="IsTruncated", default=False)
    next_token: str | None = msgspec.field(name="NextToken", default=None)

    @property
    def truncated(self) -> bool:
        """Whether more pages follow: the API says so by IsTruncated, the command line by NextToken."""
        return self.is_truncated or bool(self.next_token)
