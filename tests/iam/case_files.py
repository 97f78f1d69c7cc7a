"""The case files beside this module.

``cases`` say which of the file's documents apply to a request; ``conditions`` are one Condition block each, and whether
it passes: they become a Deny beside an Allow of everything.
"""

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
        for each in content.get("conditions", ()):
            found.append({**_condition_case(each), "file": path.stem})
        for case in content.get("cases", ()):
            policies = {kind: _filled(names, content["policies"]) for kind, names in case.get("with", {}).items()}
            found.append({**case, "policies": policies, "file": path.stem})
    return found


def _condition_case(each: Json) -> Json:
    version = each.get("version", "2012-10-17")
    denial = {"Sid": "D", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": each["condition"]}
    allowance = {"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}
    document = {**({"Version": version} if version else {}), "Statement": [allowance, denial]}
    decision = {True: "explicitly_denied", False: "allowed", "unknown": "unknown"}[each["matches"]]
    request = {
        "principal": "arn:aws:iam::111111111111:user/ann",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::data/a.txt",
        "context": each["context"],
        "unknown_keys": each.get("unknown_keys", []),
    }
    expect = {"decision": decision, "unknown_keys": each.get("settled_by", [])}
    return {"name": each["name"], "request": request, "policies": {"identity": [document]}, "expect": expect}


def _filled(names: Any, documents: Json) -> Any:
    if isinstance(names, list):
        return [_filled(name, documents) for name in names]
    return documents[names] if isinstance(names, str) else names
