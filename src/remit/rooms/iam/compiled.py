"""Documents made ready for many requests: which statements speak of an action, and whether each applies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from remit.rooms.iam.document import Document, Statement
from remit.rooms.iam.key_truth import KeyTest, Truth, resolve
from remit.rooms.iam.principals import DIRECT, Named, naming
from remit.rooms.iam.request import Request
from remit.rooms.iam.templates import Match, Token, matcher, tokens_of, variables_of
from remit.rooms.iam.vocabulary import fold

ResourceTest = Callable[[Request], bool | None]
StatementTruth = Callable[[Request], bool | None]
_MOST_SERVICES: Final = 512
_MOST_ACTIONS: Final = 4096
"""Actions remembered by each index; the action is the caller's, so the memory must have an end."""


class CompiledStatement:
    """One statement, ready to be asked. ``principals`` is None where the policy is attached to the principal.

    ``truth`` answers whether the statement applies to a request whose action it speaks of; None when that is unknown.
    ``always`` says that it applies whatever the request. All that answers for a request is made when it is first asked
    for: of the many statements of an organization most speak of no action that is ever asked about.
    """

    resources: tuple[tuple[Token, ...], ...]
    resource: ResourceTest | None
    principals: Named | None
    tests: tuple[KeyTest, ...]
    always: bool
    truth: StatementTruth

    __slots__ = (
        "_actions",
        "_matches",
        "_variables",
        "allows",
        "always",
        "document",
        "principals",
        "resource",
        "resources",
        "statement",
        "tests",
        "truth",
        "version",
    )

    def __init__(self, statement: Statement, document: Document) -> None:
        self.statement = statement
        self.document = document.name
        self.version = document.version
        self.allows = statement.effect == "Allow"
        self._actions = tuple(map(fold, statement.actions))
        self._matches: dict[str, tuple[Match, ...]] = {}
        self._variables = document.has_variables

    def __getattr__(self, name: str) -> Any:
        """Called for what was not made yet, and never again for it."""
        if name not in _MADE_LATER:
            raise AttributeError(name)
        self._make()
        return getattr(self, name)

    def _make(self) -> None:
        statement, variables = self.statement, self._variables
        self.resources = tuple(tokens_of(text, variables=variables) for text in statement.resources or ())
        self.resource = _resource_test(statement, self.resources)
        named = statement.principals
        self.principals = naming(named, statement.effect) if named is not None else None
        self.tests = tuple(KeyTest(condition, variables=variables) for condition in statement.conditions)
        self.always = self.resource is None and self.principals is None and not self.tests
        self.truth = _truth(self)

    def speaks_of(self, folded_action: str) -> bool:
        """Whether Action or NotAction takes in the action, given in lower case."""
        service = folded_action.partition(":")[0]
        found = self._matches.get(service)
        if found is None:
            if len(self._matches) >= _MOST_SERVICES:
                self._matches.clear()
            found = tuple(_action_match(text) for text in self._actions if _of_service(text, service))
            self._matches[service] = found
        for match in found:
            if match(folded_action):
                return not self.statement.not_actions
        return self.statement.not_actions

    def for_everyone(self) -> CompiledStatement:
        """The same statement without its principals."""
        document = Document(self.document, (), self.version)
        return CompiledStatement(replace(self.statement, principals=None), document)

    def named(self, request: Request) -> int | None:
        """How it names the principal, as in ``principals``."""
        return DIRECT if self.principals is None else self.principals(request)

    def variable_keys(self) -> frozenset[str]:
        """The keys of variables in its resources."""
        return frozenset(variable.key for tokens in self.resources for variable in variables_of(tokens))

    def unread(self, request: Request) -> Iterable[KeyTest]:
        """Tests that stay open although the request gives the key: its value cannot be read as what they compare."""
        facts = request.facts
        for test in self.tests:
            if facts.get(test.key) and test.truth(facts) is None and not test.unknown_variables(facts):
                yield test


def _truth(one: CompiledStatement) -> StatementTruth:
    """The cheapest form of the statement's question: most have no resource, no principal and few conditions."""
    if one.resource is not None or one.principals is not None:
        return _whole_truth(one)
    truths = tuple(test.truth for test in one.tests)
    if not truths:
        return lambda _request: True
    if len(truths) == 1:
        only = truths[0]
        return lambda request: only(request.facts)
    return lambda request: _all(truths, request)


def _all(truths: tuple[Truth, ...], request: Request) -> bool | None:
    facts = request.facts
    known: bool | None = True
    for truth in truths:
        found = truth(facts)
        if found is False:
            return False
        if found is None:
            known = None
    return known


def _whole_truth(one: CompiledStatement) -> StatementTruth:
    resource, principals, truths = one.resource, one.principals, tuple(test.truth for test in one.tests)

    def truth(request: Request) -> bool | None:
        touched = True if resource is None else resource(request)
        if touched is False:
            return False
        named = 1 if principals is None else principals(request)
        if named == 0:
            return False
        passed = _all(truths, request) if truths else True
        if passed is False:
            return False
        return None if touched is None or named is None else passed

    return truth


_MADE_LATER: Final = frozenset({"resources", "resource", "principals", "tests", "always", "truth"})


def _of_service(folded: str, service: str) -> bool:
    """Whether a pattern of actions may fit an action of the service: it names that service, or has a wildcard there."""
    named = folded.partition(":")[0]
    return named == service or "*" in named or "?" in named


def _action_match(folded: str) -> Match:
    return matcher(tokens_of(folded, variables=False))


def _resource_test(statement: Statement, patterns: tuple[tuple[Token, ...], ...]) -> ResourceTest | None:
    """None when every resource passes."""
    if statement.resources is None or ("*" in statement.resources and not statement.not_resources):
        return None
    wanted = not statement.not_resources
    if "*" in statement.resources:
        return lambda _request: False
    fixed = tuple(matcher(tokens) for tokens in patterns if not variables_of(tokens))
    open_ones = tuple(tokens for tokens in patterns if variables_of(tokens))

    def passes(request: Request) -> bool | None:
        arn = request.resource
        if arn is None:
            return None if patterns else not wanted
        for fits in fixed:
            if fits(arn):
                return wanted
        pending = False
        for tokens in open_ones:
            resolved, open_ = resolve(tokens, request.facts)
            if resolved is not None and matcher(resolved)(arn):
                if not open_:
                    return wanted
                pending = True
        return None if pending else not wanted

    return passes


@dataclass(frozen=True, slots=True)
class Grants:
    """The statements of one document, or of several, that speak of one action."""

    allows: tuple[CompiledStatement, ...]
    denies: tuple[CompiledStatement, ...]


_SILENT: Final = Grants((), ())


class CompiledDocument:
    """Documents as one set of statements, found by action."""

    def __init__(self, *documents: Document) -> None:
        self.documents = documents
        self.statements = tuple(
            CompiledStatement(one, document) for document in documents for one in document.statements
        )
        self._by_action: dict[str, Grants] = {}

    def speaking_of(self, folded_action: str) -> Grants:
        """The statements that speak of the action, given in lower case; remembered for the next request."""
        found = self._by_action.get(folded_action)
        if found is None:
            if len(self._by_action) >= _MOST_ACTIONS:
                self._by_action.clear()
            about = [one for one in self.statements if one.speaks_of(folded_action)]
            allows, denies = (tuple(one for one in about if one.allows is wanted) for wanted in (True, False))
            found = Grants(allows, denies) if about else _SILENT
            self._by_action[folded_action] = found
        return found
