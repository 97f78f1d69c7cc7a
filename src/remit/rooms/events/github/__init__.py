"""GitHub's two records of what happens: the audit log and webhooks."""
