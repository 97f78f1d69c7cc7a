"""Insights: what is wrong with a policy before it reaches the organization, where, why, and what would mend it."""
