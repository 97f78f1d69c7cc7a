"""Taking a name out of what the lake's log says in its own words."""

from __future__ import annotations

import json
from collections.abc import Callable

from remit.adapters.store.lake.deltalog import LOG, OWN, is_leftover, version_of
from remit.adapters.store.lake.storage import Storage


def cleanse(storage: Storage, table: str, names: Callable[[str], bool]) -> int:
    """Rewrite every commit whose own words (such as the place a batch came from) name somebody; says how many.

    What a commit did to the table stays as it was. Dropped commits that were set aside, and what a write that failed
    left behind, are removed altogether.
    """
    rewritten = 0
    found = [entry.name for entry in storage.entries(f"{table}/{LOG}")]
    if unread := [name for name in found if name.endswith(".torn") or is_leftover(name)]:
        storage.remove(unread)
    for name in found:
        if version_of(name) is None:
            continue
        lines = storage.read(name).decode().splitlines()
        clean = [_cleansed(line, names) for line in lines]
        if clean != lines:
            storage.replace(name, "\n".join(clean).encode())
            rewritten += 1
    return rewritten


def _cleansed(line: str, names: Callable[[str], bool]) -> str:
    action = json.loads(line)
    meta = action.get("commitInfo", {}).get(OWN, {}).get("meta")
    if not isinstance(meta, dict) or not any(isinstance(said, str) and names(said) for said in meta.values()):
        return line
    action["commitInfo"][OWN]["meta"] = {
        key: "erased" if isinstance(said, str) and names(said) else said for key, said in meta.items()
    }
    return json.dumps(action)
