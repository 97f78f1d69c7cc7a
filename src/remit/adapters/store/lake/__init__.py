"""The lake: Delta tables in a folder or a bucket, written and synced by us."""
