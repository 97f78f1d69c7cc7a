"""The words of the IAM policy language: elements, versions, condition operators and what each kind of policy takes."""

from __future__ import annotations

from typing import Final

KINDS: Final = ("identity", "resource", "boundary", "session", "endpoint", "scp", "rcp")
"""Kinds of policy. ``resource`` includes key policies and role trust policies, ``endpoint`` is a VPC endpoint's."""
WITH_PRINCIPAL: Final = frozenset({"resource", "endpoint", "rcp"})
"""Kinds whose statements name principals; in all others the policy is attached to the principal itself."""

VERSIONS: Final = ("2012-10-17", "2008-10-17")
"""The policy language's versions. A document that names none is of 2008-10-17 and has no variables."""
DOCUMENT_ELEMENTS: Final = ("Version", "Id", "Statement")
STATEMENT_ELEMENTS: Final = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
PRINCIPAL_TYPES: Final = ("AWS", "Service", "Federated", "CanonicalUser")

OPERATORS: Final[dict[str, tuple[str, bool]]] = {
    "StringEquals": ("StringEquals", False),
    "StringNotEquals": ("StringEquals", True),
    "StringEqualsIgnoreCase": ("StringEqualsIgnoreCase", False),
    "StringNotEqualsIgnoreCase": ("StringEqualsIgnoreCase", True),
    "StringLike": ("StringLike", False),
    "StringNotLike": ("StringLike", True),
    "NumericEquals": ("NumericEquals", False),
    "NumericNotEquals": ("NumericEquals", True),
    "NumericLessThan": ("NumericLessThan", False),
    "NumericLessThanEquals": ("NumericLessThanEquals", False),
    "NumericGreaterThan": ("NumericGreaterThan", False),
    "NumericGreaterThanEquals": ("NumericGreaterThanEquals", False),
    "DateEquals": ("DateEquals", False),
    "DateNotEquals": ("DateEquals", True),
    "DateLessThan": ("DateLessThan", False),
    "DateLessThanEquals": ("DateLessThanEquals", False),
    "DateGreaterThan": ("DateGreaterThan", False),
    "DateGreaterThanEquals": ("DateGreaterThanEquals", False),
    "Bool": ("Bool", False),
    "BinaryEquals": ("BinaryEquals", False),
    "IpAddress": ("IpAddress", False),
    "NotIpAddress": ("IpAddress", True),
    "ArnEquals": ("ArnLike", False),
    "ArnLike": ("ArnLike", False),
    "ArnNotEquals": ("ArnLike", True),
    "ArnNotLike": ("ArnLike", True),
    "Null": ("Null", False),
}
"""Operator -> the test it makes, and whether it wants that test to fail. ArnEquals and ArnLike are one test."""
QUALIFIERS: Final = ("ForAllValues", "ForAnyValue")
WITH_VARIABLES: Final = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike"})
"""Tests whose policy values may hold variables; elsewhere ``${`` is only text."""

_FOLD: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold(text: str) -> str:
    """Lower case of the 26 Latin letters alone: the Kelvin sign stays what it is and is no ``k``."""
    return text.lower() if text.isascii() else text.translate(_FOLD)
