"""Preventive guardrails: policies of an organization, what is wrong with them, and how they reach it."""
