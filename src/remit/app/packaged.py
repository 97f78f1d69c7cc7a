"""Data files that ship with the package, read once and handed in."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from remit.model.errors import ConfigError
from remit.rooms.attribution.registry import Registry, parse_registry
from remit.rooms.attribution.signals import Rules, parse_rules

REGISTRY_FILE = "identities.toml"


def load_rules() -> Rules:
    """The signals in the package."""
    folder = files("remit.rooms.attribution") / "signals"
    return parse_rules({item.name: item.read_bytes() for item in folder.iterdir() if item.name.endswith(".toml")})


def load_registry(data: Path) -> Registry:
    """``identities.toml`` of a data folder; an empty registry where there is none."""
    path = data / REGISTRY_FILE
    if not path.exists():
        return Registry()
    try:
        return parse_registry(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{REGISTRY_FILE} cannot be read: {error}", where=str(path)) from error
