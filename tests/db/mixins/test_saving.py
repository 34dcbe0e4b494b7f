"""Edges of saving and deleting: what is in use, what cannot be set, what is not read again."""

from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from baselayer.app.errors import NotFoundError, RecordInUseError
from tests.factories.gate import Caller
from tests.factories.places import Place
from tests.factories.workshop import Box, Hammer, Power, Worker

OWNER, BORROWER = Caller(1), Caller(2)


class Anything(BaseModel):
    """A request that names what it likes."""

    metadata: Any = None
    save: Any = None
    nothing: Any = None
    label: str | None = None


@pytest.mark.parametrize("how", ["record", "condition"])
def test_what_is_in_use_says_by_what(workshop: Place, world: str, how: str) -> None:
    def write(session: Any) -> None:
        if how == "record":
            Worker.delete(session, Worker.get(session, Worker.id == 1))
        else:
            Worker.delete(session, condition=Worker.id == 1)

    with pytest.raises(RecordInUseError, match=r"(tools|tallies) still refers to it"):
        workshop.run(world, OWNER, write)


def test_other_clashes_are_as_they_were(workshop: Place) -> None:
    with workshop.plain() as session, pytest.raises(sa.exc.IntegrityError):
        Hammer(name="x", owner_id=999).save(session)


@pytest.mark.parametrize("name", ["metadata", "save", "nothing"])
def test_only_attributes_of_the_model_are_set(workshop: Place, name: str) -> None:
    with workshop.plain() as session:
        box = Box.get(session, fetch_mode="one")
        with pytest.raises(ValueError, match=f"Box has no attribute '{name}' to update"):
            box.update(session, Anything.model_validate({"label": "new", name: 1}))
        assert box.label == "red"


def test_without_refresh_nothing_is_read_again(workshop: Place, world: str) -> None:
    def write(session: Any) -> Any:
        session.expire_on_commit = True
        box = Box(label="x").save(session, refresh=False)
        Box.add(session, other := Box(label="y"), refresh=False)
        return [set(sa.inspect(one).unloaded) >= {"label", "id"} for one in (box, other)]

    assert workshop.run(world, OWNER, write) == [True, True]


def test_saved_out_of_sight(workshop: Place) -> None:
    """What one may write but not read is saved, and is not shown."""
    with workshop.verified(OWNER) as session:
        worker = session.get_one(Worker, 2)
        worker.is_hidden = True
        with pytest.raises(NotFoundError, match="gone, or you may not see it"):
            worker.save(session, load=[])
    assert workshop.scalar(sa.select(Worker.is_hidden).where(Worker.id == 2))


def test_delete_of_none(workshop: Place) -> None:
    with workshop.verified(BORROWER) as session:
        assert Power.delete(session, []) == 0
        assert Power.delete(session, condition=Power.watts > 10**6) == 0
