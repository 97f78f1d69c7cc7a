"""Licences of what running Remit installs: none may be GPL, AGPL or LGPL.

Reads the metadata of installed distributions, from the requirements of pyproject.toml down. Prints one line each; the
exit status is 1 when a licence is refused or not stated.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT: Final = Path(__file__).parent.parent / "pyproject.toml"
REFUSED: Final = re.compile(r"\b[AL]?GPL|GNU (Affero |Lesser |Library )?General Public", re.IGNORECASE)
_LONGEST: Final = 80
"""A ``License`` field may hold the whole text; its first line, cut here, is enough to name it."""


def direct(test: bool = False) -> list[str]:
    """Names of the distributions that pyproject.toml asks for."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    wanted = project["optional-dependencies"]["test"] if test else project["dependencies"]
    return [canonicalize_name(Requirement(line).name) for line in wanted]


def runtime() -> dict[str, str]:
    """Every distribution that running needs, direct or not, with its licence."""
    found: dict[str, str] = {}
    waiting = direct()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        installed = distribution(name)
        found[name] = licence_of(installed)
        waiting += _required(installed)
    return dict(sorted(found.items()))


def licence_of(installed: Distribution) -> str:
    """What its metadata says: the SPDX expression, the classifiers, the licence field, or the
    title of its licence file; empty when nothing does."""
    metadata = installed.metadata
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = [line for line in metadata.get_all("Classifier") or () if line.startswith("License ::")]
    named = [line.rpartition(" :: ")[2] for line in classifiers]
    stated = str(metadata.get("License") or "").strip().partition("\n")[0][:_LONGEST]
    return " OR ".join(named) or stated or _titled(installed)


def _titled(installed: Distribution) -> str:
    """The first line of a licence file it brings, cut short."""
    for path in installed.files or ():
        if path.name.upper().startswith(("LICENSE", "LICENCE")) and ".dist-info/" in str(path):
            return path.read_text().strip().partition("\n")[0].strip()[:_LONGEST]
    return ""


def refused(licence: str) -> bool:
    """True for a licence of the GPL family, and for none stated."""
    return not licence or REFUSED.search(licence) is not None


def _required(installed: Distribution) -> list[str]:
    """What it needs in this environment, extras left out; an environment it is not for needs nothing."""
    names = []
    for line in installed.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            names.append(canonicalize_name(requirement.name))
    return names


def main() -> int:
    """Print the licences; the process's exit status."""
    try:
        found = runtime()
    except PackageNotFoundError as error:
        print(f"not installed: {error.name}; run make setup first", file=sys.stderr)
        return 1
    for name, licence in found.items():
        print(f"{'REFUSED ' if refused(licence) else ''}{name}: {licence or 'no licence stated'}")
    return int(any(map(refused, found.values())))


if __name__ == "__main__":
    sys.exit(main())
