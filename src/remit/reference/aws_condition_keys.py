"""The condition keys AWS's services document, and the type of each.

Compiled from the service authorization reference by ``scripts/compile_reference.py``, handed in as bytes. AWS's global
keys are not in it: the reference lists them by action only where an action supports them.
"""

from __future__ import annotations

import gzip
import re
import zlib
from typing import Final

import msgspec

from remit.model.errors import ConfigError

HOLE: Final = re.compile(r"\$\{[^}]*\}|<[^>]*>")
"""What the reference writes where a tag's key, or another name, stands."""


class _File(msgspec.Struct):
    version: str
    services: dict[str, dict[str, str]]


class ConditionKeys:
    """Key -> type, letter case aside. Types: String, ARN, Bool, Numeric, Date, IPAddress, and ArrayOf each."""

    def __init__(self, file: _File) -> None:
        self.version: Final = file.version
        self._services = file.services
        self._exact: dict[str, str] = {}
        self._templates: list[tuple[re.Pattern[str], str]] = []
        self._by_prefix: dict[str, list[str]] = {}
        for keys in file.services.values():
            for name, kind in keys.items():
                self._enter(name.lower(), kind)

    def _enter(self, lower: str, kind: str) -> None:
        if not HOLE.search(lower):
            self._exact.setdefault(lower, kind)
            return
        pattern = "[^:]*".join(re.escape(part) for part in HOLE.split(lower))
        self._templates.append((re.compile(pattern), kind))

    @classmethod
    def from_bytes(cls, data: bytes) -> ConditionKeys:
        """Read the compiled file. Raises ``ConfigError`` when the bytes are not one."""
        try:
            return cls(msgspec.json.decode(gzip.decompress(data), type=_File))
        except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
            raise ConfigError(
                "The table of condition keys cannot be read",
                where=str(error)[:200],
                remedy="Reinstall the package, or compile it again with scripts/compile_reference.py.",
            ) from error

    def type_of(self, key: str) -> str | None:
        """The type of a key; None for a key that no service documents."""
        lower = key.lower()
        found = self._exact.get(lower)
        if found is None and len(lower) <= 256:
            found = next((kind for pattern, kind in self._templates if pattern.fullmatch(lower)), None)
        return found

    def of_service(self, prefix: str) -> tuple[str, ...]:
        """The names of the keys that begin with a prefix, as the reference spells them."""
        if not self._by_prefix:
            for name in dict.fromkeys(name for keys in self._services.values() for name in keys):
                self._by_prefix.setdefault(name.partition(":")[0].lower(), []).append(name)
        return tuple(self._by_prefix.get(prefix.lower(), ()))
