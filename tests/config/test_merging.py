"""Merging, as upstream's applications use it."""

from typing import Any

import pytest

from baselayer.app.config import recursive_update


@pytest.mark.parametrize(
    ("before", "update", "after"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": 5}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_mappings_merge_and_the_rest_is_replaced(
    before: dict[str, Any], update: dict[str, Any], after: dict[str, Any]
) -> None:
    assert recursive_update(before, update) == after
    assert before == after
