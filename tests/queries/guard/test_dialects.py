"""The word lists of the dialects."""

import re

import pytest

from baselayer.app.queries.guard.dialects import DIALECTS
from baselayer.app.queries.guard.rules import Dialect

NEVER = re.compile(
    r"(query|table|schema|database|cursor)_to_xml|pg_(read|ls|stat|sleep|logical|notify|advisory)|"
    r"lo_|dblink|ts_(stat|rewrite)|(next|set|curr|last)val$|set(_config|seed)$|txid_|.*_file$|load_|read_|"
    r"sleep|benchmark|(get|release|is_free|is_used)_lock|release_all|glob$|query(_table)?$|pragma_|"
    r"getenv|.*_scan$|json_execute|last_insert_id|(master|source)_|wait_|fts3_|sniff_|write_"
)

FUNCTIONS_AT_LEAST = {"postgres": 450, "mysql": 350, "sqlite": 100, "duckdb": 600}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_function_list_is_in_order_and_holds_nothing_dangerous(dialect: Dialect) -> None:
    assert len(dialect.functions) > FUNCTIONS_AT_LEAST[dialect.name]
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in dialect.functions)
    assert not [name for name in dialect.functions if NEVER.match(name)]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_no_word_begins_two_sorts_of_statements(dialect: Dialect) -> None:
    sorts = (dialect.reads, dialect.changes, dialect.definitions, dialect.control)
    assert len(frozenset().union(*sorts)) == sum(len(sort) for sort in sorts)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_every_clause_word_is_a_key_word(dialect: Dialect) -> None:
    assert set(dialect.keywords.values()) <= {"R", "T", "C", "U"}
    assert not set(dialect.clauses) - set(dialect.keywords)
