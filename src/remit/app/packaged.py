"""Data files that ship with the package, read once and handed in."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from remit.flows.ingest.batch import DecodeRecords
from remit.model.errors import ConfigError
from remit.reference.aws import AwsReference
from remit.rooms.attribution.registry import Registry, parse_registry
from remit.rooms.attribution.signals import Rules, parse_rules
from remit.rooms.events import azure, cloudtrail, gcp
from remit.rooms.events.cloudtrail import CloudTrailDecoder
from remit.rooms.events.denials.explain import DenialGuide
from remit.rooms.events.formats import Format, Formats, build_formats, decode_mixed

REGISTRY_FILE = "identities.toml"


@lru_cache(maxsize=1)
def load_rules() -> Rules:
    """The signals in the package: frozen, so that a server that settles every few seconds parses them once."""
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


def load_guide() -> DenialGuide:
    """The plain-language explanations of denials."""
    return DenialGuide.from_bytes((files("remit.rooms.events.denials") / "explanations.json").read_bytes())


@lru_cache(maxsize=1)
def load_reference() -> AwsReference:
    """AWS's operations, permissions and condition keys."""
    return AwsReference.from_bytes((files("remit.reference.data") / "aws_actions.json.gz").read_bytes())


@lru_cache(maxsize=1)
def load_formats() -> Formats:
    """Every format, its decoders bound to their reference tables."""
    reference = load_reference()
    return build_formats(
        {
            "cloudtrail": Format(CloudTrailDecoder(reference).decode, cloudtrail.claims),
            "azure-activity": Format(azure.decode, azure.claims),
            "gcp-audit": Format(gcp.decode, gcp.claims),
        }
    )


def load_decoding(name: str) -> DecodeRecords:
    """How records are decoded: by a named format, or each by its own under ``auto``."""
    formats = load_formats()
    if name == "auto":
        return lambda records, feed: decode_mixed(records, feed, formats)
    decode = formats[name].decode
    return lambda records, feed: [(name, decode(records, feed), range(len(records)))]
