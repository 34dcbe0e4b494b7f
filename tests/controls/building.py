"""From drawn policies to controls, declared on the classes; and asking PostgreSQL about them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.base import ComposedAccessControl, UserAccessControl
from baselayer.app.controls.constant import public, restricted
from baselayer.app.controls.custom import AccessibleIf, CustomUserAccessControl
from baselayer.app.controls.effective import predicate_of
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.users import AccessibleIfUserMatches
from tests.controls import oracle
from tests.controls.drawing import KEYS, Drawn, lineage, passed
from tests.factories.graphs import KINDS

Answers = dict[tuple[str, str, str], list[tuple[int, ...]]]

FORMS: dict[str, Callable[[Any], Any]] = {"class": lambda cls: cls, "alias": orm.aliased}


# --- Controls -------------------------------------------------------------------------------------


def condition_of(condition: Any, rows: Any, asker: Any = None) -> Any:
    """Return a drawn condition as SQL on `rows`."""
    match condition:
        case oracle.Compare(column, "==", bool() as value):
            return getattr(rows, column) if value else ~getattr(rows, column)
        case oracle.Compare(column, sign, value):
            return oracle.SIGNS[sign](getattr(rows, column), value)
        case oracle.IsNull(column):
            return getattr(rows, column).is_(None)
        case oracle.Mine(column):
            return getattr(rows, column) == asker.user_id
        case oracle.Opposite(inner):
            return ~condition_of(inner, rows, asker)
        case oracle.Either(one, other):
            return condition_of(one, rows, asker) | condition_of(other, rows, asker)
    raise TypeError(condition)


class JoinedMatch(AccessibleIfUserMatches):
    """A subclass as written for upstream: a condition on a class that the chain joins."""

    def __init__(self, chain: str, condition: Any, cls: Any) -> None:
        super().__init__(chain)
        self.condition, self.cls = condition, cls

    def select_accessible_rows(self, cls: Any, user_or_token: Any, columns: Any = None) -> Any:
        """Add the condition, save for admins, who get every row without joins."""
        statement = super().select_accessible_rows(cls, user_or_token, columns)
        if user_or_token.is_admin:
            return statement
        return statement.where(condition_of(self.condition, self.cls))


class OwnSelect(UserAccessControl):
    """A subclass as written for upstream that gives its own SELECT, some rows twice."""

    def __init__(self, drawn: oracle.Custom) -> None:
        self.drawn = drawn

    def select_accessible_rows(self, cls: Any, user_or_token: Any, columns: Any = None) -> Any:
        """Return the rows that the condition allows, each of them twice."""
        twice = sa.values(sa.column("time", sa.Integer), name="twice").data([(1,), (2,)])
        statement = sa.select(*(columns or [cls])).select_from(cls).join(twice, sa.true())
        return statement.where(_asked(self.drawn, cls, user_or_token))


def _asked(drawn: oracle.Custom, cls: Any, asker: Any) -> Any:
    if drawn.asks_admin and asker.is_admin:
        return sa.true()
    return condition_of(drawn.condition, cls, asker)


def key_of(entity: Any) -> list[Any]:
    """Return the attributes of the key of a class or an alias."""
    kind = sa.inspect(entity).mapper.class_.__name__
    return [getattr(entity, name) for name in KEYS.get(kind, ("id",))]


def custom_control(drawn: oracle.Custom, kind: str) -> UserAccessControl:
    """Return a drawn custom control of class `kind`, in its form."""
    cls = KINDS[kind]
    match drawn.form:
        case "condition":
            return CustomUserAccessControl(condition_of(drawn.condition, cls))
        case "select":
            return CustomUserAccessControl(sa.select(cls).where(condition_of(drawn.condition, cls)))
        case "function":
            return CustomUserAccessControl(lambda cls, asker: _asked(drawn, cls, asker))
        case "selecting":
            return CustomUserAccessControl(
                lambda cls, asker: sa.select(cls).where(_asked(drawn, cls, asker))
            )
    return OwnSelect(drawn)


def control_of(policy: Any, kind: str) -> UserAccessControl:
    """Return a drawn policy of class `kind` as a control."""
    match policy:
        case oracle.Public():
            return public
        case oracle.Restricted():
            return restricted
        case oracle.Permitted(acl):
            return AccessibleIfPermitted(acl)
        case oracle.If(condition):
            return AccessibleIf(lambda rows: condition_of(condition, rows))
        case oracle.Custom():
            return custom_control(policy, kind)
        case oracle.Related(modes):
            return AccessibleIfRelatedRowsAreAccessible(**dict(modes))
        case oracle.Matches(chain, where, at, "upstream"):
            return JoinedMatch(".".join(chain), where, KINDS[passed(kind, chain)[at]])
        case oracle.Matches(chain, None):
            return AccessibleIfUserMatches(".".join(chain))
        case oracle.Matches(chain, where):
            return AccessibleIfUserMatches(
                ".".join(chain), where=lambda rows: condition_of(where, rows)
            )
        case oracle.Not(inner):
            return ~control_of(inner, kind)
        case oracle.AllOf(operands):
            return ComposedAccessControl(*(control_of(one, kind) for one in operands), logic="and")
        case oracle.AnyOf(operands):
            return ComposedAccessControl(*(control_of(one, kind) for one in operands), logic="or")
    raise TypeError(policy)


@contextmanager
def declared(rules: oracle.Rules) -> Iterator[None]:
    """Declare the drawn policies on their classes, for as long as this lasts."""
    try:
        for (kind, mode), policy in rules.declared.items():
            setattr(KINDS[kind], mode, control_of(policy, kind))
        yield
    finally:
        for kind, mode in rules.declared:
            delattr(KINDS[kind], mode)


# --- Rows and answers -----------------------------------------------------------------------------


TABLES = {"Thing": ["Thing", "Picture", "Postcard"]}


def store(connection: sa.Connection, drawn: Drawn) -> None:
    """Write the graph into the tables; a row of a subclass goes into its ancestors' too."""
    for kind, lines in drawn.columns.items():
        for name in TABLES.get(kind, [kind]):
            held = [line for line in lines if name in lineage(line.get("kind", kind))]
            table = KINDS[name].__table__
            values = [{key: line[key] for key in line if key in table.c} for line in held]
            if values:
                connection.execute(table.insert().values(values))


def modes_of_all(rules: oracle.Rules) -> list[tuple[str, str]]:
    """Return each class with each mode that any class declares."""
    return sorted({(kind, mode) for kind in KINDS for _, mode in rules.declared})


def questions(
    named: Iterable[tuple[str, str]], asker: Any
) -> Iterator[tuple[tuple[str, str, str], Any]]:
    """Yield a SELECT of keys for each of the modes named, in each form of asking."""
    for kind, mode in named:
        for form, make in FORMS.items():
            entity = make(KINDS[kind])
            key = sa.func.concat_ws(" ", *key_of(entity))
            statement = sa.select(key).select_from(entity)
            yield (kind, mode, form), statement.where(predicate_of(entity, mode, asker))


def answers(connection: sa.Connection, asked: Iterable[tuple[Any, Any]]) -> Answers:
    """Ask all questions in one round trip; return the keys in order, as often as they came."""
    named = list(asked)
    found: Answers = {name: [] for name, _ in named}
    parts = [
        statement.add_columns(sa.literal_column(str(place)))
        for place, (_, statement) in enumerate(named)
    ]
    for key, place in connection.execute(sa.union_all(*parts)):
        found[named[place][0]].append(tuple(int(part) for part in key.split()))
    return {name: sorted(keys) for name, keys in found.items()}
