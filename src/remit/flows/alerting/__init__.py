"""Watching queries and telling somebody: looks, firings, and the messages about them."""
