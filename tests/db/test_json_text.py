"""JSON text of what handlers answer with."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest

from baselayer.app.db.json_text import recursive_to_dict, to_json
from tests.factories.gate import Note


class Colour(Enum):
    """A choice."""

    red = "r"


class Array:
    """What numpy's arrays and numbers look like."""

    def tolist(self) -> list[Any]:
        """Return plain numbers."""
        return [1, float("nan")]

    def __repr__(self) -> str:
        return "array"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": [1, 2.5, None, True, "x"]}, {"a": [1, 2.5, None, True, "x"]}),
        (float("nan"), None),
        ([float("inf")], [None]),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
        (date(2026, 1, 1), "2026-01-01"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.10"), "1.10"),
        (b"text", "text"),
        (Colour.red, "r"),
        (Array(), [1, None]),
        ({1: (2, 3)}, {"1": [2, 3]}),
        (Note(title="x"), {"title": "x"}),
        ({"notes": [Note(title="x")]}, {"notes": [{"title": "x"}]}),
    ],
    ids=str,
)
def test_text(value: Any, said: Any) -> None:
    assert json.loads(to_json(value)) == said


def test_what_has_no_word_is_an_error() -> None:
    with pytest.raises(TypeError, match="object cannot be said in JSON"):
        to_json({"x": object()})


def test_text_is_for_people_too() -> None:
    assert to_json({"a": 1}) == '{\n  "a": 1\n}'


def test_records_at_any_depth_become_dictionaries() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    found = recursive_to_dict({"a": (Note(title="x", created_at=moment), {"b": [Note(rank=1)]})})
    assert found == {"a": [{"title": "x", "created_at": moment}, {"b": [{"rank": 1}]}]}
