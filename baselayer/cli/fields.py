"""Fields of a record on the command line: `--set NAME=VALUE`, `--file NAME=FILE`, `--ask NAME`."""

import sys
from collections.abc import Collection, Sequence
from getpass import getpass
from pathlib import Path
from typing import Any

import yaml

from baselayer.app.errors import InvalidRequestError
from baselayer.cli.secret_input import read_text


def read_fields(
    given: Sequence[str], files: Sequence[str], asked: Sequence[str], *, secrets: Collection[str]
) -> dict[str, Any]:
    """Return the fields that options name; a secret comes from a file or a prompt only.

    A value is read as YAML, so that 5, true, null and [a, b] are what they look like.
    """
    values = {name: _value(name, text, secrets) for name, text in map(_pair, given)}
    for name, file in map(_pair, files):
        text = read_text(Path(file))
        values[name] = text.removesuffix("\n").removesuffix("\r") if name in secrets else text
    for name in asked:
        values[name] = _ask(name)
    return values


def shown_value(value: Any) -> str:
    """Return a field's value for people, on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split())


def _pair(option: str) -> tuple[str, str]:
    name, sign, value = option.partition("=")
    if not sign:
        # What stands there may be a secret: it is not repeated.
        raise InvalidRequestError("--set and --file are given as NAME=VALUE.")
    return name.strip().replace("-", "_"), value


def _value(name: str, text: str, secrets: Collection[str]) -> Any:
    if name in secrets and text != "null":
        raise InvalidRequestError(
            f"{name} is a secret, and others can see arguments: use --file {name}=FILE or --ask "
            f"{name}."
        )
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _ask(name: str) -> str:
    if not sys.stdin.isatty():
        raise InvalidRequestError(
            f"There is no terminal to ask for {name}: use --file {name}=FILE."
        )
    return getpass(f"{name}: ")
