"""The AWS organization: units, accounts, organization policies with their versions, and what was in force when."""

from __future__ import annotations

from remit.rooms.organization.reading import parse_organization
from remit.rooms.organization.structure import Organization

__all__ = ["Organization", "parse_organization"]
