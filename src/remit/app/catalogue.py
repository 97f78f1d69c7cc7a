"""The library of guardrails that ships with the package, by itself: it is read without anything that reads events."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from remit.rooms.guardrails.catalogue import Catalogue, load_catalogue


@lru_cache(maxsize=1)
def load_guardrails() -> Catalogue:
    """The library of guardrails with their cases."""
    folder = files("remit.rooms.guardrails") / "catalogue"
    names = {item.name: item for item in folder.iterdir() if item.name.endswith(".toml")}
    names |= {f"cases/{item.name}": item for item in (folder / "cases").iterdir() if item.name.endswith(".json")}
    return load_catalogue({name: item.read_bytes() for name, item in names.items()})
