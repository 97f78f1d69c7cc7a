"""The outbox: every message is tried until it is taken, a bounded number of times, ever further apart."""

from __future__ import annotations

from typing import Final

from remit.flows.alerting.message import message_of
from remit.flows.alerting.ports import Delivery, Outbox, Sender
from remit.model.errors import RemitError

BACKOFF: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0, 21600.0)
"""Seconds until the second attempt, the third ...; after the last one a delivery has failed."""
_AT_ONCE: Final = 20


def deliver_due(outbox: Outbox, sender: Sender, address: str, now: float) -> int:
    """Send what is due at ``now`` (seconds since the epoch); returns how many were tried."""
    waiting = outbox.due(now, _AT_ONCE)
    for delivery in waiting:
        _try(outbox, sender, address, delivery, now)
    return len(waiting)


def _try(outbox: Outbox, sender: Sender, address: str, delivery: Delivery, now: float) -> None:
    firing = outbox.firing(delivery.firing)
    if firing is None:
        outbox.put_off(delivery.id, "Its alert was deleted.", None)
        return
    try:
        sender.send(delivery.channel, message_of(firing, address), delivery.id)
    except RemitError as error:
        outbox.put_off(delivery.id, str(error)[:500], _again(delivery.attempts, now))
    else:
        outbox.delivered(delivery.id)


def _again(attempts: int, now: float) -> float | None:
    """When to try again after so many attempts before this one."""
    return now + BACKOFF[attempts] if attempts < len(BACKOFF) else None
