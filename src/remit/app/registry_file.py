"""``identities.toml`` on disk: read whole with a version of what was read, replaced whole or not at all."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NoReturn

from remit.model.errors import ConfigError, Conflict, StoreError

JUDGED: Final = "registry_judged"
"""The setting that tells by which version of the registry the stored events were judged last."""


SHARED: Final = "registry"
"""The setting in which a keeper hands its registry to the consoles beside it: ``{text, version}``."""


class RegistryFile:
    """The registry of one data folder. ``version`` is a digest of the content; that of no file is of empty content."""

    ours = True
    """Whether stored events are judged by this file: then what was judged by it may be noted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._editing = threading.Lock()

    def read(self) -> tuple[str, str]:
        """``(content, version)``."""
        try:
            content = self.path.read_bytes()
            return content.decode("utf-8"), version_of(content)
        except FileNotFoundError:
            return "", version_of(b"")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.path.name} cannot be read: {error}", where=str(self.path)) from error

    def edit(self, expected: str, change: Callable[[str], str]) -> str:
        """Replace the content by ``change(content)``; returns the new version.

        :raises Conflict: when the file is no longer the one of version ``expected``; empty takes whatever is there.
        """
        with self._editing:
            content, version = self.read()
            if expected and expected != version:
                raise Conflict(
                    "The registry was changed by somebody else meanwhile, so nothing was written",
                    where=str(self.path),
                    remedy="Look at it as it is now, and make your change again.",
                )
            after = change(content).encode("utf-8")
            _replace(self.path, after)
            return version_of(after)


class SharedRegistry(RegistryFile):
    """The registry as a keeper handed it to the consoles beside it; it is changed where it lies."""

    ours = False

    def __init__(self, setting: Callable[[str], Any], refuse: Callable[[str], NoReturn]) -> None:
        super().__init__(Path("identities.toml of the keeper"))
        self._setting = setting
        self._refuse = refuse

    def read(self) -> tuple[str, str]:
        """``(content, version)``; both empty until a keeper handed one over."""
        handed = self._setting(SHARED) or {}
        return str(handed.get("text", "")), str(handed.get("version", ""))

    def edit(self, expected: str, change: Callable[[str], str]) -> NoReturn:  # noqa: ARG002
        """Refused."""
        self._refuse("Changing the registry of identities")


def version_of(content: bytes) -> str:
    """Sixteen hex digits that change with the content."""
    return blake2b(content, digest_size=8).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".toml.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(f"The registry cannot be written: {error.strerror}", where=str(path)) from error
