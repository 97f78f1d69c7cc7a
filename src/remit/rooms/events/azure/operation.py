"""What an Azure operation does, read from its name."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_ACCESS: Final = """
roleassignments roledefinitions roleassignmentschedulerequests roleeligibilityschedulerequests policyassignments
policydefinitions policysetdefinitions policyexemptions denyassignments locks elevateaccess accesspolicies
federatedidentitycredentials rolebindings clusterrolebindings clusterroles roles sqlroleassignments sqlroledefinitions
"""
_GOVERNS_ACCESS: Final = frozenset(_ACCESS.split())
"""Segments whose writing or deleting changes who may do what."""

_ACTIONS: Final = {
    "elevateaccess": "permission",
    "regeneratekey": "permission",
    "regeneratekeys": "permission",
    "regenerateaccesskey": "permission",
    "begingetaccess": "permission",
    "endgetaccess": "permission",
    "listaccountsas": "permission",
    "listservicesas": "permission",
    "purge": "delete",
    "recover": "create",
    "restore": "create",
    "join": "other",
    "refresh": "other",
}
"""Actions (the segment before ``/action``) that their verb alone does not explain. A shared access signature is a
permission handed out; ``listKeys`` reads the keys that are there."""

_VERBS: Final = (
    (("list", "get", "check", "validate", "query", "export", "download", "preview", "search", "read", "test"), "read"),
    (("delete", "remove", "purge"), "delete"),
    (("create", "add", "generate", "import"), "create"),
)
_PLAIN: Final = {"read": "read", "delete": "delete"}
_CHANGING_CATEGORIES: Final = frozenset(("", "administrative", "write", "delete", "action"))


@lru_cache(maxsize=4096)
def action_kind(operation: str, category: str, created: bool) -> str:
    """The kind of a call named ``operation``; ``created`` says that it answered 201.

    Records of other categories (policy evaluations, health, alerts, advice) are something Azure noticed, not a
    change: ``other``.
    """
    if category.lower() not in _CHANGING_CATEGORIES:
        return "other"
    segments = operation.lower().split("/")
    verb = segments[-1]
    if verb == "read":
        return "read"
    if "microsoft.authorization" in segments[:1] and segments[1:2] == ["policies"]:
        return "other"
    if verb == "action":
        return _action(segments[-2] if len(segments) > 1 else "")
    if _GOVERNS_ACCESS.intersection(segments[1:-1]):
        return "permission"
    if verb == "write":
        return "create" if created else "update"
    return _PLAIN.get(verb, "other")


def _action(verb: str) -> str:
    known = _ACTIONS.get(verb)
    if known:
        return known
    return next((kind for prefixes, kind in _VERBS if verb.startswith(prefixes)), "update")
