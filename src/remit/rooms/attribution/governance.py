"""By which governed road a change came, and what the operator's registry adds: environment and owner."""

from __future__ import annotations

from remit.rooms.attribution.registry import Entry, Registry


def governed(kind: str, path: str, entry: Entry | None) -> str:
    """gateway, pipeline, exempt, none or unknown. A pipeline nobody has named is not yet known to be reviewed."""
    if entry is not None and entry.governed:
        return entry.governed
    if path == "gateway":
        return "gateway"
    if kind == "pipeline":
        return "pipeline" if entry is not None and entry.kind == "pipeline" else "unknown"
    if kind == "service":
        return "exempt"
    return "unknown" if kind == "unknown" else "none"


def environment(account: str | None, entry: Entry | None, registry: Registry) -> str | None:
    """The account's environment, else the identity's; never guessed from a name."""
    known = registry.accounts.get(account or "")
    return (known.environment if known else "") or (entry.environment if entry else "") or None


def owner(account: str | None, entry: Entry | None, registry: Registry) -> str | None:
    """The identity's owner, else the account's."""
    known = registry.accounts.get(account or "")
    return (entry.owner if entry else "") or (known.owner if known else "") or None
