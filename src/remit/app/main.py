"""The program ``remit``."""

from __future__ import annotations

import sys

from remit.app.application import RemitApplication
from remit.faces.cli.main import run
from remit.faces.cli.output import note


def main() -> None:
    """Run the command line and exit with its status."""
    sys.exit(run(RemitApplication(note)))
