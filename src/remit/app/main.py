"""The program ``remit``."""

from __future__ import annotations

import sys

from remit.app.application import RemitApplication
from remit.faces.cli.main import run
from remit.faces.cli.output import note

_INTERRUPTED = "Query interrupted"
"""What DuckDB raises, as a RuntimeError, when Ctrl-C meets one of its queries."""


def main() -> None:
    """Run the command line and exit with its status."""
    try:
        status = run(RemitApplication(note))
    except RuntimeError as error:
        if _INTERRUPTED not in str(error):
            raise
        note("remit: stopped.")
        status = 130
    sys.exit(status)
