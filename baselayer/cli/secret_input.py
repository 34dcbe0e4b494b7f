"""Where a password comes from: standard input, a file, or a prompt; never an argument."""

import sys
from getpass import getpass
from pathlib import Path

from baselayer.app.errors import InvalidRequestError


def read_password(*, from_stdin: bool, file: Path | None, prompt: str) -> str:
    """Return the password, without the line's end that follows it."""
    if from_stdin and file is not None:
        raise InvalidRequestError("Say either --password-stdin or --password-file.")
    if from_stdin:
        return _required(sys.stdin.read())
    if file is not None:
        return _required(read_text(file))
    if not sys.stdin.isatty():
        raise InvalidRequestError(
            "There is no terminal to ask for the password: use --password-stdin or "
            "--password-file FILE."
        )
    return _required(getpass(prompt))


def read_text(file: Path) -> str:
    """Return what is in a file that an option names."""
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequestError(f"{file} is not a text file in UTF-8.") from None
    except OSError as error:
        raise InvalidRequestError(f"{file} cannot be read: {error.strerror}.") from None


def _required(text: str) -> str:
    found = text.removesuffix("\n").removesuffix("\r")
    if not found:
        raise InvalidRequestError("The password is empty.")
    return found
