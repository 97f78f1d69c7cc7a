"""Which files a lake has, as Spark reads them: from its log alone, without a lease, with nothing written or mended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from remit.adapters.store.lake.deltalog import LOG
from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.lake.schema import KINDS
from remit.adapters.store.place import S3, LakePlace
from remit.model.errors import NotFound

_S3A: Final = "s3a://"
"""Hadoop's word for S3."""
_PATTERN: Final = re.compile(r"[{}\[\]*?\\]")
"""What Hadoop takes for a pattern of names, unless a backslash stands before it."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one table at one version, as addresses that Spark reads; ``rows`` and ``size`` are their sums.
    ``folder`` is the table's own address."""

    version: int
    folder: str
    paths: tuple[str, ...]
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A lake at one moment: ``root`` is its address, ``tables`` its tables' files by name."""

    root: str
    tables: Mapping[str, Files]


def lake_of(given: str, place: LakePlace) -> LakePlace:
    """Where a lake that was named lies: a folder, the folder ``lake`` in a data folder, or a URL, whose region and
    endpoint are those of ``place``.

    :raises NotFound: if there is no lake in a folder.
    """
    if "://" in given:
        url = given.rstrip("/")
        return replace(place, url=S3 + url.removeprefix(_S3A) if url.startswith(_S3A) else url)
    for folder in (Path(given) / "lake", Path(given)):
        if (folder / KINDS[0] / LOG).is_dir():
            return replace(place, url=str(folder.absolute()))
    raise NotFound(
        "There is no lake here", where=given, remedy="Name a data folder, or the folder or URL of its lake, by --lake."
    )


def hadoop_settings(place: LakePlace) -> dict[str, str]:
    """What Spark must be told to reach a lake as Remit does; credentials it looks for itself, where AWS's tools do."""
    settings = {"endpoint": place.endpoint, "endpoint.region": place.region} if place.url.startswith(S3) else {}
    if settings.get("endpoint"):
        settings["path.style.access"] = "true"
    return {f"spark.hadoop.fs.s3a.{name}": value for name, value in settings.items() if value}


def listed(root: str, lake: Lake) -> Listing:
    """Every table's files at the version that the lake is at."""
    return Listing(root, {kind: _files(root, lake, kind) for kind in KINDS})


def _files(root: str, lake: Lake, kind: str) -> Files:
    change = lake.files(kind)
    folder = _for_spark(f"{root}/{kind}")
    where = _PATTERN.sub(r"\\\g<0>", folder)
    paths = tuple(sorted(f"{where}/{file.path}" for file in change.added))
    rows, size = sum(file.rows for file in change.added), sum(file.size for file in change.added)
    return Files(change.version, folder, paths, rows, size)


def _for_spark(address: str) -> str:
    """The address in the words of Hadoop's file systems."""
    return _S3A + address.removeprefix(S3) if address.startswith(S3) else f"file:{address}"
