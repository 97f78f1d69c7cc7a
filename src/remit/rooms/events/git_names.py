"""What people call a repository, from the many ways a remote is written."""

from __future__ import annotations

import re
from typing import Final

_REMOTE: Final = re.compile(
    r"(?:[a-z+]{2,10}://[^/\s]{1,300}/|[^@/\s]{1,64}@[^:/\s]{1,255}:)([^\s?#]{1,300}?)(?:\.git)?/?$"
)


def repository_name(written: str | None) -> str | None:
    """``owner/name`` (or deeper, as GitLab nests groups) from a remote's URL; a path or a name stays what it is."""
    if not written:
        return None
    match = _REMOTE.match(written.partition("/commit/")[0])
    return match.group(1) if match else written.rstrip("/").removesuffix(".git")
