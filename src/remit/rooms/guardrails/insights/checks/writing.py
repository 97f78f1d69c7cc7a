"""Writing: characters that mislead the eye, and what is written twice."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from remit.rooms.guardrails.insights.edits import removed, replaced
from remit.rooms.guardrails.insights.facts import Facts
from remit.rooms.guardrails.insights.finding import Check
from remit.rooms.guardrails.insights.hit import Fix, Hit
from remit.rooms.guardrails.insights.located import Node, step, strings
from remit.rooms.guardrails.insights.policy import Policy, Statement
from remit.rooms.guardrails.insights.rewriting import without_statement, without_value
from remit.rooms.iam.wildcards import covers

_LOOK_ALIKES: Final = dict(
    zip(
        "аАвВсСеЕнНіІјЈкКмМоОрРѕЅтТуУхХԁԛԝһαΑΒεΕΖΗιΙκΚΜνΝοΟρΡΤυΥχΧ：∗＊⁎‐‑‒–—−／⁄∕․‚",
        "aABBcCeEhHiIjJkKmMoOpPsStTyYxXdqwhaABeEZHiIkKMvNoOpPTuYxX:***------///.,",
        strict=True,
    )
)
"""Letters of other scripts, and signs, that look like ASCII."""
_PAIR: Final = 20
"""What comparing two values costs, in the steps that facts account for."""
_SHOWN: Final = frozenset(" ")


def _invisible(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for node, pointer in strings(policy.root):
        bad = [char for char in str(node.value) if _unseen(char)]
        if bad:
            clean = "".join(char for char in str(node.value) if not _unseen(char))
            names = ", ".join(dict.fromkeys(f"U+{ord(char):04X}" for char in bad))
            fix = Fix("Remove the invisible characters", replaced(policy.text, node, clean), True)
            yield Hit(node, pointer, f"The string has characters nobody sees: {names}", (fix,))


def _unseen(char: str) -> bool:
    return char not in _SHOWN and unicodedata.category(char) in ("Cf", "Cc", "Zs", "Zl", "Zp", "Co", "Cn", "Cs")


def _alike(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for node, pointer in strings(policy.root):
        text = str(node.value)
        if text.isascii() or not (strange := [char for char in text if plain_letter(char) != char]):
            continue
        plain = "".join(plain_letter(char) for char in text)
        if not plain.isascii() or any(_unseen(char) for char in text):
            continue
        names = ", ".join(dict.fromkeys(f"{char} (U+{ord(char):04X})" for char in strange))
        fix = Fix(f"Write {plain!r} in ASCII", replaced(policy.text, node, plain), True)
        yield Hit(node, pointer, f"{text!r} only looks like {plain!r}: {names}", (fix,))


def plain_letter(char: str) -> str:
    """The ASCII character that a character looks like; itself where it looks like none."""
    if char.isascii():
        return char
    folded = unicodedata.normalize("NFKC", char)
    return _LOOK_ALIKES.get(char, folded if len(folded) == 1 and folded.isascii() else char)


def _padded(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for values in (statement.actions, statement.not_actions, statement.resources, statement.not_resources):
            for value in values:
                if value.text != value.text.strip(" ") and value.node.kind == "string":
                    edits = replaced(policy.text, value.node, value.text.strip(" "))
                    fix = Fix("Remove the spaces", edits, True)
                    yield statement.at(value, f"{value.text!r} begins or ends with a space", fixes=(fix,))


def _twice(policy: Policy, facts: Facts) -> Iterator[Hit]:
    pending: list[tuple[Node, str]] = [(policy.root, "")]
    while pending:
        node, pointer = pending.pop()
        places: dict[str, list[int]] = {}
        for at, member in enumerate(node.members):
            places.setdefault(member.name, []).append(at)
            pending.append((member.value, step(pointer, member.name)))
        for name, found in places.items():
            if len(found) > 1:
                yield from _said_again(node, found, step(pointer, name))
        pending.extend((item, step(pointer, at)) for at, item in enumerate(node.items))


def _said_again(node: Node, places: list[int], pointer: str) -> Iterator[Hit]:
    values = [node.members[at].value.plain() for at in places]
    alike = all(value == values[0] for value in values)
    more = "" if alike else ": readers disagree which counts, most drop all but the last"
    for at in places[1:]:
        member = node.members[at]
        fixes = (Fix("Remove the repetition", removed(node, [at]), False),) if alike else ()
        yield Hit(member.key, pointer, f"{member.name!r} is there twice{more}", fixes)


def _same_key(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        seen: dict[tuple[str, str], str] = {}
        for condition in statement.conditions:
            before = seen.setdefault((condition.operator, condition.lower_key), condition.key)
            if before != condition.key:
                message = f"{condition.key!r} and {before!r} are one key: letter case does not tell keys apart"
                yield condition.hit(message, statement)


def _same_sid(policy: Policy, facts: Facts) -> Iterator[Hit]:
    seen: set[str] = set()
    taken = {statement.sid for statement in policy.statements}
    numbers: dict[str, int] = {}
    for statement in policy.statements:
        if statement.sid and statement.sid in seen:
            number = numbers.get(statement.sid, 2)
            while f"{statement.sid}{number}" in taken:
                number += 1
            numbers[statement.sid] = number + 1
            new = f"{statement.sid}{number}"
            edits = replaced(policy.text, statement.elements["Sid"].value, new)
            fix = Fix(f"Rename it to {new}", edits, False)
            yield statement.hit(f"The Sid {statement.sid!r} is taken already", "Sid", fixes=(fix,))
        seen.add(statement.sid)


def _same_statement(policy: Policy, facts: Facts) -> Iterator[Hit]:
    seen: dict[str, Statement] = {}
    for statement in policy.statements:
        before = seen.setdefault(statement.said, statement)
        if before is not statement:
            fixes = without_statement(policy, statement, "Remove the repetition")
            yield statement.hit(f"It says what {before.name} says", "Sid", fixes=fixes)


def _same_value(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for element in ("Action", "NotAction", "Resource", "NotResource"):
            values = _list(statement, element)
            fold = str.lower if element.endswith("Action") else str
            seen: set[str] = set()
            for value in values:
                if fold(value.text) in seen:
                    fixes = without_value(statement, element, value, "Remove the repetition")
                    yield statement.at(value, f"{value.text!r} is in the list already", fixes=fixes)
                seen.add(fold(value.text))


def _list(statement: Statement, element: str) -> tuple:  # type: ignore[type-arg]
    return {
        "Action": statement.actions,
        "NotAction": statement.not_actions,
        "Resource": statement.resources,
        "NotResource": statement.not_resources,
    }[element]


def _covered(policy: Policy, facts: Facts) -> Iterator[Hit]:
    for statement in policy.statements:
        for element in ("Action", "NotAction", "Resource", "NotResource"):
            values = _list(statement, element)
            lower = element.endswith("Action")
            texts = [value.text.lower() if lower else value.text for value in values]
            wide = sorted({text for text in texts if "*" in text}, key=len)
            facts.spend(_PAIR * len(wide) * len(texts))
            for value, text in zip(values, texts, strict=True):
                by = next((each for each in wide if each != text and covers(each, text)), None)
                if by:
                    fixes = without_value(statement, element, value, f"Remove {value.text}")
                    yield statement.at(value, f"{value.text!r} is covered by {by!r} in the same list", fixes=fixes)


CHECKS: Final = (
    Check(
        "invisible-character",
        "high",
        "Characters nobody sees",
        "A zero-width or control character makes a string that looks right and matches nothing, or hides an exemption "
        "from a reviewer.",
        _invisible,
        fixable=True,
    ),
    Check(
        "look-alike",
        "high",
        "Letters that only look like ASCII",
        "A Cyrillic or Greek letter in an action, key or ARN matches nothing that AWS sends, so the statement does "
        "not do what a reviewer reads.",
        _alike,
        fixable=True,
    ),
    Check(
        "padded-value",
        "error",
        "Spaces around an action or resource",
        "The space is part of the string, so it matches nothing.",
        _padded,
        fixable=True,
    ),
    Check(
        "member-twice",
        "error",
        "A member of an object is there twice",
        "JSON readers keep one of the two, usually the last, so half of what a reviewer reads is not in force.",
        _twice,
        fixable=True,
    ),
    Check(
        "key-twice",
        "error",
        "One condition key in two spellings",
        "AWS refuses an operator that has a key twice; keys differ by more than letter case.",
        _same_key,
    ),
    Check(
        "sid-twice",
        "error",
        "Two statements with one Sid",
        "AWS refuses the document, and an explanation by Sid could not say which statement it means.",
        _same_sid,
        fixable=True,
    ),
    Check(
        "statement-twice",
        "medium",
        "A statement is there twice",
        "The second one changes nothing, costs space, and will be forgotten when the first is changed.",
        _same_statement,
        fixable=True,
    ),
    Check(
        "value-twice",
        "low",
        "A value is in a list twice",
        "It costs space and means nothing.",
        _same_value,
        fixable=True,
    ),
    Check(
        "value-covered",
        "low",
        "A value is covered by a wildcard beside it",
        "It costs space and means nothing; or the wildcard is wider than was meant.",
        _covered,
        fixable=True,
    ),
)
