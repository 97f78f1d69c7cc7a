"""Remit: a self-hosted control plane for everyone who changes a cloud, AI agents first."""

__version__ = "0.1.0"
