"""Passwords at a prompt."""

import sys
from unittest import mock

import pytest

from baselayer.app.errors import InvalidRequestError
from baselayer.cli import secret_input


def test_terminal_is_asked_without_echo() -> None:
    with (
        mock.patch.object(sys.stdin, "isatty", return_value=True),
        mock.patch.object(secret_input, "getpass", return_value="typed") as asked,
    ):
        assert secret_input.read_password(from_stdin=False, file=None, prompt="P: ") == "typed"
    asked.assert_called_once_with("P: ")


def test_empty_answer_is_refused() -> None:
    with (
        mock.patch.object(sys.stdin, "isatty", return_value=True),
        mock.patch.object(secret_input, "getpass", return_value=""),
        pytest.raises(InvalidRequestError, match="is empty"),
    ):
        secret_input.read_password(from_stdin=False, file=None, prompt="P: ")
