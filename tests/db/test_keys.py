"""Values that could be a key, and those that could not."""

import uuid
from typing import Any

import pytest

from baselayer.app.db.keys import as_identity
from tests.factories.gate import Draft, Note, Seat

KEY = uuid.UUID("01890000-0000-7000-8000-000000000000")


@pytest.mark.parametrize(
    ("cls", "given", "identity"),
    [
        (Note, 5, (5,)),
        (Note, "5", (5,)),
        (Note, (5,), (5,)),
        (Note, 2**31, None),
        (Note, -(2**31), (-(2**31),)),
        (Note, "five", None),
        (Note, 5.5, None),
        (Note, None, None),
        (Note, KEY, None),
        (Draft, KEY, (KEY,)),
        (Draft, str(KEY), (KEY,)),
        (Draft, 5, None),
        (Draft, "x", None),
        (Seat, (1, 2), (1, 2)),
        (Seat, 1, None),
        (Seat, (1, "x"), None),
    ],
)
def test_key_or_none(cls: Any, given: Any, identity: tuple[Any, ...] | None) -> None:
    assert as_identity(cls, given) == identity
