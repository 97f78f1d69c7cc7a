"""What other pages say of alerts: how many findings nobody has seen, and where to set one like an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remit.faces.console.asking import Asked, address
from remit.flows.alerting.suggest import other_queries, suggested_query
from remit.model.errors import RemitError


def unseen_alerts(desks: Mapping[str, Any]) -> int:
    """How many findings nobody has seen; a page stands without it."""
    desk = desks.get("alerts")
    try:
        return int(desk.unseen()) if desk is not None else 0
    except RemitError:
        return 0


def alert_url(event: Mapping[str, Any]) -> str:
    """The form of an alert that tells when the like of this event happens again."""
    parameters: Asked = {"q": suggested_query(event)}
    if others := other_queries(event):
        parameters["or"] = tuple(others)
    return address("/alerts/new", **parameters)
