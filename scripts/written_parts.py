"""The part of a document that a script writes, between two marks: put in place, written to the file, or checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path


def with_part(document: str, name: str, script: str, text: str) -> str:
    """The document with ``text`` between the marks of its part ``name``, which tell who writes it.

    :raises ValueError: when the document has no such marks.
    """
    begin, end = f"<!-- {name}: written by scripts/{script}.py -->", f"<!-- end of {name} -->"
    before, begun, rest = document.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"the document does not mark where {name} go")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def write_or_check(path: Path, current: Callable[[str], str], arguments: Sequence[str]) -> int:
    """Write what ``current`` makes of the file's text; the process's exit status. With ``--check`` nothing is written
    and the status is 1 when the file is not current."""
    before = path.read_text(encoding="utf-8")
    after = current(before)
    if "--check" in arguments:
        return int(before != after)
    path.write_text(after, encoding="utf-8")
    return 0
