"""What a Google Cloud method does, read from its name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_READS: Final = """
get list search check read query watch lookup fetch describe export download aggregated batchget test validate report
count view access sample preview explain
"""
_CREATES: Final = "insert create add import upload clone copy provision allocate reserve undelete restore recover"
_DELETES: Final = "delete remove destroy purge drop deletecollection"
_UPDATES: Final = """
update patch set modify replace start stop reset suspend resume restart resize move attach detach enable disable deploy
rollback cancel abandon recreate apply promote failover run execute exec expand simulate switch rotate activate
deactivate rename change rewrite compose setiam bulk
"""
_KINDS: Final = {
    **dict.fromkeys(_READS.split(), "read"),
    **dict.fromkeys(_CREATES.split(), "create"),
    **dict.fromkeys(_DELETES.split(), "delete"),
    **dict.fromkeys(_UPDATES.split(), "update"),
}
_LATER: Final = {
    "created": "create",
    "updated": "update",
    "changed": "update",
    "deleted": "delete",
    "removed": "delete",
}
"""Last words of events that tell what happened: ``inboundSsoProfileUpdated``."""
_TOKENS: Final = frozenset(
    ("generateaccesstoken", "generateidtoken", "exchangetoken", "signjwt", "signblob", "login", "loginsuccess")
)
"""Methods that turn one identity's credentials into another's, as ``sts:AssumeRole`` does."""
_ACCESS_METHODS: Final = frozenset(
    ("setiampolicy", "setiampermissions", "setorgpolicy", "clearorgpolicy", "insertprojectownershipinvite")
)
_ACCESS: Final = re.compile(
    r"serviceaccountkey|workloadidentitypool|workforcepool|groupmember|accesslevel|serviceperimeter|accesspolic|"
    r"bucketaccesscontrol|objectaccesscontrol|\.(?:cluster)?role(?:binding)?s\.|serviceaccounts\.token|"
    r"orgpolicy\.|denypolic|assignedrole|rolebinding|iam\.v\w+\.policies\.",
    re.IGNORECASE,
)
_ACCESS_NOUN: Final = re.compile(r"(?:create|update|delete|undelete|patch|insert)role$", re.IGNORECASE)
_API_KEYS: Final = re.compile(r"apikeys\.", re.IGNORECASE)
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@lru_cache(maxsize=4096)
def action_kind(method: str, service: str) -> str:
    """The kind of a call. What cannot be told from the name, such as ``Encrypt``, is ``other``."""
    last = method.rpartition(".")[2]
    lower = last.lower()
    if lower in _TOKENS:
        return "login"
    if lower in _ACCESS_METHODS:
        return "permission"
    kind = "update" if ".pods.exec." in method or ".pods.portforward." in method else _by_words(last)
    if kind in ("create", "update", "delete") and _governs_access(method, last, service):
        return "permission"
    return kind


def _by_words(last: str) -> str:
    words = [word.lower() for word in _WORDS.findall(last)]
    if not words:
        return "other"
    if len(words) > 1 and words[0] in ("batch", "bulk", "force", "internal", "async", "begin"):
        words = words[1:]
    return _KINDS.get(words[0]) or _KINDS.get(last.lower()) or _LATER.get(words[-1], "other")


def _governs_access(method: str, last: str, service: str) -> bool:
    return bool(
        _ACCESS.search(method)
        or _ACCESS_NOUN.search(last)
        or _API_KEYS.search(f"{service}." if service.startswith("apikeys") else method)
    )
