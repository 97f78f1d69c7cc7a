"""Azure Activity Log records: the control plane of Azure, in its three shapes."""

from remit.rooms.events.azure.decode import claims, decode

__all__ = ["claims", "decode"]
