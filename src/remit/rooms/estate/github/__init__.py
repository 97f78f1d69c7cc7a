"""The code half of the cast: GitHub's webhooks and audit log, commits, and the deployments that follow a merge."""
