"""Two people change one record: nobody's change is lost, and nobody else's is undone."""

from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from baselayer.app.errors import RecordChangedError
from tests.factories.gate import Caller
from tests.factories.places import Place
from tests.factories.workshop import Box, Tally

OWNER = Caller(1)


class TallyUpdate(BaseModel):
    """What a request may change."""

    nails: int | None = None
    screws: int | None = None


def meddle(place: Place, **changes: int) -> None:
    with place.plain() as other:
        tally = other.scalars(sa.select(Tally)).one()
        for name, value in changes.items():
            setattr(tally, name, value)
        other.commit()


def stored(place: Place) -> tuple[int, int, int]:
    with place.engine.connect() as connection:
        row = connection.execute(sa.select(Tally.nails, Tally.screws, Tally.row_version)).one()
    return (row.nails, row.screws, row.row_version)


def test_versions_are_counted(workshop: Place) -> None:
    assert stored(workshop) == (1, 1, 1)
    meddle(workshop, nails=2)
    assert stored(workshop) == (2, 1, 2)


def test_changes_are_laid_over_those_of_others(workshop: Place, world: str) -> None:
    def write(session: Any) -> Any:
        tally = Tally.get(session, fetch_mode="one")
        meddle(workshop, nails=7)
        tally.screws = 8
        saved = tally.save(session)
        return saved is tally, tally.nails, tally.screws

    assert workshop.run(world, OWNER, write) == (True, 7, 8)
    assert stored(workshop) == (7, 8, 3)


def test_update_lays_its_changes_over_too(workshop: Place, world: str) -> None:
    def write(session: Any) -> None:
        tally = Tally.get(session, fetch_mode="one")
        meddle(workshop, nails=7, screws=7)
        tally.update(session, TallyUpdate(screws=8))

    workshop.run(world, OWNER, write)
    assert stored(workshop)[:2] == (7, 8)


def test_rest_of_the_transaction_is_kept(workshop: Place) -> None:
    with workshop.verified(OWNER) as session:
        tally = Tally.get(session, fetch_mode="one")
        Box(label="blue").save(session, commit=False)
        meddle(workshop, nails=7)
        tally.screws = 8
        tally.save(session)
        assert Box.count(session, Box.label == "blue") == 1


@pytest.mark.parametrize("how", ["save", "update"])
def test_without_retries_it_is_refused(workshop: Place, world: str, how: str) -> None:
    def write(session: Any) -> None:
        tally = Tally.get(session, fetch_mode="one")
        meddle(workshop, nails=7)
        tally.screws = 8
        if how == "save":
            tally.save(session, optimistic_retry_count=0)
        else:
            tally.update(session, TallyUpdate(screws=9), optimistic_retry_count=0)

    with pytest.raises(RecordChangedError, match="changed or deleted by somebody else"):
        workshop.run(world, OWNER, write)
    assert stored(workshop) == (7, 1, 2)


def test_deleted_meanwhile(workshop: Place) -> None:
    with workshop.verified(OWNER) as session:
        tally = Tally.get(session, fetch_mode="one")
        with workshop.plain() as other:
            Tally.delete(other, other.scalars(sa.select(Tally)).one())
        tally.screws = 8
        with pytest.raises(RecordChangedError, match="was deleted"):
            tally.save(session)


def test_nothing_to_save_asks_nothing(workshop: Place) -> None:
    with workshop.verified(OWNER) as session:
        tally = Tally.get(session, fetch_mode="one")
        meddle(workshop, nails=7)
        tally.save(session)
    assert stored(workshop) == (7, 1, 2)
