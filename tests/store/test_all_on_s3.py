"""What a store is tested for on a local lake, again with the lake on S3: all that looks at no local file of it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.removal import test_erasing, test_retention
from tests.s3server import Lakes

from remit.adapters.store.lake import Lake
from remit.adapters.store.place import LakePlace

from . import test_changes, test_counts, test_following, test_keeper, test_maintenance, test_narrowed, test_tail

MODULES = (
    test_changes,
    test_counts,
    test_following,
    test_keeper,
    test_maintenance,
    test_narrowed,
    test_tail,
    test_erasing,
    test_retention,
)
LOCAL: frozenset[str] = frozenset()
"""Tests that look at, or damage, files of a local lake."""

pytestmark = pytest.mark.heavy


@pytest.fixture(autouse=True)
def on_s3(lakes: Lakes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lake of every data folder is a prefix of its own."""

    def there(folder: Path) -> LakePlace:
        return lakes.place(sha256(str(folder.absolute()).encode()).hexdigest()[:16])

    def opened(_: type[Lake], root: str, **options: Any) -> Lake:
        folder = Path(root).parent
        return Lake.open_in(there(folder).storage(folder), **{k: v for k, v in options.items() if k != "disk"})

    for name in ("keep", "storage"):
        real: Callable[..., Any] = getattr(LakePlace, name)
        monkeypatch.setattr(LakePlace, name, lambda self, at, *rest, real=real: real(there(at), at, *rest))
    monkeypatch.setattr(Lake, "open", classmethod(opened))


for module in MODULES:
    for name, found in vars(module).items():
        if name.startswith("test_") and name not in LOCAL:
            globals()[name] = found
