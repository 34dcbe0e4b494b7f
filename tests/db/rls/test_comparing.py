"""Controls and policies allow the same rows; where they would not, it shows."""

from dataclasses import replace

from baselayer.app.db.rls.comparing import Compared, compare
from baselayer.app.db.rls.policies import Rule, rules_of
from tests.factories.gate import Note, World
from tests.factories.places import ADMIN, MEMBER, OWNER, STRANGER, Place

CALLERS = (OWNER, MEMBER, STRANGER, ADMIN)


def found(here: Place, rules: list[Rule]) -> list[Compared]:
    with here.engine.connect() as connection:
        answers = list(compare(connection, rules, CALLERS))
        connection.rollback()
    return answers


def test_no_row_is_lost_and_none_leaks(here: Place) -> None:
    answers = found(here, rules_of(World.registry))
    assert len(answers) > 200
    assert sum(answer.allowed for answer in answers) > 200
    assert [answer for answer in answers if answer.lost or answer.leaked] == []


def test_wrong_rules_are_found(here: Place) -> None:
    (rule,) = (r for r in rules_of(World.registry) if r.mapper.class_ is Note and r.mode == "read")
    (open_to_all, *_) = (a for a in found(here, [replace(rule, text="true")]) if a.leaked)
    assert open_to_all.user_id != ADMIN.user_id and not open_to_all.lost
    closed = found(here, [replace(rule, text="false")])
    assert sum(len(answer.lost) for answer in closed) == sum(answer.allowed for answer in closed)


def test_nothing_of_it_stays(here: Place) -> None:
    found(here, rules_of(World.registry))
    with here.engine.connect() as connection:
        left = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'baselayer_rls%%'"
        )
        assert left.scalar() == 0
