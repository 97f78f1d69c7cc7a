"""The case files beside this module: documents by name, and cases that say which of them apply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]
FOLDER = Path(__file__).parent / "cases"


def load_cases() -> list[Json]:
    """Every case of every file, its documents put in; ``file`` says where it stands."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        for case in content["cases"]:
            policies = {kind: _filled(names, content["policies"]) for kind, names in case.get("with", {}).items()}
            found.append({**case, "policies": policies, "file": path.stem})
    return found


def _filled(names: Any, documents: Json) -> Any:
    if isinstance(names, list):
        return [_filled(name, documents) for name in names]
    return documents[names] if isinstance(names, str) else names
