"""Policy text -> ``Document``. What AWS would refuse to store is refused here too, with its place.

``parse_document`` raises at the first trouble; ``read_document`` collects all of them, for a linter.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from remit.model.errors import PolicyError
from remit.rooms.iam.conditions import condition_trouble, split_operator
from remit.rooms.iam.document import Condition, Document, Principals, Source, Statement
from remit.rooms.iam.placed import LONGEST, Number, decode_text, read_json
from remit.rooms.iam.templates import variable_trouble
from remit.rooms.iam.vocabulary import (
    DOCUMENT_ELEMENTS,
    OPERATORS,
    PRINCIPAL_TYPES,
    STATEMENT_ELEMENTS,
    VERSIONS,
    WITH_VARIABLES,
    fold,
)

Path = tuple[str | int, ...]
_ACTION: Final = re.compile(r"\*+|[A-Za-z0-9*?-]+:[A-Za-z0-9*?_.-]+", re.ASCII)
_AWS_PRINCIPAL: Final = re.compile(
    r"\d{12}|A[A-Z0-9]{15,127}|arn:[a-z-]+:(?:iam::\d{12}:(?:root|(?:user|role)/[!-)+->@-~]+)"
    r"|iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+"
    r"|sts::\d{12}:(?:assumed-role/[!-)+-.0->@-~]+/[!-)+-.0->@-~]+|federated-user/[!-)+-.0->@-~]+))",
    re.ASCII,
)
_MOST_VALUES: Final = 20_000
"""Values (actions, resources, condition values) of one document; far above what fits any AWS limit."""
_LONGEST_VALUE: Final = 8192
_MOST_PROBLEMS: Final = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a document, and every trouble found. ``document`` has only the statements without
    trouble; it is None when not even an object could be read, or when reading stopped at a hundred troubles or at more
    than any AWS policy has."""

    document: Document | None
    problems: tuple[PolicyError, ...]


def parse_document(source: str | bytes | Mapping[str, Any], name: str = "policy") -> Document:
    """The document, or ``PolicyError`` for its first trouble."""
    reading = read_document(source, name)
    if reading.problems:
        raise reading.problems[0]
    assert reading.document is not None  # noqa: S101  # a reading without problems has a document
    return reading.document


def read_document(source: str | bytes | Mapping[str, Any], name: str = "policy") -> Reading:
    """The document with all its troubles, in the order they stand. Raises nothing for bad input."""
    try:
        if isinstance(source, str | bytes):
            text = decode_text(source, name)
            value, offset = read_json(text, name)
            placed = Source(value, text, offset)
        else:
            placed = Source(source)
    except PolicyError as error:
        return Reading(None, (error,))
    reader = _DocumentReader(placed, name)
    try:
        document = reader.document()
    except _Stop:
        document = None
    return Reading(document, tuple(reader.problems))


class _DocumentReader:
    """Reads one document; troubles gather in ``problems``."""

    def __init__(self, source: Source, name: str) -> None:
        self.source = source
        self.name = name
        self.problems: list[PolicyError] = []
        self.version: str | None = None
        self.values = 0
        self.characters = 0

    def document(self) -> Document | None:
        """The whole document."""
        value = self.source.value
        if not isinstance(value, Mapping):
            self.problem("A policy is a JSON object", ())
            return None
        self.only(value, DOCUMENT_ELEMENTS, ())
        self.version = self.read_version(value)
        name = self.text(value, "Id", ())
        statements = tuple(self.statements(value))
        self.unique_sids(statements)
        return Document(self.name, statements, self.version, name, self.source)

    def read_version(self, value: Mapping[str, Any]) -> str | None:
        """The Version element; None when there is none."""
        if "Version" not in value:
            return None
        version = value["Version"]
        if not isinstance(version, str) or version not in VERSIONS:
            remedy = f"Use {VERSIONS[0]}."
            self.problem(f"{_shown(version)} is not a version of the policy language", ("Version",), remedy=remedy)
            return None
        return str(version)

    def statements(self, value: Mapping[str, Any]) -> Iterator[Statement]:
        """Every statement that could be read."""
        if "Statement" not in value:
            self.problem("The policy has no Statement", ())
            return
        given = value["Statement"]
        several = isinstance(given, list | tuple)
        for index, one in enumerate(given if several else [given]):
            path: Path = ("Statement", index) if several else ("Statement",)
            self.count(path)
            before = len(self.problems)
            if not isinstance(one, Mapping):
                self.problem("A statement is a JSON object", path)
                continue
            statement = self.statement(one, path, index)
            if len(self.problems) == before:
                yield statement

    def statement(self, one: Mapping[str, Any], path: Path, index: int) -> Statement:
        """One statement; of use only when it brought no problem."""
        self.only(one, STATEMENT_ELEMENTS, path)
        effect = one.get("Effect")
        if not isinstance(effect, str) or effect not in ("Allow", "Deny"):
            self.problem("Effect must be Allow or Deny", (*path, "Effect") if "Effect" in one else path)
        actions = self.either(one, "Action", path, required=True) or ()
        resources = self.either(one, "Resource", path, required=False)
        return Statement(
            effect=str(effect) if isinstance(effect, str) else "",
            actions=actions,
            sid=self.text(one, "Sid", path),
            not_actions="NotAction" in one,
            resources=resources,
            not_resources="NotResource" in one,
            principals=self.principals(one, path),
            conditions=tuple(self.conditions(one, path)),
            index=index,
            place=self.source.place(path),
        )

    def either(self, one: Mapping[str, Any], element: str, path: Path, *, required: bool) -> tuple[str, ...] | None:
        """Action or NotAction, Resource or NotResource: exactly one, or at most one."""
        given = [name for name in (element, f"Not{element}") if name in one]
        if len(given) == 2:
            self.problem(f"A statement has {element} or Not{element}, not both", (*path, given[1]), key=True)
        if not given:
            if required:
                self.problem(f"The statement has neither {element} nor Not{element}", path)
            return None
        found = []
        for spot, text in self.texts(one[given[0]], (*path, given[0])):
            what, remedy = (_action_trouble(text), "") if element == "Action" else self.resource_trouble(text)
            if what:
                self.problem(what, spot, remedy=remedy)
            found.append(text)
        return tuple(found)

    def resource_trouble(self, text: str) -> tuple[str, str]:
        """What is wrong with a resource pattern, and what to do; empty when nothing is."""
        if not text.startswith(("arn:", "*", "?", "${", "execute-api:/")):
            return f"{_shown(text)} is neither an ARN nor *", "Write the resource's full ARN."
        return (variable_trouble(text) if self.version == VERSIONS[0] else "", "")

    def principals(self, one: Mapping[str, Any], path: Path) -> Principals | None:
        """Principal or NotPrincipal; None when the statement has neither."""
        given = [name for name in ("Principal", "NotPrincipal") if name in one]
        if not given:
            return None
        spot = (*path, given[0])
        if len(given) == 2:
            self.problem("A statement has Principal or NotPrincipal, not both", (*path, given[1]), key=True)
        value, negated, place = one[given[0]], given[0] == "NotPrincipal", self.source.place(spot)
        if isinstance(value, str) and value == "*":
            return Principals(anyone=True, negated=negated, place=place)
        if not isinstance(value, Mapping):
            self.problem(f'{given[0]} is "*" or an object', spot)
            return None
        self.only(value, PRINCIPAL_TYPES, spot)
        found = {kind: tuple(self.named(value, kind, spot)) for kind in PRINCIPAL_TYPES}
        aws = tuple(text for text in found["AWS"] if text != "*")
        anyone = "*" in found["AWS"]
        return Principals(anyone, aws, found["Service"], found["Federated"], found["CanonicalUser"], negated, place)

    def named(self, value: Mapping[str, Any], kind: str, path: Path) -> Iterator[str]:
        """The principals of one type."""
        if kind not in value:
            return
        for spot, text in self.texts(value[kind], (*path, kind)):
            if kind == "AWS" and text != "*" and not _AWS_PRINCIPAL.fullmatch(text):
                wild = "*" in text or "?" in text
                what = f"{_shown(text)} is no account, user, role or session"
                remedy = "A principal takes no wildcard but a lone *; test aws:PrincipalArn instead." if wild else ""
                self.problem(what, spot, remedy=remedy)
            elif kind != "AWS" and ("*" in text or "?" in text):
                self.problem(f"A {kind} principal takes no wildcard", spot)
            yield text

    def conditions(self, one: Mapping[str, Any], path: Path) -> Iterator[Condition]:
        """Every test of the Condition block."""
        block = one.get("Condition", {})
        path = (*path, "Condition")
        if not isinstance(block, Mapping):
            self.problem("Condition is an object of operators", path)
            return
        for spelled, tests in block.items():
            spot = (*path, str(spelled))
            parts = split_operator(spelled)
            if parts is None:
                self.problem(f"{_shown(spelled)} is no condition operator", spot, key=True, remedy=_nearest(spelled))
            elif not isinstance(tests, Mapping):
                self.problem("A condition operator takes an object of keys", spot)
            else:
                for key in tests:
                    yield self.condition(parts, key, tests[key], (*spot, str(key)))

    def condition(self, parts: tuple[str, str, bool], key: Any, value: Any, path: Path) -> Condition:
        """One test; troubles with its key or values are noted."""
        qualifier, operator, if_exists = parts
        self.count(path)
        if not isinstance(key, str) or not _is_key(key):
            self.problem(f"{_shown(key)} is no condition key: it has no service prefix such as aws:", path, key=True)
        found = []
        for spot, text in self.texts(value, path, scalars=True):
            what = condition_trouble(operator, text)
            if not what and self.version == VERSIONS[0] and _takes_variables(operator):
                what = variable_trouble(text)
            if what:
                self.problem(what, spot)
            found.append(text)
        return Condition(operator, str(key), tuple(found), qualifier, if_exists, self.source.place(path))

    def texts(self, value: Any, path: Path, *, scalars: bool = False) -> Iterator[tuple[Path, str]]:
        """Each text of a text or a list of texts, with its path; numbers and booleans too when ``scalars``."""
        several = isinstance(value, list | tuple)
        for index, one in enumerate(value if several else [value]):
            spot = (*path, index) if several else path
            text = _text_of(one, scalars)
            self.count(spot, len(text or ""))
            if text is None:
                self.problem(f"Expected text{', a number or a boolean' if scalars else ''} or a list of it", spot)
            elif len(text) > _LONGEST_VALUE:
                self.problem(f"A value has {len(text):,} characters; {_LONGEST_VALUE:,} are read", spot)
            else:
                yield spot, text

    def text(self, value: Mapping[str, Any], member: str, path: Path) -> str:
        """An optional text; empty when absent."""
        text = value.get(member, "")
        if not isinstance(text, str) or isinstance(text, Number):
            self.problem(f"{member} is text", (*path, member))
            return ""
        return text

    def only(self, value: Mapping[str, Any], known: tuple[str, ...], path: Path) -> None:
        """Note every member that is none of ``known``."""
        for member in value:
            if member not in known:
                nearest = difflib.get_close_matches(str(member)[:64].title(), known, 1)
                remedy = f"Did you mean {nearest[0]}?" if nearest else f"Known are {', '.join(known)}."
                self.problem(f"{_shown(member)} is no element here", (*path, str(member)), key=True, remedy=remedy)

    def unique_sids(self, statements: tuple[Statement, ...]) -> None:
        """Note statements whose Sid another one has."""
        seen: set[str] = set()
        for statement in statements:
            if statement.sid and statement.sid in seen:
                path = ("Statement", statement.index, "Sid")
                self.problem(f"The Sid {_shown(statement.sid)} is given to two statements", path)
            seen.add(statement.sid)

    def problem(self, what: str, path: Path, *, key: bool = False, remedy: str = "") -> None:
        """Note one trouble."""
        self.problems.append(self.source.error(what, self.name, path, key=key, remedy=remedy))
        if len(self.problems) >= _MOST_PROBLEMS:
            raise _Stop

    def count(self, path: Path, characters: int = 0) -> None:
        """Note one more value, and stop where the document grows beyond what any AWS policy has."""
        self.values += 1
        self.characters += characters
        if self.values > _MOST_VALUES or self.characters > LONGEST:
            said = f"{self.values:,} values of {self.characters:,} characters"
            self.problem(f"Reading stopped after {said}, more than any AWS policy has", path)
            raise _Stop


class _Stop(Exception):
    """Enough is known of a document that cannot be used."""


def _text_of(value: Any, scalars: bool) -> str | None:
    if isinstance(value, Number):
        return str(value) if scalars else None
    if isinstance(value, str):
        return value
    if scalars and isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if scalars and isinstance(value, int | float) else None


def _action_trouble(text: str) -> str:
    if _ACTION.fullmatch(text):
        return ""
    odd = next((c for c in text if not c.isascii()), "")
    if odd:
        return f"The action {_shown(text)} has {_shown(odd)} (U+{ord(odd):04X}), which is in no action's name"
    return f"{_shown(text)} is no action: actions read service:Name, such as s3:GetObject, or *"


def _is_key(key: str) -> bool:
    """Whether it reads as a key. Only behind a slash, in a tag's name, may letters other than the Latin ones stand;
    what cannot be seen, which would make a key that no request has, stands nowhere."""
    prefix, colon, rest = key.partition(":")
    name = key.partition("/")[0]
    return bool(colon and rest and prefix and name.isascii() and key.isprintable() and " " not in prefix)


def _takes_variables(operator: str) -> bool:
    return OPERATORS[operator][0] in WITH_VARIABLES


def _nearest(spelled: Any) -> str:
    names = {fold(name): name for name in OPERATORS}
    bare = fold(str(spelled)[:64]).rpartition(":")[2].removesuffix("ifexists")
    found = difflib.get_close_matches(bare, names, 1)
    return f"Did you mean {names[found[0]]}?" if found else ""


def _shown(value: Any) -> str:
    """A short text of what was given; of an object or a list only that it is one, however deep it goes."""
    if not isinstance(value, str | int | float | None):
        return "An object" if isinstance(value, Mapping) else "A list"
    text = str(value) if isinstance(value, str) else repr(value)
    return repr(text if len(text) <= 60 else text[:57] + "...")
