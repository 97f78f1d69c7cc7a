"""What decodes, judges and writes one batch, in whichever process runs it.

A decoding process imports this and nothing else of the application: no database, so that it starts sooner and is
smaller.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remit.adapters.store.lake.datafile import EventWriter
from remit.adapters.store.place import LakePlace
from remit.app.packaged import load_decoding, load_registry, load_rules
from remit.flows.ingest.batch import Pipeline
from remit.flows.ingest.ports import Keeper
from remit.flows.retention import horizon
from remit.rooms.attribution.judge import Judge
from remit.rooms.events.redaction import redact_all


def build_pipeline(keeper: Keeper, settings: Mapping[str, Any]) -> Pipeline:
    """A pipeline around any keeper, from plain settings, in whichever process runs it."""
    data, keep = Path(settings["data"]), settings.get("keep") or ""
    return Pipeline(
        decode=load_decoding(settings["format"]),
        judge=Judge(load_rules(), load_registry(data)),
        keeper=keeper,
        write=EventWriter(settings.get("place", LakePlace()).storage(data)),
        redact=redact_all,
        horizon=lambda: horizon(keep, time.time_ns() // 1000) if keep else None,
    )
