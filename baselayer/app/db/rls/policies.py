"""The statements that make PostgreSQL enforce the controls, compiled from their declarations."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.db.mixins.gated import GatedMixin
from baselayer.app.db.rls.asking import PERMISSION_BODY, USER_BODY, condition_of, leads_elsewhere
from baselayer.app.errors import PolicyError

SCHEMA = "baselayer_rls"
COMMANDS = {"read": "SELECT", "create": "INSERT", "update": "UPDATE", "delete": "DELETE"}
# No setting, no % and no : is to be escaped in the text of a statement that is printed.
DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call] # it has no types
QUOTED = DIALECT.identifier_preparer


@dataclass(frozen=True)
class Rule:
    """Who may touch the rows of one table in one mode, as SQL text; or why that cannot be said."""

    mapper: orm.Mapper[Any]
    mode: str
    text: str = "false"
    trouble: str | None = None

    @property
    def name(self) -> str:
        """Return the bare name of the table."""
        return _table(self.mapper).name

    @property
    def table(self) -> str:
        """Return the quoted name of the table."""
        return QUOTED.format_table(_table(self.mapper))

    @property
    def looks_elsewhere(self) -> bool:
        """Tell whether the rule reads tables.

        Those may have policies of their own, which must not decide here: a control decides by all
        rows. So such a rule is a function that runs with the rights of the tables' owner.
        """
        return " FROM " in self.text.replace("\n", " ")

    @property
    def check(self) -> str:
        """Return the condition on a row that is about to be written.

        Where the control follows a foreign key, it must hold before the row is there, or a link
        would justify itself. Otherwise it may depend on rows that refer to this one and follow
        later: then the commit judges alone.
        """
        if self.looks_elsewhere and not leads_elsewhere(self.mapper, self.mode):
            return "true"
        return self.call

    @property
    def function(self) -> str:
        """Return the quoted name of the function that answers for a row."""
        return f"{SCHEMA}.{QUOTED.quote(f'{self.name}_{self.mode}')}"

    @property
    def call(self) -> str:
        """Return the condition on a row of the table, as it stands in a policy."""
        if not self.looks_elsewhere:
            return f"({self.text})"
        return f"{self.function}({QUOTED.quote(self.name)})"


def rules_of(registry: orm.registry) -> list[Rule]:
    """Return the rules of each table with a gate, for each mode that PostgreSQL knows."""
    orm.configure_mappers()
    gated = (m for m in registry.mappers if issubclass(m.class_, GatedMixin) and not m.single)
    mappers = sorted(gated, key=lambda mapper: _table(mapper).fullname)
    return [_rule(mapper, mode) for mapper in mappers for mode in COMMANDS]


def _table(mapper: orm.Mapper[Any]) -> sa.Table:
    return cast("sa.Table", mapper.local_table)


def _rule(mapper: orm.Mapper[Any], mode: str) -> Rule:
    try:
        return Rule(mapper, mode, _text_of(mapper, condition_of(mapper, mode)))
    except (PolicyError, sa.exc.CompileError) as error:
        return Rule(mapper, mode, trouble=str(error))


def _text_of(mapper: orm.Mapper[Any], condition: ColumnElement[bool]) -> str:
    """Return the SQL of `condition`: compiled within a SELECT of the table, it correlates."""
    statement: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(mapper.local_table)
    compiled = statement.where(condition).compile(
        dialect=DIALECT, compile_kwargs={"literal_binds": True}
    )
    _, found, text = str(compiled).partition("\nWHERE ")
    return text if found else "true"


def statements_of(rules: Collection[Rule], role: str) -> Iterator[str]:
    """Yield the statements that put `rules` in force for `role`, to be run by the tables' owner.

    They can be run again: what they made before is replaced. A mode whose rule cannot be said has
    no policy, so it is closed.
    """
    to = QUOTED.quote(role)
    yield f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"
    yield from functions_of(rules, role)
    for table in sorted({rule.table for rule in rules}):
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    for rule in rules:
        yield from _policy(rule, to)
    for create in (rule for rule in rules if rule.mode == "create"):
        update = next(r for r in rules if r.mapper is create.mapper and r.mode == "update")
        if create.looks_elsewhere or update.looks_elsewhere:
            yield from _late_check(create, update, to)


def functions_of(rules: Iterable[Rule], role: str) -> Iterator[str]:
    """Yield the statements that make the functions of the policies, in a schema of their own."""
    to = QUOTED.quote(role)
    yield f"CREATE SCHEMA {SCHEMA}"
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {to}"
    yield f"CREATE FUNCTION {SCHEMA}.user_id() RETURNS integer {_asks(USER_BODY)}"
    yield f"CREATE FUNCTION {SCHEMA}.may(name text) RETURNS boolean {_asks(PERMISSION_BODY)}"
    for rule in rules:
        if rule.looks_elsewhere:
            yield from _function(rule, to)


def _policy(rule: Rule, to: str) -> Iterator[str]:
    name = QUOTED.quote(f"{rule.name}_{rule.mode}")
    yield f"DROP POLICY IF EXISTS {name} ON {rule.table}"
    if rule.trouble is not None:
        return
    terms = {
        "read": f"USING ({rule.call})",
        "create": f"WITH CHECK ({rule.check})",
        "update": f"USING ({rule.call}) WITH CHECK ({rule.check})",
        "delete": f"USING ({rule.call})",
    }[rule.mode]
    yield f"CREATE POLICY {name} ON {rule.table} FOR {COMMANDS[rule.mode]} TO {to} {terms}"


def _function(rule: Rule, to: str) -> Iterator[str]:
    """Yield a function of a row, which its text calls by the name of the table."""
    argument = f"{QUOTED.quote(rule.name)} {rule.table}"
    yield _definition(rule.function, argument, f"SELECT coalesce(({rule.text}), false)")
    yield from _kept_for(f"{rule.function}({rule.table})", to)


def _late_check(create: Rule, update: Rule, to: str) -> Iterator[str]:
    """Yield the trigger that judges, at the commit, what was written: as sessions do."""
    table, name = create.table, create.name
    stands = f"{SCHEMA}.{QUOTED.quote(f'{name}_stands')}"
    judge = f"{SCHEMA}.{QUOTED.quote(f'{name}_judge')}"
    keys = (QUOTED.quote(column.name) for column in create.mapper.local_table.primary_key)
    is_it = " AND ".join(f"{QUOTED.quote(name)}.{key} = (written).{key}" for key in keys)
    verdict = f"CASE WHEN is_new THEN {create.call} ELSE {update.call} END"
    body = f"SELECT NOT EXISTS (SELECT FROM {table} WHERE {is_it} AND NOT {verdict})"  # noqa: S608 (our own text)
    yield _definition(stands, f"written {table}, is_new boolean", body)
    yield from _kept_for(f"{stands}({table}, boolean)", to)
    yield (
        f"CREATE FUNCTION {judge}() RETURNS trigger LANGUAGE plpgsql AS $gate$\nBEGIN\n"
        f"  IF row_security_active(TG_RELID) AND NOT {stands}(NEW, TG_OP = 'INSERT') THEN\n"
        f"    RAISE insufficient_privilege USING MESSAGE =\n"
        f"      format('row-level security refuses this %s of {name}', TG_OP);\n"
        f"  END IF;\n  RETURN NULL;\nEND $gate$"
    )
    trigger = QUOTED.quote(f"{name}_judge")
    yield (
        f"CREATE CONSTRAINT TRIGGER {trigger} AFTER INSERT OR UPDATE ON {table} "
        f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {judge}()"
    )


def _asks(body: str) -> str:
    return f"LANGUAGE sql STABLE AS $gate$\n{body}\n$gate$"


def _definition(function: str, arguments: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {function}({arguments}) RETURNS boolean LANGUAGE sql STABLE "
        f"SECURITY DEFINER SET search_path = public, pg_temp AS $gate$\n{body}\n$gate$"
    )


def _kept_for(signature: str, to: str) -> Iterator[str]:
    yield f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION {signature} TO {to}"
