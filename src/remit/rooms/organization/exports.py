"""Outputs of ``aws organizations`` commands, one JSON file each, -> an organization.

A file is named after its command; what a command was asked for follows, set off by ``-``, ``.``, ``_`` or a folder:
``list-roots.json``, ``list-accounts-for-parent-ou-ab12-cd345678.json``, ``describe-policy/p-12ab34cd.json``. The
Organizations API answers with the same members, so its answers are read from here as well. What AWS answers has no
history: everything counts as there for as long as is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from remit.model.errors import OrganizationError
from remit.rooms.organization.reading import parse_organization
from remit.rooms.organization.structure import FULL_ACCESS, Organization

Json = dict[str, Any]
KINDS: Final = {"SERVICE_CONTROL_POLICY": "SCP", "RESOURCE_CONTROL_POLICY": "RCP"}
"""AWS's names of the policy types that are read."""
_COMMANDS: Final = (
    "describe-organization", "list-roots", "list-organizational-units-for-parent", "list-accounts-for-parent",
    "list-parents", "list-accounts", "list-policies-for-target", "list-policies", "list-targets-for-policy",
    "describe-policy",
)  # fmt: skip
_NAME: Final = re.compile(r"(?P<command>" + "|".join(_COMMANDS) + r")(?:[-._/](?P<asked>[^/]+?))?\.json")
_KIND: Final = re.compile(r"[-._]?(SERVICE|RESOURCE)_CONTROL_POLICY$")


def read_exports(files: Mapping[str, bytes], where: str = "the exports") -> tuple[Organization, list[str]]:
    """The organization, and notes on files that were not read. Keys of ``files`` are paths within the folder.

    :raises OrganizationError: for a file that is not what its name says, or when one that is needed is missing.
    """
    answers = _Answers(where)
    for name in sorted(files):
        answers.take(name, files[name])
    document = answers.organization()
    return parse_organization(json.dumps(document), f"what was read from {where}"), answers.notes


class _Answers:
    """What each command answered, gathered."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._by: dict[str, list[tuple[str, Json, str]]] = {}
        self.notes: list[str] = []

    def take(self, name: str, content: bytes) -> None:
        """One file."""
        matched = _NAME.fullmatch(name.replace("\\", "/"))
        if matched is None:
            self.notes.append(f"{name} is named after no command that is read, and was left out.")
            return
        try:
            document = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise OrganizationError(f"{name} is not JSON", where=self._where) from error
        if not isinstance(document, dict):
            raise OrganizationError(f"{name} is not the output of {matched['command']}", where=self._where)
        if document.get("NextToken"):
            raise OrganizationError(
                f"{name} is one page of several", where=self._where, remedy="Run the command without --no-paginate."
            )
        self._by.setdefault(matched["command"], []).append((matched["asked"] or "", document, name))

    def organization(self) -> Json:
        """The document of an organization file."""
        described = self._only("describe-organization", "Organization")
        root = self._root()
        enabled = [KINDS[each["Type"]] for each in root.get("PolicyTypes", ()) if each.get("Status") == "ENABLED"
                   and each.get("Type") in KINDS]  # fmt: skip
        return {
            "format": 1,
            "id": _said(described, "Id"),
            "management_account": _said(described, "MasterAccountId") or _said(described, "ManagementAccountId"),
            "enabled": enabled,
            "root": {"id": _said(root, "Id"), "name": _said(root, "Name") or "Root"},
            "units": [
                {"id": _said(each, "Id"), "name": _said(each, "Name"), "parent": parent}
                for parent, each in self._listed("list-organizational-units-for-parent", "OrganizationalUnits")
            ],
            "accounts": self._accounts(),
            "policies": self._policies(),
            "attachments": self._attachments(),
        }

    def _root(self) -> Json:
        roots = self._only("list-roots", "Roots")
        if not isinstance(roots, list) or len(roots) != 1 or not isinstance(roots[0], dict):
            raise OrganizationError("list-roots names not one root", where=self._where)
        return roots[0]

    def _accounts(self) -> list[Json]:
        found: dict[str, Json] = {}
        for parent, each in self._listed("list-accounts-for-parent", "Accounts"):
            found[_said(each, "Id")] = _account(each, parent)
        parents = {child: _said(each, "Id") for child, each in self._listed("list-parents", "Parents")}
        for _, each in self._listed("list-accounts", "Accounts"):
            account = _said(each, "Id")
            if account not in found and account not in parents:
                raise OrganizationError(
                    f"Nothing tells under which unit account {account} is",
                    where=self._where,
                    remedy=f"Add list-parents-{account}.json, or list-accounts-for-parent for each unit.",
                )
            found.setdefault(account, _account(each, parents.get(account, "")))
        return list(found.values())

    def _policies(self) -> list[Json]:
        found: list[Json] = []
        for asked, each in self._answered("describe-policy", "Policy"):
            told = each.get("PolicySummary")
            summary: Json = told if isinstance(told, dict) else {}
            policy, kind = _said(summary, "Id") or asked, KINDS.get(_said(summary, "Type"))
            if kind is None:
                self.notes.append(f"Policy {policy} is neither a service nor a resource control policy; left out.")
            elif policy not in FULL_ACCESS:
                versions = [{"document": each.get("Content")}]
                arn, name = _said(summary, "Arn"), _said(summary, "Name")
                found.append({"id": policy, "name": name, "type": kind, "arn": arn, "versions": versions})
        self._miss_no_policy({str(each["id"]) for each in found})
        return found

    def _miss_no_policy(self, described: set[str]) -> None:
        for _, each in self._listed("list-policies", "Policies"):
            policy = _said(each, "Id")
            if _said(each, "Type") in KINDS and policy not in described and policy not in FULL_ACCESS:
                raise OrganizationError(
                    f"list-policies names {policy}, which no describe-policy describes",
                    where=self._where,
                    remedy=f"Add describe-policy-{policy}.json.",
                )

    def _attachments(self) -> list[Json]:
        pairs = [(asked, _said(each, "TargetId"))
                 for asked, each in self._listed("list-targets-for-policy", "Targets")]  # fmt: skip
        for asked, each in self._listed("list-policies-for-target", "Policies"):
            if _said(each, "Type") in KINDS:
                pairs.append((_said(each, "Id"), _KIND.sub("", asked)))
        return [{"policy": policy, "target": target} for policy, target in dict.fromkeys(pairs)]

    def _only(self, command: str, member: str) -> Any:
        found = self._by.get(command, [])
        if len(found) != 1:
            problem = "is missing" if not found else "is there more than once"
            raise OrganizationError(
                f"{command}.json {problem}",
                where=self._where,
                remedy=f"Save the output of aws organizations {command}.",
            )
        return found[0][1].get(member) or {}

    def _answered(self, command: str, member: str) -> Iterator[tuple[str, Json]]:
        for asked, document, name in self._by.get(command, ()):
            if not isinstance(document.get(member), dict):
                raise OrganizationError(f"{name} has no «{member}»", where=self._where)
            yield asked, document[member]

    def _listed(self, command: str, member: str) -> Iterator[tuple[str, Json]]:
        for asked, document, name in self._by.get(command, ()):
            items = document.get(member)
            if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
                raise OrganizationError(f"{name} has no list «{member}»", where=self._where)
            yield from ((asked, each) for each in items)


def _account(each: Json, parent: str) -> Json:
    status = _said(each, "State") or _said(each, "Status") or "ACTIVE"
    return {"id": _said(each, "Id"), "name": _said(each, "Name") or _said(each, "Id"), "parent": parent,
            "status": status}  # fmt: skip


def _said(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
