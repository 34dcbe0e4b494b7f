"""One predicate for all who may do the same, with the id of who asks as its parameter."""

from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql import visitors

from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.bound import ACCESSOR_ID, AccessorId, Bound, open_predicate
from baselayer.app.controls.custom import CustomUserAccessControl
from baselayer.app.controls.effective import open_predicate_of, predicate_of
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible as IfRelated
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from tests.controls.asking import allowed
from tests.factories.gate import Caller, Comment, Note, Person
from tests.factories.places import ADMIN, MEMBER, OPEN, OWNER, SHARED, STRANGER, Place

EVERYBODY = (OWNER, MEMBER, STRANGER, ADMIN)


def titles(session: Any, statement: Any) -> set[str]:
    return set(session.scalars(statement))


def test_everybody_of_the_same_rights_shares_one_compilation(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    predicate = AccessibleIfUserMatches.predicate

    def counting(self: Any, entity: Any, accessor: Any) -> Any:
        asked.append(accessor.user_id)
        return predicate(self, entity, accessor)

    monkeypatch.setattr(AccessibleIfUserMatches, "predicate", counting)
    monkeypatch.setattr(Note, "print", accessible_by_owner, raising=False)  # forgets what is kept
    for user_id in range(1, 500):
        predicate_of(Note, "read", Caller(user_id))
    assert len(asked) == 2  # the two chains of Note.read, for the first who asked


def test_every_statement_after_the_first_is_in_the_compiled_cache(here: Place) -> None:
    cache: dict[Any, Any] = {}
    with here.engine.connect().execution_options(compiled_cache=cache) as connection:
        for number in range(1, 50):
            caller = Caller(number)
            with orm.Session(connection) as session:
                session.scalars(Note.select(caller)).all()
                session.scalars(Comment.select(caller, columns=[Comment.id])).all()
            if number == 1:
                (made,) = [len(cache)]
    assert len(cache) == made


def test_two_who_ask_do_not_collide_in_one_statement(here: Place) -> None:
    own, member = (Note.select(who, columns=[Note.title]) for who in (OWNER, MEMBER))
    both = own.where(predicate_of(Note, "read", MEMBER))
    either = sa.select(Note.title).where(
        sa.or_(predicate_of(Note, "read", STRANGER), predicate_of(Note, "read", MEMBER))
    )
    with here.plain() as session:
        assert titles(session, both) == titles(session, member) == {"shared", "editable", "open"}
        assert titles(session, sa.union(own, member)) == titles(session, own)
        assert titles(session, either) == {"shared", "editable", "open", "strange"}


def test_open_predicate_takes_its_value_from_the_statement(here: Place) -> None:
    for who in EVERYBODY:
        condition, name = open_predicate_of(Note, "read", who)
        assert open_predicate_of(Note, "read", Caller(77, who.permissions))[0] is condition
        statement = sa.select(Note.id).where(condition)
        with here.plain() as session:
            found = set(session.scalars(statement.params(**{name: who.user_id})))
        assert found == allowed(here, Note, "read", who)


def test_open_predicate_without_a_value_fails(here: Place) -> None:
    for condition in (Note.read, ~Note.read, IfRelated(owner="read") & Note.read):
        asking = Caller(AccessorId())  # type: ignore[arg-type] # what is kept is compiled for
        statement = sa.select(Note.id).where(condition.predicate(Note, asking))
        with here.plain() as session, pytest.raises(sa.exc.StatementError, match="accessor_id"):
            session.execute(statement)


def test_nobody_is_allowed_nothing(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Note, "print", ~accessible_by_owner, raising=False)
    nobody = Caller(None)  # type: ignore[arg-type] # who is not known
    for mode in ("read", "print"):
        assert isinstance(predicate_of(Note, mode, nobody), sa.sql.elements.False_)


def test_sql_can_take_the_place_of_the_value(here: Place) -> None:
    condition, name = open_predicate_of(Note, "read", MEMBER)
    setting = sa.cast(sa.func.current_setting("app.user_id"), sa.Integer)

    def put(element: Any, **_: Any) -> Any:
        return setting if isinstance(element, AccessorId) and element.key == name else None

    closed = sa.sql.visitors.replacement_traverse(condition, {}, put)
    with here.plain() as session:
        session.execute(sa.text("SET app.user_id = 2"))
        found = set(session.scalars(sa.select(Note.id).where(closed)))
    assert found == allowed(here, Note, "read", MEMBER)


class OfSomebody(UserAccessControl):
    """Looks at the id in Python, though it says that it may be kept."""

    keeps: ClassVar[bool] = True

    def __init__(self, look: Any) -> None:
        self.look = look

    def predicate(self, entity: Any, accessor: Any) -> Any:
        return sa.true() if self.look(accessor.user_id) else sa.false()


@pytest.mark.parametrize(
    "look",
    [
        lambda user_id: user_id == 2,
        lambda user_id: user_id == 2,
        lambda user_id: user_id + 1 == 3,
        lambda user_id: 2 == user_id,  # noqa: SIM300 (the other way round)
        lambda user_id: user_id in [2, 5],
        lambda user_id: int(user_id) == 2,
        lambda user_id: f"{user_id}" == str(2),
        lambda user_id: range(3)[user_id] == 2,
        lambda user_id: user_id and user_id > 1 and user_id < 3,
    ],
)
def test_control_that_looks_at_the_id_is_compiled_for_each(
    here: Place, look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Note, "print", OfSomebody(look), raising=False)
    assert allowed(here, Note, "print", MEMBER) == {1, 2, 3, 4, 5}
    for other in (OWNER, Caller(0)):
        assert allowed(here, Note, "print", other) == set()


def test_function_of_ones_own_never_meets_the_open_parameter(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    met = []

    def mine(cls: Any, accessor: Any) -> Any:
        met.append(accessor)
        return cls.owner_id == accessor.user_id

    monkeypatch.setattr(Note, "print", CustomUserAccessControl(mine), raising=False)
    assert allowed(here, Note, "print", STRANGER) == {5}
    condition, _ = open_predicate_of(Note, "print", STRANGER)
    with here.plain() as session:
        assert list(session.scalars(sa.select(Note.id).where(condition))) == [5]
    assert set(map(id, met)) == {id(STRANGER)}


def test_predicate_with_its_value_survives_what_sqlalchemy_does_to_it(here: Place) -> None:
    """As criteria of joined and lazy loads, adapted to aliases, in subqueries, negated."""
    readable = predicate_of(Note, "read", MEMBER)
    criteria = orm.with_loader_criteria(
        Note, readable, include_aliases=True, propagate_to_loaders=True
    )
    alias = orm.aliased(Note)
    with here.plain() as session:
        loaded = sa.select(Comment).options(orm.joinedload(Comment.note), criteria)
        seen = {c.note_id for c in session.scalars(loaded) if c.note is not None}
        assert seen == {SHARED, 3, OPEN}
        assert set(session.scalars(sa.select(alias.id).options(criteria))) == seen
        inner = sa.select(Note.id).where(readable).subquery()
        assert set(session.scalars(sa.select(inner.c.id))) == seen
        assert set(session.scalars(sa.select(Note.id).where(sa.not_(readable)))) == {1, 5}
        counted = sa.select(Person.id, sa.func.count(Note.id).filter(readable)).join(Note.owner)
        rows = session.execute(counted.group_by(Person.id))
        assert {row[0]: row[1] for row in rows} == {1: 3, 3: 0}


def test_open_parameter_has_the_type_of_its_column(here: Place) -> None:
    condition, _ = open_predicate_of(Note, "read", MEMBER)
    kinds = {
        type(it.type) for it in sa.sql.visitors.iterate(condition) if isinstance(it, AccessorId)
    }
    assert kinds == {sa.Integer}
    assert ACCESSOR_ID in str(sa.select(Note.id).where(condition))


def test_predicate_with_other_open_parameters_has_no_token() -> None:
    whose = sa.column("owner_id", sa.Integer) == AccessorId()
    closed, other = open_predicate(whose), open_predicate(whose)
    assert closed.token is not None and closed.token != other.token
    limited = sa.and_(whose, sa.column("rank", sa.Integer) < sa.bindparam("most", type_=sa.Integer))
    assert open_predicate(limited).token is None
    assert open_predicate(sa.and_(whose, sa.column("rank", sa.Integer) < 3)).token is not None


def test_copy_of_a_filled_in_predicate_may_be_another_one() -> None:
    column = sa.column("owner_id", sa.Integer)
    said = Bound(
        column == AccessorId(), {ACCESSOR_ID: sa.bindparam("accessor_id", 7)}, token=1
    )  # as if it were kept
    copied = visitors.cloned_traverse(said, {}, {})
    assert (said.token, copied.token) == (1, None)
    assert said._generate_cache_key() != copied._generate_cache_key()


def test_two_who_ask_at_once_are_not_taken_for_one_who_asks_twice(here: Place) -> None:
    def seen_by_both(one: Caller, other: Caller) -> set[int]:
        wanted = sa.select(Note.id).where(
            predicate_of(Note, "read", one), predicate_of(Note, "read", other)
        )
        with here.plain() as session:
            return set(session.scalars(wanted))

    alone = {who.user_id: seen_by_both(who, who) for who in (OWNER, MEMBER, STRANGER)}
    for one in (OWNER, MEMBER, STRANGER):
        for other in (OWNER, MEMBER, STRANGER):
            assert seen_by_both(one, other) == alone[one.user_id] & alone[other.user_id]
