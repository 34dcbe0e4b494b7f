"""Serve the lab notebook: `python -m lab_notebook [--config FILE]…`."""

import sys
from pathlib import Path

from baselayer.app.env import load_env
from baselayer.app.errors import BaselayerError
from baselayer.cli.serve import serve
from baselayer.migrations.upgrade import History
from lab_notebook import notes, projects

HISTORY = History("lab_notebook", Path(__file__).parent / "migrations")


def main() -> None:
    """Serve until Ctrl-C."""
    arguments, _ = load_env()
    try:
        serve(
            arguments.config or [],
            routes=[*projects.routes, *notes.routes],
            histories=[HISTORY],
        )
    except BaselayerError as error:
        sys.exit(f"lab_notebook: {error}")


if __name__ == "__main__":
    main()
