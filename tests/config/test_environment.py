"""Variables as settings: text as it stands, everything else as YAML."""

from typing import Any

import pytest
from pydantic import BaseModel

from baselayer.app.config.environment import environment_layers, variable_for
from baselayer.app.config.schema import Settings


class Section(BaseModel):
    text: str = ""
    maybe: str | None = None
    number: int = 0
    names: list[str] = []


class Model(BaseModel):
    part: Section = Section()


def tree(variable: str, text: str) -> Any:  # Any: whatever the variable says
    (layer,) = environment_layers({variable: text}, Model)
    return layer.tree


@pytest.mark.parametrize("text", ["1234", "a: b", "'quoted'", "[x", "# no comment", "null"])
def test_text_is_taken_as_it_stands(text: str) -> None:
    assert tree("BASELAYER__PART__TEXT", text) == {"part": {"text": text}}


@pytest.mark.parametrize("text", ["", "null", "~"])
def test_nothing_is_null_where_null_is_allowed(text: str) -> None:
    assert tree("BASELAYER__PART__MAYBE", text) == {"part": {"maybe": None}}


def test_other_values_are_yaml() -> None:
    assert tree("BASELAYER__PART__NUMBER", "12") == {"part": {"number": 12}}
    assert tree("BASELAYER__PART__NAMES", "[a, b]") == {"part": {"names": ["a", "b"]}}


def test_other_variables_are_left_alone() -> None:
    others = {"BASELAYER_HOME": "/x", "PATH": "/bin", "XBASELAYER__A": "1"}
    assert list(environment_layers(others, Model)) == []


def test_name_of_a_variable_comes_from_the_setting() -> None:
    variable = variable_for("server.port")
    assert variable == "BASELAYER__SERVER__PORT"
    (layer,) = environment_layers({variable: "1"}, Settings)
    assert layer.tree == {"server": {"port": 1}}
