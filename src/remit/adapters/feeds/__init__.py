"""Bytes from files, S3, LookupEvents and git to raw records, in bounded memory."""
