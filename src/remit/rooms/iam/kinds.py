"""What each kind of policy takes: AWS stores no SCP that names principals, and no key policy that names none."""

from __future__ import annotations

from remit.model.errors import PolicyError
from remit.rooms.iam.document import Document, Statement
from remit.rooms.iam.vocabulary import WITH_PRINCIPAL


def check_kind(document: Document, kind: str) -> None:
    """Raises ``PolicyError`` when AWS would not take the document as a policy of ``kind``: identity, boundary and
    session policies and SCPs name no principal, the others must; RCPs speak of everyone."""
    for statement in document.statements:
        what = _kind_trouble(statement, kind)
        if what:
            named = statement.principals if "rincipal" in what else None
            place = named.place if named is not None else statement.place
            raise PolicyError(what, name=document.name, pointer=place.pointer, line=place.line, column=place.column)


def _kind_trouble(statement: Statement, kind: str) -> str:
    principals = statement.principals
    if kind not in WITH_PRINCIPAL and principals is not None:
        return f"A statement of {_article(kind)} policy cannot name principals"
    if kind in WITH_PRINCIPAL and principals is None:
        return f"A statement of {_article(kind)} policy must name its principals"
    if kind == "rcp" and principals is not None and (principals.negated or not principals.anyone):
        return 'A resource control policy takes only "Principal": "*"'
    if kind == "rcp" and statement.effect == "Allow" and not _is_full_access(statement):
        return "A resource control policy allows nothing but everything, as RCPFullAWSAccess does; others only deny"
    if statement.resources is None and kind != "resource":
        return f"A statement of {_article(kind)} policy must name its resources"
    return ""


def _is_full_access(statement: Statement) -> bool:
    plain = not (statement.not_actions or statement.not_resources or statement.conditions)
    return plain and statement.actions == ("*",) and statement.resources == ("*",)


def _article(kind: str) -> str:
    names = {
        "scp": "a service control",
        "rcp": "a resource control",
        "identity": "an identity",
        "boundary": "a boundary",
    }
    return names.get(kind) or ("an endpoint" if kind == "endpoint" else f"a {kind}")
