"""AWS's own facts: which IAM permissions a call needs, what kind of act it is, which resources it touches.

Everything here is looked up in tables compiled from AWS's service authorization reference
(``scripts/compile_reference.py``) and handed in as bytes. A service is read when first asked for.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from remit.model.errors import ConfigError
from remit.reference.aws_verbs import CREDENTIAL_GRANTS, LOGINS, kind_of_name, login_by_source

_VERSIONED: Final = re.compile(r"(?:20\d{6}|20\d\d_\d\d_\d\d)(?:v\d+)?$")
"""The API version some services append to the event name: CreateFunction20150331v2."""
_VERB: Final = re.compile("[A-Z][a-z]+")
_SENT_TAGS: Final = ("aws:RequestTag/", "aws:TagKeys")
_HOST: Final = re.compile(r"^(.+?)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.(?:amazonaws\.com(?:\.cn)?|api\.aws|aws\.internal)$")


class Action(msgspec.Struct, frozen=True, array_like=True):
    """One IAM action: access level (read, list, write, tagging, permissions), resource types with the required
    ones first, the condition keys it knows, the actions it depends on, how many of the types are required."""

    level: str
    resource_types: tuple[str, ...]
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]
    required: int = 0


class Service(msgspec.Struct, frozen=True):
    """One service: its actions by name, the ARN pattern of each of its resource types, and the condition keys that
    describe a resource of that type."""

    actions: dict[str, Action] = {}
    types: dict[str, str] = {}
    type_keys: dict[str, tuple[str, ...]] = {}


class _File(msgspec.Struct):
    version: str
    prefixes: dict[str, str]
    operations: dict[str, tuple[str, ...]]
    services: dict[str, msgspec.Raw]


@dataclass(frozen=True, slots=True)
class Operation:
    """What the tables say of one CloudTrail operation.

    ``name`` is the API's name without a version suffix; ``permissions`` is empty when the operation is not in
    AWS's reference; ``action`` is the first permission's entry.
    """

    service: str
    name: str
    permissions: tuple[str, ...]
    action: Action | None


class AwsReference:
    """The lookup tables. Build one with ``from_bytes`` and share it; lookups are remembered."""

    def __init__(self, file: _File) -> None:
        self.version: Final = file.version
        self._prefixes = file.prefixes
        self._exceptions: Mapping[str, tuple[str, ...]] = file.operations
        self._raw = file.services
        self._services: dict[str, Service] = {}
        self._lower: dict[str, dict[str, str]] = {}

    @classmethod
    def from_bytes(cls, data: bytes) -> AwsReference:
        """Read the compiled file. Raises ``ConfigError`` when the bytes are not one."""
        try:
            return cls(msgspec.json.decode(gzip.decompress(data), type=_File))
        except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
            raise ConfigError(
                "The AWS reference cannot be read",
                where=str(error)[:200],
                remedy="Reinstall the package, or compile it again with scripts/compile_reference.py.",
            ) from error

    def prefix(self, event_source: str) -> str:
        """The IAM service prefix of an event source: ``monitoring.amazonaws.com`` is ``cloudwatch``."""
        match = _HOST.match(event_source)
        label = match.group(1) if match else event_source
        return self._prefixes.get(label, label)

    def service(self, prefix: str) -> Service:
        """The service's tables; empty ones for a service the reference does not know."""
        known = self._services.get(prefix)
        if known is None:
            raw = self._raw.get(prefix)
            known = msgspec.json.decode(raw, type=Service) if raw is not None else Service()
            self._services[prefix] = known
        return known

    def services(self) -> Mapping[str, object]:
        """Every service prefix, as keys."""
        return self._raw

    def resource_types(self, prefix: str) -> Mapping[str, str]:
        """Resource type -> ARN pattern, as ``arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}``."""
        return self.service(prefix).types

    def action(self, permission: str) -> Action | None:
        """The entry of ``ec2:RunInstances``; letter case of the action does not matter."""
        prefix, _, name = permission.partition(":")
        actions = self.service(prefix).actions
        found = actions.get(name)
        return found if found is not None else actions.get(self.spelled(prefix, name) or "")

    def condition_keys(self, permission: str) -> frozenset[str]:
        """Every key a request for the action can have, AWS's global ones aside: the action's own, and those that
        describe what it acts on, which the reference lists with the resource: ``rds:DatabaseClass``."""
        found = self.action(permission)
        if found is None:
            return frozenset()
        of_types = self.service(permission.partition(":")[0]).type_keys
        told = (key for name in found.resource_types for key in of_types.get(name, ()))
        # A type lists the tags of requests that create one; whether this call sends any is the action's to say.
        return frozenset((*found.condition_keys, *(key for key in told if not key.startswith(_SENT_TAGS))))

    def operation(self, event_source: str, event_name: str) -> Operation:
        """Everything the tables say of a CloudTrail operation."""
        service = self.prefix(event_source)
        name = _VERSIONED.sub("", event_name) or event_name
        permissions = self._exceptions.get(f"{service}:{name}")
        if permissions is None:
            spelled = self.spelled(service, name)
            permissions = (f"{service}:{spelled}",) if spelled else self._by_verb(service, name)
        return Operation(service, name, permissions, self.action(permissions[0]) if permissions else None)

    def _by_verb(self, service: str, name: str) -> tuple[str, ...]:
        """What a service that authorizes by the method of its requests asks of names with this first word."""
        verb = _VERB.match(name)
        return self._exceptions.get(f"{service}:{verb[0]}*", ()) if verb else ()

    def permissions(self, event_source: str, event_name: str) -> tuple[str, ...]:
        """The IAM actions the call needs; none when AWS's reference does not list it."""
        return self.operation(event_source, event_name).permissions

    def action_kind(
        self, event_source: str, event_name: str, read_only: bool | None = None, event_type: str | None = None
    ) -> str:
        """read, create, update, delete, permission, login or other.

        The tables' access level decides what changes permissions, the verb tells create, update and delete apart,
        the record's own ``readOnly`` decides where the tables are silent.
        """
        operation = self.operation(event_source, event_name)
        if operation.service == "signin" and operation.name.startswith("Password"):
            return "permission"
        if _is_login(operation, event_type):
            return "login"
        if event_type == "AwsMcpEvent":
            return "other"
        if read_only:
            return "read"
        level = self._level(operation)
        if level == "permissions" or f"{operation.service}:{operation.name}" in CREDENTIAL_GRANTS:
            return "permission"
        if level in ("read", "list"):
            return "read"
        if level == "tagging":
            return "update"
        return kind_of_name(operation.name, changes=level == "write" or read_only is False)

    def _level(self, operation: Operation) -> str | None:
        """The access level; of several permissions the one that changes something: CopyObject reads and writes."""
        levels = [action.level for name in operation.permissions if (action := self.action(name))]
        first = levels[0] if levels else None
        return "write" if first in ("read", "list") and {"write", "permissions"}.intersection(levels) else first

    def spelled(self, prefix: str, name: str) -> str | None:
        """The action's own spelling of ``name``, whatever its letter case."""
        actions = self.service(prefix).actions
        if name in actions:
            return name
        folded = self._lower.get(prefix)
        if folded is None:
            folded = self._lower[prefix] = {action.lower(): action for action in actions}
        return folded.get(name.lower())


def _is_login(operation: Operation, event_type: str | None) -> bool:
    if event_type == "AwsConsoleSignIn" or f"{operation.service}:{operation.name}" in LOGINS:
        return True
    return login_by_source(operation.service, operation.name)
