"""Bounds the work of sqlglot's parser, and its guesses.

It tries and takes back: each level of `array[array[array[…` multiplies the work, so that 20 levels
take a minute (measured with sqlglot 30.30). Ordinary statements need one or two steps a token.
"""

from sqlglot.parser import Parser

STEPS_AT_LEAST = 5_000
STEPS_PER_TOKEN = 10


class BudgetSpentError(Exception):
    """The parser took more steps than any ordinary statement needs."""


class Budgeted(Parser):
    """A parser that gives up instead of trying for minutes."""

    _steps_taken = 0

    def _advance(self, times: int = 1) -> None:
        self._steps_taken += 1
        if self._steps_taken > max(STEPS_AT_LEAST, STEPS_PER_TOKEN * self._tokens_size):
            raise BudgetSpentError
        super()._advance(times)

    def _warn_unsupported(self) -> None:
        """Refuse where sqlglot would log the statement and keep it as an opaque Command."""
        self.raise_error("Unsupported syntax")
