"""Many keys as one parameter: whatever their type and however few, PostgreSQL has them back."""

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.controls.ids import IdArray
from tests.factories.places import Place

UUIDS = [uuid.UUID(int=number) for number in (0, 1, 2**127, 2**128 - 1)]
KEYS = [
    (sa.Integer(), [1, -5, 2**31 - 1]),
    (sa.BigInteger(), [2**63 - 1, -(2**63)]),
    (sa.Uuid(), UUIDS),
    (sa.Uuid(as_uuid=False), [str(it) for it in UUIDS]),
    (sa.Text(), ["a,b", 'he said "no"', "{}", "back\\slash", "NULL", "", " "]),
]


@pytest.mark.parametrize(("kind", "ids"), KEYS, ids=[repr(kind) for kind, _ in KEYS])
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("many", [0, 1, None])
def test_keys_arrive_as_they_are(
    here: Place, driver: str, kind: Any, ids: list[Any], many: int | None
) -> None:
    some = ids[:many]
    bound = sa.bindparam("ids", some, type_=IdArray(kind))
    engine = sa.create_engine(here.engine.url.set(drivername=f"postgresql+{driver}"))
    asked = [sa.literal(one, kind) == sa.any_(bound) for one in ids]
    with engine.connect() as connection:
        assert list(connection.execute(sa.select(*asked)).one()) == [it in some for it in ids]
        if driver == "psycopg":
            keys = sa.select(sa.func.unnest(bound, type_=kind))
            assert list(connection.scalars(keys)) == some
            none = sa.bindparam("ids", [None, *some, None], type_=IdArray(kind))
            keys = sa.select(sa.func.unnest(none, type_=kind))
            assert list(connection.scalars(keys)) == [None, *some, None]
    engine.dispose()
