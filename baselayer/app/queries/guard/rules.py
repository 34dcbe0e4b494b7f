"""What the guard must know of a dialect: how it is cut, what its statements begin with, its words.

To add one: a file `<name>_rules.py` with a `Dialect`, a folder `<name>` with functions.txt and
keywords.txt, and an entry in `dialects.py`; its lexical rules are `lexer.py`'s or a file's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlglot import exp
from sqlglot.parser import Parser

from baselayer.app.queries.guard.lexer import Token, lex

OPERAND = "operand"  # stands for anything that can end an operand: a name, a constant, ")" or "]"


@dataclass(frozen=True)
class Dialect:
    """The rules of one dialect."""

    name: str
    parser: type[Parser]
    home_schema: str  # where the built-in functions live
    reads: frozenset[str]  # first words of statements that are parsed and judged as reading
    changes: frozenset[str]  # first words of statements that write rows; parsed, then refused
    definitions: frozenset[str]  # first words of statements that change the schema; not parsed
    control: frozenset[str]  # first words of statements that nobody may run
    explain_options: frozenset[str]
    # Words that are no function although "(" follows, with the words that must come before them
    # (a NOT between is skipped).
    clauses: Mapping[str, frozenset[str]]
    lex: Callable[[str], list[Token]] = lex
    quote: str = '"'  # what a masked name stands in
    keeps_operators: bool = False  # as `masking.mask` has it
    explain_words: frozenset[str] = frozenset({"analyze", "analyse", "verbose"})
    tellers: frozenset[str] = frozenset({"show"})  # first words of statements that describe
    # What they may tell of; empty: anything. A query may follow one of `tellers_of_queries`.
    told: frozenset[str] = frozenset()
    tellers_of_queries: frozenset[str] = frozenset()
    reading: tuple[type[exp.Expr], ...] = ()  # parts of a tree that read, beside tree.READING
    never: tuple[type[exp.Expr], ...] = ()  # parts that do not, although tree.READING has them
    forbidden: frozenset[str] = frozenset()  # words that only statements that change something have
    reads_files: bool = False  # whether the name of a table may be that of a file

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of the functions that are known to have no side effect."""
        return frozenset(_lines(self.name, "functions"))

    @cached_property
    def keywords(self) -> Mapping[str, str]:
        """Each key word with its category: R, T, C or U (see keywords.txt)."""
        pairs = (line.split() for line in _lines(self.name, "keywords"))
        return dict(pairs)


def words(text: str) -> frozenset[str]:
    """Return the words of `text`."""
    return frozenset(text.split())


def _lines(dialect: str, what: str) -> tuple[str, ...]:
    text = (Path(__file__).parent / dialect / f"{what}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))
