"""Comparing, on live data, the rows that the policies and the controls allow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.effective import predicate_of
from baselayer.app.db.rls.asking import speak_for
from baselayer.app.db.rls.policies import QUOTED, SCHEMA, Rule, functions_of
from baselayer.app.db.verify import Identity, identities_of, key_attributes


@dataclass(frozen=True)
class Compared:
    """What one accessor may do with the rows of one table: by the controls, and by the policy."""

    table: str
    mode: str
    user_id: int
    allowed: int
    """How many rows the controls allow."""
    lost: frozenset[Identity]
    """What the controls allow and the policy does not."""
    leaked: frozenset[Identity]
    """What the policy allows and the controls do not."""


def compare(
    connection: sa.Connection, rules: Iterable[Rule], accessors: Iterable[Accessor]
) -> Iterator[Compared]:
    """Yield, for each rule that can be said and each accessor, how the two answers differ.

    On a connection of the tables' owner, in a transaction that the caller rolls back: it makes
    the functions of the rules, asks them, and enables nothing, so it blocks nobody.
    """
    said = [rule for rule in rules if rule.trouble is None]
    for statement in functions_of(said, "public"):
        connection.exec_driver_sql(_apart(statement))
    for accessor in accessors:
        speak_for(connection, accessor)
        yield from (_compare_one(connection, rule, accessor) for rule in said)


def _compare_one(connection: sa.Connection, rule: Rule, accessor: Accessor) -> Compared:
    cls = rule.mapper.class_
    allowed = sa.select(*key_attributes(cls)).where(predicate_of(cls, rule.mode, accessor))
    gate = identities_of(connection.execute(allowed))
    names = (QUOTED.quote(column.name) for column in rule.mapper.local_table.primary_key)
    keys = ", ".join(f"{rule.table}.{name}" for name in names)
    asked = f"SELECT {keys} FROM {rule.table} WHERE {rule.call}"  # noqa: S608 (our own text)
    policy = identities_of(connection.exec_driver_sql(_apart(asked)))
    return Compared(
        rule.name,
        rule.mode,
        accessor.user_id,
        len(gate),
        gate - policy,
        policy - gate,
    )


def _apart(statement: str) -> str:
    """Return `statement` with functions of its own, beside those that may be in force."""
    return statement.replace(SCHEMA, f"{SCHEMA}_compared").replace("%", "%%")
