"""Ingest: raw records in, judged events in the lake, the unreadable in quarantine."""
