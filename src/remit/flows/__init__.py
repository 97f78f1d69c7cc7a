"""Ordered steps over the Protocols they need."""
