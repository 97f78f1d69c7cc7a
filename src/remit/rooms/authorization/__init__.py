"""What an identity of an AWS account can do: exports of IAM, read strictly, and questions put to the policy engine.

``read_details`` reads exports; ``Bearing`` is an identity with all policies that bear on it; ``Reach`` answers topic by
topic, ``roles`` and ``escape`` about roles and guardrails, ``narrowing`` proposes the policy that past use justifies.
``docs/permissions.md`` tells what the answers mean.
"""

from __future__ import annotations

from remit.rooms.authorization.bearing import Bearing, Guarding
from remit.rooms.authorization.circumstances import Place
from remit.rooms.authorization.details import Attached, Details, Identity
from remit.rooms.authorization.reading import read_details

__all__ = ["Attached", "Bearing", "Details", "Guarding", "Identity", "Place", "read_details"]
