"""``organization.json`` -> an organization. What is wrong with a file is said of every place at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from remit.model.errors import OrganizationError
from remit.rooms.organization.structure import (
    FULL_ACCESS,
    KINDS,
    Account,
    Attachment,
    Organization,
    Policy,
    Unit,
    Version,
)

FORMAT: Final = 1
_LARGEST: Final = 64 << 20
_MOST_SHOWN: Final = 20
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_MOST_LEVELS: Final = 64
"""Units one below the other: ten times what AWS takes, and few enough to walk."""
_FIRST: Final = -62_135_596_800_000_000
_LAST: Final = 253_402_300_799_999_999
"""The years 1 to 9999 of UTC in microseconds: a moment beyond them, by its zone, cannot be told."""
_STATES: Final = ("ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "PENDING_ACTIVATION", "CLOSED")
_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("$schema", "format", "id", "management_account", "enabled", "root", "units", "accounts", "policies",
         "attachments", "note"),
    "root": ("id", "name"),
    "units": ("id", "name", "parent"),
    "accounts": ("id", "name", "parent", "status"),
    "policies": ("id", "name", "type", "arn", "versions"),
    "versions": ("valid_from", "document"),
    "attachments": ("policy", "target", "valid_from", "valid_until"),
}  # fmt: skip
"""Every member an object of the file may have."""


def parse_organization(source: str | bytes, name: str = "organization.json") -> Organization:
    """The organization that a file describes.

    :raises OrganizationError: with the place (a JSON pointer) of the first thing that is wrong, and all of them listed.
    """
    reader = _Reader()
    document = _json(source, name)
    found = reader.organization(document)
    if reader.problems:
        raise refused(reader.problems, name)
    return found


def refused(problems: list[tuple[str, str]], name: str) -> OrganizationError:
    """The error of a file with these problems, each a place and what is wrong there."""
    place, what = problems[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    error = OrganizationError(f"{what}{more}", where=f"{name}, at {place or '/'}")
    error.problems = problems[:_MOST_SHOWN]
    return error


def _json(source: str | bytes, name: str) -> Any:
    if len(source) > _LARGEST:
        raise OrganizationError(f"The organization file is larger than {_LARGEST >> 20} MB", where=name)
    try:
        return json.loads(source, object_pairs_hook=_once)
    except _Repeated as error:
        raise OrganizationError(f"The member «{error.args[0][:80]}» is there twice", where=name) from None
    except json.JSONDecodeError as error:
        at = f"{name}, line {error.lineno}, column {error.colno}"
        raise OrganizationError(f"The organization file is not JSON: {error.msg}", where=at) from None
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else "it is not JSON text"
        raise OrganizationError(f"The organization file cannot be read: {said}", where=name) from None


class _Repeated(Exception):
    """A member that an object has twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise _Repeated(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found


class _Reader:
    """Reads on after a mistake, so that all of them are told."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []

    def organization(self, document: Any) -> Organization:
        """The whole; not to be used when there are problems."""
        top = self._object(document, "", "")
        if top.get("format") != FORMAT:
            self._wrong("/format", f"«format» must be {FORMAT}")
        root = self._object(top.get("root"), "/root", "root")
        root_id = self._text(root, "id", "/root")
        units = {root_id: Unit(root_id, self._text(root, "name", "/root", "Root"))}
        for place, item in self._items(top, "units", "", "units"):
            self._add(units, Unit(*(self._text(item, name, place) for name in ("id", "name", "parent"))), place)
        accounts: dict[str, Account] = {}
        for place, item in self._items(top, "accounts", "", "accounts"):
            self._add(accounts, self._account(item, place), place)
        policies = self._policies(top)
        found = Organization(
            self._text(top, "id", ""),
            self._text(top, "management_account", ""),
            root_id,
            units,
            accounts,
            policies,
            tuple(self._attachment(item, place) for place, item in self._items(top, "attachments", "", "attachments")),
            self._enabled(top),
        )
        self._check_tree(found)
        self._check_attachments(found)
        return found

    def _account(self, item: Mapping[str, Any], place: str) -> Account:
        account = Account(
            self._text(item, "id", place),
            self._text(item, "name", place),
            self._text(item, "parent", place),
            self._text(item, "status", place, "ACTIVE"),
        )
        if not _ACCOUNT.fullmatch(account.id):
            self._wrong(f"{place}/id", "An account's id has twelve digits")
        if account.status not in _STATES:
            self._wrong(f"{place}/status", f"An account's status is one of {', '.join(_STATES)}")
        return account

    def _policies(self, top: Mapping[str, Any]) -> dict[str, Policy]:
        found: dict[str, Policy] = {}
        for place, item in self._items(top, "policies", "", "policies"):
            kind = self._text(item, "type", place)
            if kind not in KINDS:
                self._wrong(f"{place}/type", f"A policy's type is {' or '.join(KINDS)}")
            versions = tuple(
                Version(self._document(version, at), self._moment(version, "valid_from", at))
                for at, version in self._items(item, "versions", place, "versions")
            )
            if not versions:
                self._wrong(f"{place}/versions", "A policy has at least one version")
            self._check_order(versions, f"{place}/versions")
            policy = Policy(
                self._text(item, "id", place),
                self._text(item, "name", place),
                kind,
                versions,
                self._text(item, "arn", place, ""),
            )
            self._add(found, policy, place)
        for policy_id, (name, kind, document) in FULL_ACCESS.items():
            arn = f"arn:aws:organizations::aws:policy/{'service' if kind == 'SCP' else 'resource'}_control_policy/"
            found.setdefault(policy_id, Policy(policy_id, name, kind, (Version(document),), arn + policy_id))
        return found

    def _document(self, version: Mapping[str, Any], place: str) -> Mapping[str, Any] | str:
        """Its own reader says what is wrong within a policy, so only what it is matters here."""
        document = version.get("document")
        if isinstance(document, str | dict) and document:
            return document
        self._wrong(f"{place}/document", "A version's document is a JSON object, or its text")
        return {}

    def _attachment(self, item: Mapping[str, Any], place: str) -> Attachment:
        found = Attachment(
            self._text(item, "policy", place),
            self._text(item, "target", place),
            self._moment(item, "valid_from", place),
            self._moment(item, "valid_until", place),
        )
        if found.valid_from is not None and found.valid_until is not None and found.valid_until <= found.valid_from:
            self._wrong(f"{place}/valid_until", "An attachment ends after it begins")
        return found

    def _enabled(self, top: Mapping[str, Any]) -> frozenset[str]:
        given = top.get("enabled", list(KINDS))
        if not isinstance(given, list) or not set(map(str, given)) <= set(KINDS):
            self._wrong("/enabled", f"«enabled» is a list out of {', '.join(KINDS)}")
            return frozenset(KINDS)
        return frozenset(given)

    def _check_order(self, versions: tuple[Version, ...], place: str) -> None:
        before: int | None = None
        for at, version in enumerate(versions):
            if at and (version.valid_from is None or (before is not None and version.valid_from <= before)):
                self._wrong(f"{place}/{at}/valid_from", "Versions are in order, each later than the one before it")
            before = version.valid_from

    def _check_tree(self, found: Organization) -> None:
        for at, unit in enumerate([each for each in found.units.values() if each.parent]):
            if unit.parent not in found.units:
                self._wrong(f"/units/{at}/parent", f"There is no unit «{unit.parent}»")
            elif said := self._amiss_above(found, unit):
                self._wrong(f"/units/{at}/parent", f"The unit «{unit.id}» is {said}")
        for at, account in enumerate(found.accounts.values()):
            if account.parent not in found.units:
                self._wrong(f"/accounts/{at}/parent", f"There is no unit «{account.parent}»")
        if found.management_account not in found.accounts:
            self._wrong("/management_account", "The management account is not among the accounts")

    @staticmethod
    def _amiss_above(found: Organization, unit: Unit) -> str:
        """Why nobody comes to the root from a unit; empty where somebody does."""
        seen = {unit.id}
        above = found.units.get(unit.parent)
        while above is not None and above.parent:
            if above.id in seen:
                return "under itself"
            if len(seen) > _MOST_LEVELS:
                return f"more than {_MOST_LEVELS} units below the root; AWS takes five"
            seen.add(above.id)
            above = found.units.get(above.parent)
        return ""

    def _check_attachments(self, found: Organization) -> None:
        for at, attachment in enumerate(found.attachments):
            if attachment.policy not in found.policies:
                self._wrong(f"/attachments/{at}/policy", f"There is no policy «{attachment.policy}»")
            if attachment.target not in found.units and attachment.target not in found.accounts:
                self._wrong(f"/attachments/{at}/target", f"There is no unit or account «{attachment.target}»")

    def _object(self, value: Any, place: str, shape: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self._wrong(place, "A JSON object belongs here")
            return {}
        for name in value:
            if name not in _MEMBERS[shape]:
                known = ", ".join(_MEMBERS[shape])
                self._wrong(f"{place}/{name[:80]}", f"«{name[:80]}» is unknown here; known are {known}")
        return value

    def _items(
        self, holder: Mapping[str, Any], name: str, place: str, shape: str
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        items = holder.get(name, [])
        if not isinstance(items, list):
            self._wrong(f"{place}/{name}", "A list belongs here")
            return
        for at, item in enumerate(items):
            yield f"{place}/{name}/{at}", self._object(item, f"{place}/{name}/{at}", shape)

    def _text(self, holder: Mapping[str, Any], name: str, place: str, default: str | None = None) -> str:
        value = holder.get(name, default)
        if isinstance(value, str) and (value or default is not None):
            return value
        self._wrong(f"{place}/{name}", f"«{name}» is a text that is not empty")
        return ""

    def _moment(self, holder: Mapping[str, Any], name: str, place: str) -> int | None:
        if holder.get(name) is None:
            return None
        try:
            moment = datetime.fromisoformat(str(holder[name]))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            micros = round(moment.timestamp() * 1_000_000)
        except (ValueError, OverflowError, OSError):
            micros = _LAST + 1
        if _FIRST <= micros <= _LAST:
            return micros
        self._wrong(f"{place}/{name}", f"«{name}» is a moment such as 2026-10-01T09:00:00Z")
        return None

    def _add(self, into: dict[str, Any], item: Any, place: str) -> None:
        if item.id in into:
            self._wrong(f"{place}/id", f"«{item.id}» is there twice")
        into[item.id] = item

    def _wrong(self, place: str, what: str) -> None:
        self.problems.append((place, what))
