"""The rules of ``evaluate`` once more, as plainly as they can be said, to compare the fast one with.

It shares the parsed documents, the request, how one number or date reads and what an unknown key may be, and no
matching. All that the request leaves open is tried in every way; what the decision hangs on is read off the outcomes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from remit.reference.aws_rcp import RCP_EXEMPT_ACTIONS, RCP_SERVICES
from remit.rooms.iam.document import Condition, Document, Principals, Statement
from remit.rooms.iam.formulas import states_told_apart
from remit.rooms.iam.operands import parse_address, parse_binary, parse_bool, parse_date, parse_network, parse_number
from remit.rooms.iam.policies import Policies
from remit.rooms.iam.request import Request


class Open(Exception):
    """A question without an answer yet."""


def reference_evaluate(request: Request, policies: Policies) -> tuple[str, set[str]]:
    """The decision and the smallest set of lower-case keys that settles an unknown one."""
    documents = [document for layer in policies.layers for document in layer.compiled.documents]
    return _settled(request, documents, lambda world: world.decide(policies))


def reference_denies(request: Request, document: Document) -> tuple[str, set[str]]:
    """Whether a Deny of the document applies, ``yes``, ``no`` or ``unknown``, and the keys that settle it."""
    return _settled(request, (document,), lambda world: "yes" if world.some((document,), "Deny") else "no")


def _settled(request: Request, documents: Iterable[Document], decide: Callable[[World], str]) -> tuple[str, set[str]]:
    outcomes, keys = list[tuple[dict[Hashable, Any], str]](), dict[Hashable, set[str]]()
    waiting, states = [dict[Hashable, Any]()], states_told_apart(request, documents)
    while waiting:
        answers = waiting.pop()
        try:
            outcomes.append((answers, decide(World(request, answers, keys, states))))
        except Open as question:
            waiting += ({**answers, question.args[0]: answer} for answer in question.args[1])
    pairs = [(one, other) for one, first in outcomes for other, second in outcomes if first != second]
    apart = ([q for q in one if q in other and one[q] != other[q]] for one, other in pairs)
    return "unknown" if pairs else outcomes[0][1], set().union(*(keys[q[0]] for q in apart if len(q) == 1))


class World:
    """One way things may be: the request, with answers to what it leaves open."""

    def __init__(self, request: Request, answers: Any, keys: dict[Hashable, set[str]], states: Any) -> None:
        self.request, self.answers, self.keys, self.states = request, answers, keys, states
        self.action = request.action.lower()

    def values(self, key: str) -> tuple[str, ...] | None:
        unknown = [name.lower() for name in self.request.unknown_keys]
        if key in unknown or any(name[-1] == "*" and key.startswith(name[:-1]) for name in unknown):
            return None
        return next((values for name, values in self.request.context.items() if name.lower() == key), ())

    def ask(self, question: Hashable, keys: Iterable[str], options: Iterable[Any] = (True, False)) -> Any:
        self.keys[question] = set(keys)
        if question not in self.answers:
            raise Open(question, options)
        return self.answers[question]

    def decide(self, p: Policies) -> str:
        request, who = self.request, self.request.principal
        linked = request.principal_is_service_linked or who.service_linked
        same = request.principal_account == request.resource_account and not request.account_unknown
        managed = request.resource_org_management or (same and request.principal_org_management)
        service, resource = self.action.split(":")[0], (p.resource,) if p.resource else ()
        scps = p.scps if who.account and not linked and not request.principal_org_management else ()
        rcps = p.rcps if service in RCP_SERVICES and self.action not in RCP_EXEMPT_ACTIONS else ()
        levels = [*scps, *(() if linked or managed else rcps), p.identity, resource, p.boundary, p.session, p.endpoint]
        if any(self.some(documents, "Deny", bounded=bool(p.boundary)) for documents in levels):
            return "explicitly_denied"
        gates = all(self.some(documents, "Allow") for documents in (*scps, *([p.endpoint] if p.endpoint else [])))
        limited = who.form == "root" or all(self.some(each, "Allow") for each in (p.boundary, p.session) if each)
        identity = limited and (who.form == "root" or (bool(who.account) and self.some(p.identity, "Allow")))
        direct, role, account = (self.some(resource, "Allow", how=how) for how in ("direct", "role", "account"))
        arn, subject = (request.resource or "").split(":", 5), "" if self.action.startswith("sts:get") else service
        owned = {"kms": ["kms", "key/"], "sts": ["iam", "role/"]}.get(subject)
        own_policy_decides = [*arn[2:3], *("".join(part.partition("/")[:2]) for part in arn[5:])] == owned
        if request.resource is None and owned and identity and not account:
            own_policy_decides = self.ask("last word", {"resource"})
        granted = direct or (role and limited) or (identity and (account or not own_policy_decides))
        if granted and who.account and not same and not (identity and (direct or role or account)):
            granted = request.account_unknown and self.ask("own account", {"aws:resourceaccount"})
        return "allowed" if gates and granted else "implicitly_denied"

    def some(self, documents: Iterable[Document], effect: str, *, bounded: bool = False, how: str = "") -> bool:
        return any(self.applies(s, d.has_variables, effect, bounded, how) for d in documents for s in d.statements)

    def applies(self, s: Statement, variables: bool, effect: str, bounded: bool, how: str) -> bool:
        if s.effect != effect or any(self.like(a.lower(), self.action, False) for a in s.actions) == s.not_actions:
            return False
        named = self.named(s.principals, s.effect, bounded) if s.principals else "direct"
        met = named and (not how or named == how) and self.touches(s, variables)
        return bool(met) and all(self.holds(c, variables) for c in s.conditions)

    def touches(self, s: Statement, variables: bool) -> bool:
        patterns, arn = s.resources, self.request.resource
        if patterns is None or "*" in patterns:
            return not s.not_resources
        found = [None if arn is None else self.like(pattern, arn, variables) for pattern in patterns]
        if not (touched := True in found) and None in found:
            keys = {key for pattern in patterns for key in self.unknown(pattern, variables)}
            question = ("arn", frozenset(patterns), variables and "${" in "".join(patterns))
            touched = self.ask(question, keys | {"resource"} if arn is None else keys)
        return touched != s.not_resources

    def named(self, principals: Principals, effect: str, bounded: bool) -> str:
        who, account, listed = self.request.principal, self.request.principal_account, principals.aws
        in_account, parts = bool(who.account), [text.split(":", 5) for text in listed if ":" in text]
        by_account = in_account and (account in listed or any(a[4:] == [account, "root"] for a in parts))
        by_role = any(a[4] == account and a[5][:5] == "role/" and a[5].split("/")[-1] == who.role for a in parts)
        path = f"[^:]*:[^:]*:[^:]*:[^:]*:{account}:role/(.*/)?{re.escape(who.role)}"
        own = re.fullmatch(path, " ".join(self.values("aws:principalarn") or ()), re.DOTALL)
        by_role = who.text in listed if who.form == "role" else in_account and (own[0] in listed if own else by_role)
        names = listed if in_account else principals.service if who.form == "service" else principals.federated
        itself = (who.text in names and who.form != "role") or (who.form == "root" and by_account)
        if principals.negated and effect == "Deny":
            spared = by_account and (by_role or (itself and who.form != "session")) if in_account else itself
            return "direct" if bounded or not (spared or principals.anyone) else ""
        canonical = in_account and principals.canonical and not (principals.anyone or itself or by_role or by_account)
        if canonical and self.request.principal_canonical_user is None:
            by_account = self.ask(("principal", principals), {"principal_canonical_user"})
        by_account = by_account or (in_account and self.request.principal_canonical_user in principals.canonical)
        found = "direct" if principals.anyone or itself else "role" if by_role else "account" if by_account else ""
        return ("" if found else "direct") if principals.negated else found

    def holds(self, c: Condition, variables: bool) -> bool:
        key, negated, values = c.key.lower(), "Not" in c.operator, self.values(c.key.lower())
        values = self.ask(("values", key), {key}, self.states[key]) if values is None else values
        if c.operator == "Null":
            return ("false" if values else "true") in [value.lower().strip() for value in c.values]
        for_all, base = c.qualifier == "ForAllValues", c.operator.replace("Not", "").replace("ArnEquals", "ArnLike")
        if not values or (c.qualifier and not any(values)):
            return (not values and c.if_exists) or (for_all if c.qualifier else negated)
        variables = variables and base[:3] in ("Str", "Arn") and "${" in "".join(c.values)
        failing = bool(c.qualifier) and negated != for_all  # look for a value that fails, or for one that passes
        found = [self.compare(base, c.values, value, variables) for value in values]
        if not (some := (not failing) in found) and None in found:
            keys = {name for text in c.values for name in self.unknown(text, variables)}
            question = (base, key, frozenset(c.values), failing, bool(c.qualifier), variables, values)
            some = self.ask(question, keys or {key})
        return bool(some != (for_all if c.qualifier else negated))

    def compare(self, base: str, texts: Iterable[str], value: str, variables: bool) -> bool | None:
        if base[:3] in ("Str", "Arn"):
            found = [self.like(text, value, variables, base) for text in texts]
            return True if True in found else None if None in found else False
        reads = {"Num": parse_number, "Dat": parse_date, "Boo": parse_bool, "IpA": parse_network}
        read: Any = reads.get(base[:3], parse_binary)
        given = (parse_address if base == "IpAddress" else read)(value)
        if given is None or base == "IpAddress":
            return given and any(v == given[0] and given[1] & mask == at for v, at, mask in map(read, texts))
        signs = [-1] * ("Less" in base) + [1] * ("Greater" in base) + [0] * (base.endswith("Equals") or base == "Bool")
        return any((given > w) - (given < w) in signs for w in map(read, texts))

    def unknown(self, text: str, variables: bool) -> set[str]:
        return {key for key, _, variable in _pieces(text, variables) if variable and self.values(key) is None}

    def like(self, text: str, value: str, variables: bool, base: str = "StringLike") -> bool | None:
        wild = {"*": "any", "?": "one"} if base in ("StringLike", "ArnLike") else {}
        pattern: list[str] = []
        for piece, default, variable in _pieces(text, variables):
            values = self.values(piece) if variable and ":" in piece else (piece,)
            values = (default,) if default is not None and values == () else values
            if values is not None and len(values) != 1:
                return False
            pattern += ["any"] if values is None else values[0] if variable else [wild.get(c, c) for c in piece]
        if base == "StringEqualsIgnoreCase":
            pattern, value = [c for p in pattern for c in ([p] if p == "any" else p.lower())], value.lower()
        loose = bool(self.unknown(text, variables))  # what does not fit with anything in place of it never fits
        if loose or base != "ArnLike" or pattern == ["any"]:
            return _fits(pattern, value) and (None if loose else True)
        colons = [-1, *[at for at, c in enumerate(pattern) if c == ":"][:5], len(pattern)]
        parts, given = [pattern[i + 1 : j] for i, j in itertools.pairwise(colons)], value.split(":", 5)
        return len(parts) == len(given) == 6 and all(map(_fits, parts, given))


def _pieces(text: str, variables: bool) -> list[tuple[str, str | None, bool]]:
    """Plain text, or the key of a variable with its default; whether it is a variable."""
    found = re.finditer(r"\$\{([^},]*)(?:,\s*'([^}]*)')?\s*\}|(?:(?!\$\{).)+", text, re.DOTALL)
    read = [(m[0], None, False) if m[1] is None else (m[1].strip().lower(), m[2], True) for m in found]
    return read if variables else [(text, None, False)]


def _fits(pattern: list[str], text: str) -> bool:
    reached = {0}  # how much of the text the pattern so far may have taken
    for c in pattern:
        onward = range(min([*reached, len(text) + 1]), len(text) + 1) if c == "any" else ()
        reached = {*onward, *(at + 1 for at in reached if at < len(text) and c in ("one", text[at]))}
    return len(text) in reached
