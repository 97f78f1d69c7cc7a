"""Trying a policy on the calls of the past."""
