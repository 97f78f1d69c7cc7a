"""A query less what its top level says of one column: what that column's facet is counted over."""

from __future__ import annotations

from remit.model.columns import BY_NAME
from remit.rooms.query.syntax import AllOf, AnyOf, Negated, Node, Term, all_of


def terms_of(node: Node) -> tuple[Node, ...]:
    """The statements that all have to hold."""
    return node.terms if isinstance(node, AllOf) else (node,)


def field_of(node: Node) -> str | None:
    """The field a statement is about, also of ``-field:a`` and ``field:a,b``; None when it is about several or none."""
    if isinstance(node, Negated):
        return field_of(node.term)
    if isinstance(node, AnyOf):
        fields = {field_of(each) for each in node.terms}
        return fields.pop() if len(fields) == 1 else None
    return node.field if isinstance(node, Term) else None


def without_column(node: Node, column: str) -> Node:
    """The query without the statements that are about this column, by whichever of its words."""
    return all_of(each for each in terms_of(node) if field_of(each) not in BY_NAME[column].query)
