"""Exports of IAM on disk: found, read once, and read again when they change."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from remit.app.config.schema import Configuration
from remit.flows.permissions.sources import Export
from remit.model.errors import AuthorizationError
from remit.rooms.authorization import Details, read_details

FOLDER: Final = "authorization"
_ENDINGS: Final = (".json", ".json.gz", ".jsonl", ".gz")
_MOST_FILES: Final = 10_000
_MOST_BYTES: Final = 512 << 20
Stamp = tuple[str, int, int]


class AuthorizationFiles:
    """A folder (there need not be one), or paths given instead."""

    def __init__(self, folder: Path, *, required: bool = False) -> None:
        self.folder = folder
        self._required = required
        self._read: tuple[tuple[Stamp, ...], Details] | None = None

    def details(self, given: Sequence[str] = ()) -> tuple[Details, tuple[Export, ...]]:
        """What the exports say, and which files they are; of the paths ``given``, if any.

        :raises AuthorizationError: for a file that cannot be used, or a path that is not there.
        """
        paths = [path for each in given for path in _named(Path(each))] if given else self._found()
        stamps = tuple(_stamp(path) for path in paths)
        read = self._read  # another thread may put what it read, of other paths, in its place at any moment
        if read is None or read[0] != stamps:
            _refuse_much(stamps)
            read = self._read = stamps, read_details({str(path): _content(path) for path in paths})
        return read[1], tuple(Export(Path(name).name, taken // 1000) for name, taken, _ in stamps)

    def _found(self) -> list[Path]:
        if not self.folder.is_dir():
            if self._required:
                raise AuthorizationError("There is no such folder of exports", where=str(self.folder))
            return []
        return list(_inside(self.folder))


def authorization_of(folder: Path, configured: Configuration) -> AuthorizationFiles:
    """The folder that is configured, which must be there, or the one in the data folder."""
    named = configured.authorization.folder
    return AuthorizationFiles(named or folder / FOLDER, required=named is not None)


def _named(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from _inside(path)
    elif path.is_file():
        yield path
    else:
        raise AuthorizationError("There is no such file or folder of exports", where=str(path))


def _inside(folder: Path) -> Iterator[Path]:
    """Exports in a folder and its folders; hidden files and links are no exports."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.name.endswith(_ENDINGS) and not hidden and path.is_file() and not path.is_symlink():
            yield path


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError as error:
        raise AuthorizationError(f"The export cannot be read: {error.strerror}", where=str(path)) from error
    return str(path), found.st_mtime_ns, found.st_size


def _refuse_much(stamps: Sequence[Stamp]) -> None:
    if len(stamps) > _MOST_FILES or sum(size for _, _, size in stamps) > _MOST_BYTES:
        raise AuthorizationError(
            f"The exports are more than {_MOST_FILES:,} files or {_MOST_BYTES:,} bytes",
            where=os.path.commonpath([name for name, _, _ in stamps]),
            remedy="Name those of the accounts in question with --authorization.",
        )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AuthorizationError(f"The export cannot be read: {error.strerror}", where=str(path)) from error
