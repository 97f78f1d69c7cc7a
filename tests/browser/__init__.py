"""Walks through the console with a real browser and a real server."""
