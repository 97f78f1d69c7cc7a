"""What a form of export cannot carry unchanged. Such a policy is refused, with the place, rather than turned into
another one by the tool that reads it.

A document that AWS would accept has none of these; a file that somebody else wrote may.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from remit.model.errors import NotExportable

DEEPEST: Final = 64
_LONGEST_KEY: Final = 1000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_RESOLVED: Final = re.compile(r"\{\{\s*resolve:")
_TOKEN: Final = re.compile(r"[$#]\{Token\[")
_FAR: Final = 1e200
_EXACT_IN_JAVASCRIPT: Final = 2**53
_EXACT_IN_TERRAFORM: Final = 10**150

Trap = Callable[[Any, bool], str]
"""(a text or number of the document, whether it is a key) -> what would become of it, empty if it stays as it is."""


def refuse_traps(document: Mapping[str, Any], *traps: Trap) -> None:
    """:raises NotExportable: for the first value that would not come through, with its JSON pointer."""
    for place, value, is_key in _values(document, "", 0):
        for trap in (_json, *traps):
            if said := trap(value, is_key):
                raise NotExportable(
                    f"This policy cannot be exported in this form: {said}",
                    where=place or "/",
                    remedy="Change that text, or choose another --format.",
                )


def terraform(value: Any, is_key: bool) -> str:  # noqa: ARG001 - a Trap
    """Terraform brings every text into Unicode's composed form, and keeps 512 bits of a number."""
    if isinstance(value, str) and unicodedata.normalize("NFC", value) != value:
        return "Terraform would replace letters of a text by their composed forms"
    if isinstance(value, int) and abs(value) > _EXACT_IN_TERRAFORM:
        return "Terraform would round a number"
    return ""


def cloudformation(value: Any, is_key: bool) -> str:
    """CloudFormation looks for functions in keys and for references in every text."""
    if not isinstance(value, str):
        return ""
    if _RESOLVED.search(value):
        return "CloudFormation would resolve a dynamic reference within a text"
    if is_key and (value == "Ref" or value.startswith("Fn::")):
        return "CloudFormation would take a key for one of its functions"
    if is_key and len(value) > _LONGEST_KEY:
        return "YAML takes no key of more than a thousand letters"
    return ""


def cdk(value: Any, is_key: bool) -> str:
    """The CDK marks values that it fills in later within texts, keys and numbers; its wire from Python has keys of its
    own."""
    if isinstance(value, float) and abs(value) > _FAR:
        return "the CDK would take a number for one of its tokens"
    if isinstance(value, int) and abs(value) > _EXACT_IN_JAVASCRIPT:
        return "JavaScript would round a number"
    if isinstance(value, str) and _TOKEN.search(value):
        return "the CDK would take a text for one of its tokens"
    if is_key and (value == "__proto__" or str(value).startswith("$jsii.")):
        return "JavaScript would not keep a key"
    return ""


def _json(value: Any, is_key: bool) -> str:  # noqa: ARG001 - a Trap
    """What no form carries: text outside Unicode, null, numbers that JSON does not have."""
    if value is None:
        return "a policy has no null"
    if isinstance(value, str) and _SURROGATE.search(value):
        return "a text holds half of a surrogate pair, which is no letter"
    if isinstance(value, float) and not math.isfinite(value):
        return "a number is not finite"
    return ""


def _values(value: Any, place: str, depth: int) -> Iterator[tuple[str, Any, bool]]:
    """Every key and plain value of a document: (JSON pointer, it, whether it is a key)."""
    if depth > DEEPEST:
        raise NotExportable(f"The policy is nested more than {DEEPEST} levels deep", where=place[:200])
    if isinstance(value, Mapping):
        for key, inner in value.items():
            here = f"{place}/{_step(key)}"
            yield here, key, True
            yield from _values(inner, here, depth + 1)
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            yield from _values(inner, f"{place}/{position}", depth + 1)
    else:
        yield place, value, False


def _step(key: str) -> str:
    """A key as a step of a JSON pointer, short and printable."""
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in key[:80])
    return plain.replace("~", "~0").replace("/", "~1")
