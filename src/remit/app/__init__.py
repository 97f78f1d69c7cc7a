"""Builders: the only place that knows every adapter."""
