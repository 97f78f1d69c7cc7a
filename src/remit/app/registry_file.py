"""Editing ``identities.toml`` for a person: append one entry, leave every other line as it stands."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from remit.model.errors import StoreError
from remit.rooms.attribution.registry import parse_registry


def add_entry(path: Path, kind: str, name: str, match: list[str], more: Mapping[str, str]) -> None:
    """Append an entry, checked before it is written; the file is replaced whole or not at all.

    :raises ConfigError: if the file, or the file with the entry, is no registry.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = [f"[[{kind}]]", f"name = {_text(name)}", f"match = [{', '.join(map(_text, match))}]"]
    lines += [f"{key} = {_text(value)}" for key, value in more.items()]
    after = (before.rstrip("\n") + "\n\n" if before.strip() else "") + "\n".join(lines) + "\n"
    parse_registry(after, str(path))
    _replace(path, after)


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's."""
    return json.dumps(value, ensure_ascii=True)


def _replace(path: Path, content: str) -> None:
    fresh = path.with_suffix(".toml.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(path)
    except OSError as error:
        raise StoreError(f"The registry cannot be written: {error.strerror}", where=str(path)) from error
