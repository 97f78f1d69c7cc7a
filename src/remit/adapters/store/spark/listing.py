"""Which files a lake has, as Spark reads them: from its log alone, without a lease, with nothing written or mended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from remit.adapters.store.deltalog import LOG
from remit.adapters.store.lake import Lake
from remit.adapters.store.localfolder import LocalFolder
from remit.adapters.store.schema import KINDS
from remit.adapters.store.storage import Storage
from remit.model.errors import NotFound, Unavailable

_HADOOP: Final = {"s3://": "s3a://"}
"""Schemes that Hadoop's file systems have another word for."""
_PATTERN: Final = re.compile(r"[{}\[\]*?\\]")
"""What Hadoop takes for a pattern of names, unless a backslash stands before it."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one table at one version, as addresses that Spark reads; ``rows`` and ``size`` are their sums."""

    version: int
    paths: tuple[str, ...]
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A lake at one moment: ``root`` is its address, ``tables`` its tables' files by name."""

    root: str
    tables: Mapping[str, Files]


def lake_of(given: str) -> str:
    """The lake's address: what was given, or the folder ``lake`` in a data folder.

    :raises NotFound: if there is no lake in a folder.
    """
    if "://" in given:
        return given.rstrip("/")
    for folder in (Path(given) / "lake", Path(given)):
        if (folder / KINDS[0] / LOG).is_dir():
            return str(folder.absolute())
    raise NotFound(
        "There is no lake here", where=given, remedy="Name a data folder, or the folder or URL of its lake, by --lake."
    )


def storage_of(root: str) -> Storage:
    """The place of a lake.

    :raises Unavailable: for a kind of place that this version cannot list.
    """
    if "://" in root:
        raise Unavailable("This version lists lakes in folders only", where=root, remedy="Give a path, not a URL.")
    return LocalFolder(Path(root))


def listed(root: str, lake: Lake) -> Listing:
    """Every table's files at the version that the lake is at."""
    return Listing(root, {kind: _files(root, lake, kind) for kind in KINDS})


def _files(root: str, lake: Lake, kind: str) -> Files:
    change = lake.files(kind)
    where = _PATTERN.sub(r"\\\g<0>", _for_spark(f"{root}/{kind}"))
    paths = tuple(sorted(f"{where}/{file.path}" for file in change.added))
    return Files(
        change.version, paths, sum(file.rows for file in change.added), sum(file.size for file in change.added)
    )


def _for_spark(address: str) -> str:
    """The address in the words of Hadoop's file systems."""
    for scheme, hadoop in _HADOOP.items():
        if address.startswith(scheme):
            return hadoop + address.removeprefix(scheme)
    return address if "://" in address else f"file:{address}"
