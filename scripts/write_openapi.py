"""Write docs/openapi.json, the description of the API: ``.venv/bin/python scripts/write_openapi.py``.

With ``--check`` nothing is written and the exit status is 1 when the document is not current.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from remit.faces.api.application import build_api, document

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "openapi.json"


def current() -> str:
    """The document as the routes say it today."""
    return json.dumps(document(build_api({})), indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check; the process's exit status."""
    text = current()
    if "--check" in arguments:
        return int(not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text)
    DOCUMENT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
