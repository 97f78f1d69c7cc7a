"""AWS's policy language: read a document, ask what it decides, and get the statements and the unknown keys behind it.

``parse_document`` reads one policy; ``evaluate`` decides a request under all of them, in three values;
``CompiledPolicy`` judges many requests by one policy alone. ``docs/iam.md`` tells the semantics.
"""

from __future__ import annotations

from remit.model.errors import PolicyError
from remit.rooms.iam.alone import CompiledPolicy, Verdict
from remit.rooms.iam.case_reading import read_case
from remit.rooms.iam.cases import answer, answer_text, evaluation_json
from remit.rooms.iam.document import Condition, Document, Place, Principals, Statement
from remit.rooms.iam.evaluate import Evaluation, Missing, evaluate
from remit.rooms.iam.kinds import check_kind
from remit.rooms.iam.policies import Policies
from remit.rooms.iam.ranked import Determining
from remit.rooms.iam.reading import Reading, parse_document, read_document
from remit.rooms.iam.request import Principal, Request, principal_of, service_principal

__all__ = [
    "CompiledPolicy",
    "Condition",
    "Determining",
    "Document",
    "Evaluation",
    "Missing",
    "Place",
    "Policies",
    "PolicyError",
    "Principal",
    "Principals",
    "Reading",
    "Request",
    "Statement",
    "Verdict",
    "answer",
    "answer_text",
    "check_kind",
    "evaluate",
    "evaluation_json",
    "parse_document",
    "principal_of",
    "read_case",
    "read_document",
    "service_principal",
]
