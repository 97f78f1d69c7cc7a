"""Outputs of ``aws iam get-account-authorization-details`` -> ``Details``.

A file holds one JSON document, or several one after the other (the pages of an answer, several accounts), or a list of
them; gzip is undone. Policy documents are read as the command line prints them (objects) and as the API sends them
(URL-encoded text). Whatever cannot be read exactly is refused with its place: an answer from half an export would say
that something is not allowed when it is.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import msgspec

from remit.model.errors import AuthorizationError, PolicyError
from remit.rooms.authorization import export
from remit.rooms.authorization.details import INLINE, MANAGED, Attached, Details, Identity
from remit.rooms.iam import Document, check_kind, parse_document

LONGEST: Final = 128 << 20
"""Bytes of one file, unpacked. An account with the most roles IAM allows stays below."""
MOST_IDENTITIES: Final = 200_000
_ARN: Final = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(user|role|group)/\S+", re.ASCII)
_GZIP: Final = b"\x1f\x8b"
_SPACE: Final = re.compile(r"[ \t\r\n\x1e]*")
_COMMAND: Final = "Save the whole output of `aws iam get-account-authorization-details`."
T = TypeVar("T")


def read_details(files: Mapping[str, bytes]) -> Details:
    """Everything that the files say together; the keys are their names.

    :raises AuthorizationError: for the first trouble, with the file and the place in it.
    """
    gathered = _Gathered()
    for name in sorted(files):
        for at, page in enumerate(_pages(unpacked(files[name], name), name)):
            gathered.take(page, name, at)
    return gathered.details(len(files))


def unpacked(content: bytes, name: str) -> bytes:
    """The file's bytes without gzip. Raises ``AuthorizationError`` when that is too much or broken."""
    if content.startswith(_GZIP):
        content = b"".join(_members(content, name))
    if len(content) > LONGEST:
        raise AuthorizationError(f"The file has more than {LONGEST:,} bytes", where=name, remedy="Split it by account.")
    return content


def _members(content: bytes, name: str) -> Iterator[bytes]:
    """What each of several gzip files, one after the other, holds; no more than just above ``LONGEST`` in all."""
    left = LONGEST + 1
    while content and left > 0:
        reader = zlib.decompressobj(wbits=31)
        try:
            found = reader.decompress(content, left)
        except zlib.error as error:
            raise AuthorizationError("The file is not whole gzip", where=name) from error
        left -= len(found)
        if left > 0 and not reader.eof:
            raise AuthorizationError("The gzip ends in the middle", where=name)
        content = reader.unused_data
        yield found


def _pages(content: bytes, name: str) -> Iterator[export.Page]:
    """Each document of a file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AuthorizationError("The file is not UTF-8", where=f"{name}, byte {error.start:,}") from error
    decoder = json.JSONDecoder(object_pairs_hook=_once)
    offset, number = _skipped(text, 0), 0
    if offset == len(text):
        raise AuthorizationError("The file is empty", where=name, remedy=_COMMAND)
    while offset < len(text):
        try:
            value, offset = decoder.raw_decode(text, offset)
        except (ValueError, RecursionError) as error:
            said = str(error)[:120] if isinstance(error, ValueError) else "it nests too deeply"
            raise AuthorizationError(f"The file is not JSON: {said}", where=name) from error
        offset = _skipped(text, offset)
        for one in value if isinstance(value, list) else [value]:
            yield _converted(one, export.Page, f"{name}, document {number + 1}")
            number += 1


def _skipped(text: str, offset: int) -> int:
    found = _SPACE.match(text, offset)
    return found.end() if found else offset


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a member given twice could be read two ways."""
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the member {twice[:60]!r} is given twice")
    return made


def _converted(value: Any, kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise AuthorizationError(f"This is no export: {error}"[:300], where=where, remedy=_COMMAND) from error


class _Gathered:
    """Pages, and what they name, put together at the end: a policy may stand on a later page than who has it."""

    def __init__(self) -> None:
        self._unfinished: tuple[str, frozenset[str]] | None = None
        self._pages: list[tuple[export.Page, str]] = []
        self._policies: dict[str, tuple[Document, str]] = {}
        self._groups: dict[str, tuple[export.Group, str]] = {}
        self._identities: dict[str, Identity] = {}
        self._accounts: set[str] = set()

    def take(self, page: export.Page, name: str, at: int) -> None:
        """One page; one that says that more follows is followed by a page of the same account."""
        where = f"{name}, document {at + 1}"
        arns = [*(user.arn for user in page.users), *(role.arn for role in page.roles)]
        accounts = frozenset(arn.split(":")[4] for arn in arns if arn.count(":") >= 5)
        if self._unfinished and accounts and self._unfinished[1] and accounts.isdisjoint(self._unfinished[1]):
            raise _half(self._unfinished[0])
        self._unfinished = (where, accounts) if page.truncated else None
        self._pages.append((page, where))
        for number, policy in enumerate(page.policies):
            self._policy(policy, f"{where}, /Policies/{number}")
        for number, group in enumerate(page.groups):
            account = _account(group.arn, "group", f"{where}, /GroupDetailList/{number}/Arn")
            self._groups[f"{account}/{group.name}"] = (group, f"{where}, /GroupDetailList/{number}")

    def details(self, files: int) -> Details:
        """All of it."""
        if self._unfinished:
            raise _half(self._unfinished[0])
        for page, where in self._pages:
            for number, user in enumerate(page.users):
                self._keep(self._user(user, f"{where}, /UserDetailList/{number}"), where)
            for number, role in enumerate(page.roles):
                self._keep(self._role(role, f"{where}, /RoleDetailList/{number}"), where)
        return Details(self._identities, tuple(sorted(self._accounts)), files)

    def _keep(self, identity: Identity, where: str) -> None:
        before = self._identities.get(identity.arn)
        if before is not None and before != identity:
            raise AuthorizationError(
                f"{identity.arn} is there twice and not the same", where=where, remedy="Keep the newest export alone."
            )
        if len(self._identities) >= MOST_IDENTITIES:
            raise AuthorizationError(f"There are more than {MOST_IDENTITIES:,} roles and users", where=where)
        self._accounts.add(identity.account)
        self._identities[identity.arn] = identity

    def _policy(self, policy: export.Managed, where: str) -> None:
        version = next((each for each in policy.versions if each.default), None)
        if version is None:
            raise AuthorizationError("The policy has no default version", where=where, remedy=_COMMAND)
        found = _document(version.document, policy.arn, "identity", f"{where}/PolicyVersionList")
        before = self._policies.get(policy.arn)
        if before is not None and before[0].statements != found.statements:
            raise AuthorizationError(
                f"{policy.arn} is there twice and not the same", where=where, remedy="Keep the newest export alone."
            )
        self._policies[policy.arn] = (found, policy.name)

    def _role(self, role: export.Role, where: str) -> Identity:
        account = _account(role.arn, "role", f"{where}/Arn")
        attached = [*_inline(role.inline, where, "RolePolicyList"), *self._managed(role.attached)]
        return Identity(
            "role", role.arn, role.name, account, tuple(attached), self._boundary(role.boundary),
            _document(role.trust, role.arn, "trust", f"{where}/AssumeRolePolicyDocument"),
            {tag.key: tag.value for tag in role.tags},
            self._wanting([*role.attached, *_boundaries(role.boundary)]),
            tuple(each.arn for each in role.profiles),
        )  # fmt: skip

    def _user(self, user: export.User, where: str) -> Identity:
        account = _account(user.arn, "user", f"{where}/Arn")
        attached = [*_inline(user.inline, where, "UserPolicyList"), *self._managed(user.attached)]
        links = [*user.attached, *_boundaries(user.boundary)]
        for name in user.groups:
            group, place = self._group(account, name, where)
            links += group.attached
            attached += _inline(group.inline, place, "GroupPolicyList", name)
            attached += self._managed(group.attached, name)
        tags = {tag.key: tag.value for tag in user.tags}
        boundary, wanting = self._boundary(user.boundary), self._wanting(links)
        return Identity("user", user.arn, user.name, account, tuple(attached), boundary, None, tags, wanting)

    def _group(self, account: str, name: str, where: str) -> tuple[export.Group, str]:
        found = self._groups.get(f"{account}/{name}")
        if found is None:
            raise AuthorizationError(
                f"The user is in a group {name[:80]!r} that the export does not have", where=where, remedy=_COMMAND
            )
        return found

    def _managed(self, links: list[export.Link], group: str = "") -> list[Attached]:
        known = [(link.arn, *self._policies[link.arn]) for link in links if link.arn in self._policies]
        return [Attached(_named(found, arn, group), name, MANAGED, arn, group) for arn, found, name in known]

    def _boundary(self, boundary: export.Boundary | None) -> Attached | None:
        if boundary is None or boundary.arn not in self._policies:
            return None
        document, name = self._policies[boundary.arn]
        return Attached(_named(document, f"boundary {boundary.arn}", ""), name, MANAGED, boundary.arn)

    def _wanting(self, links: list[export.Link]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(link.arn for link in links if link.arn not in self._policies))


def _half(where: str) -> AuthorizationError:
    return AuthorizationError(
        "The export stops in the middle: this page says that more follows, and none does", where=where, remedy=_COMMAND
    )


def _boundaries(boundary: export.Boundary | None) -> list[export.Link]:
    return [export.Link(boundary.arn)] if boundary else []


def _inline(policies: list[export.Inline], where: str, member: str, group: str = "") -> list[Attached]:
    made = []
    for number, each in enumerate(policies):
        found = _document(each.document, f"inline {each.name}", "identity", f"{where}/{member}/{number}")
        made.append(Attached(_named(found, found.name, group), each.name, INLINE, "", group))
    return made


def _named(document: Document, name: str, group: str) -> Document:
    return Document(f"{name} of group {group}" if group else name, document.statements, document.version, document.id,
                    document.source)  # fmt: skip


def _document(given: str | dict[str, Any], name: str, kind: str, where: str) -> Document:
    """A policy's document, decoded if it is text."""
    try:
        found = parse_document(unquote(given, errors="strict") if isinstance(given, str) else given, name)
        check_kind(found, "resource" if kind == "trust" else kind)
    except PolicyError as error:
        raise AuthorizationError(error.what, where=f"{where}, {error.where}", remedy=error.remedy) from error
    except UnicodeDecodeError as error:
        raise AuthorizationError("The document is not URL-encoded UTF-8", where=where) from error
    return found


def _account(arn: str, kind: str, where: str) -> str:
    matched = _ARN.fullmatch(arn) if len(arn) <= 2048 else None
    if matched is None or matched[2] != kind:
        raise AuthorizationError(f"{arn[:80]!r} is no {kind}'s ARN", where=where)
    return matched[1]
