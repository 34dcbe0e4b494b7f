"""Manifests: JSON and YAML text become a mapping, and nothing else happens."""

import time

import pytest

from baselayer.app.connections.manifests import data_to_dict, to_text
from baselayer.app.errors import InvalidRequestError
from baselayer.app.models import SqlConnection


def test_mapping_json_and_yaml_become_a_mapping() -> None:
    wanted = {"name": "shop", "port": 5432, "tags": ["a"]}
    assert data_to_dict(wanted) == wanted
    assert data_to_dict('{"name": "shop", "port": 5432, "tags": ["a"]}') == wanted
    assert data_to_dict("name: shop\nport: 5432\ntags: [a]\n") == wanted
    assert data_to_dict(to_text(wanted)) == wanted
    assert SqlConnection.data_to_dict("name: shop") == {"name": "shop"}


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "- a", "42", "null", "name: [", "{", "1: 2", "a: 1\n---\nb: 2"),
        *("a: !!python/object/apply:os.system ['id']", "a: !!python/name:os.system", "\x00"),
        *("[" * 100_000, "a: " + "[" * 60 + "]" * 60, "{" * 5000, "x" * 1_000_001),
    ],
)
def test_anything_else_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        data_to_dict(text)
    assert len(refused.value.message) < 100
    assert refused.value.__cause__ is None


def test_anything_but_text_and_mapping_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="list"):
        data_to_dict([])  # type: ignore[arg-type] # that is what is tested


def test_aliases_that_multiply_are_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 20):
        names = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} [{names}]")
    begun = time.monotonic()
    with pytest.raises(InvalidRequestError, match="aliases"):
        data_to_dict("\n".join(lines))
    assert time.monotonic() - begun < 5


def test_secret_in_a_broken_text_is_not_told() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        data_to_dict("password: hunter2\n  port: [")
    assert "hunter2" not in str(refused.value) + repr(refused.value.details)
    assert "line" in refused.value.message
