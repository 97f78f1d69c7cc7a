"""Whom a removal is about, and which texts name them."""
