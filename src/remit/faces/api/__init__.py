"""The HTTP API under ``/api/v1``: desks' answers as JSON, errors as problems, one OpenAPI document."""
