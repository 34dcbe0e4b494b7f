"""The command line: one file a command; what each needs is imported when it runs."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name; a failure that we know is one line, status 1."""
    from baselayer.app.errors import BaselayerError
    from baselayer.cli.commands import app
    from baselayer.cli.saying import fail

    try:
        app(args=arguments)
    except BaselayerError as error:
        fail(error.message)
