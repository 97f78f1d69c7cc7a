"""What a provider's refusal says about itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Denial:
    """One refusal for lack of permission or by a policy; the ``deny_*`` columns of an event.

    ``policy_type`` is one of ``model.vocabulary.POLICY_TYPES``. ``implicit`` is True when nothing allowed the call,
    False when something denied it, None when the provider does not say. ``rule`` names the message form or
    provider rule that says so; ``action`` and ``resource`` are the permission and the resource it was refused on.
    """

    policy_type: str
    policy_arn: str | None = None
    implicit: bool | None = None
    rule: str | None = None
    action: str | None = None
    resource: str | None = None
