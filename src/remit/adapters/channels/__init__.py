"""Where alerts go: signed webhooks and Slack."""
