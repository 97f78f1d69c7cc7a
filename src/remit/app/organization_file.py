"""The file that describes the organization: read when it is needed and changed, and written by an import."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from remit.app.config.schema import Configuration
from remit.model.errors import OrganizationError
from remit.rooms.organization import Organization, parse_organization
from remit.rooms.organization.writing import organization_json

FILE_NAME: Final = "organization.json"


class OrganizationFile:
    """One path; there need not be a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple[int, int, int], Organization] | None = None

    def organization(self) -> Organization | None:
        """The organization; None where there is no file.

        :raises OrganizationError: for a file that cannot be used.
        """
        try:
            stands = self.path.stat()
            seen = (stands.st_mtime_ns, stands.st_size, stands.st_ino)
            if self._read is None or self._read[0] != seen:
                self._read = seen, parse_organization(self.path.read_bytes(), str(self.path))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OrganizationError(
                f"The organization file cannot be read: {error.strerror}", where=str(self.path)
            ) from error
        return self._read[1]

    def write(self, found: Organization) -> None:
        """Put a file in the place of the present one, whole or not at all."""
        text = json.dumps(organization_json(found), indent=2, ensure_ascii=False) + "\n"
        anew = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            with anew.open("w", encoding="utf-8") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            anew.replace(self.path)
        except OSError as error:
            anew.unlink(missing_ok=True)
            raise OrganizationError(
                f"The organization file cannot be written: {error.strerror}", where=str(self.path)
            ) from error


def organization_of(folder: Path, configured: Configuration) -> OrganizationFile:
    """The file that is configured, or the one in the data folder."""
    return OrganizationFile(configured.organization.file or folder / FILE_NAME)


def exported(folder: Path) -> dict[str, bytes]:
    """Every JSON file of a folder and its folders, by path within it.

    :raises OrganizationError: if it is no folder, or holds more than an organization's exports would.
    """
    if not folder.is_dir():
        raise OrganizationError(
            "There is no such folder of exports",
            where=str(folder),
            remedy=f"Name the folder that holds them. A file of this project's own form is not imported: copy it to "
            f"{FILE_NAME} in the data folder, or name it as organization.file in remit.toml.",
        )
    paths = sorted(path for path in folder.rglob("*.json") if path.is_file() and not path.is_symlink())
    if len(paths) > _MOST_FILES or sum(path.stat().st_size for path in paths) > _MOST_BYTES:
        raise OrganizationError("The folder holds more than an organization's exports", where=str(folder))
    try:
        return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    except OSError as error:
        raise OrganizationError(f"An export cannot be read: {error.strerror}", where=str(folder)) from error


_MOST_FILES: Final = 100_000
_MOST_BYTES: Final = 256 << 20
