"""Google Cloud audit logs: admin activity, data access, system events and policy denials."""

from remit.rooms.events.gcp.decode import claims, decode

__all__ = ["claims", "decode"]
