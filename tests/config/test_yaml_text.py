"""YAML: what is read, and which traps are refused before they spring."""

import pytest

from baselayer.app.config.yaml_text import MAX_CHARACTERS, parse_value, parse_yaml
from baselayer.app.errors import ConfigError

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "file")
    return caught.value.message


def test_values_are_plain_and_lines_are_noted() -> None:
    layer = parse_yaml("a:\n  b: 1\n  c: [x, {d: null}]\n", "file")
    assert layer.tree == {"a": {"b": 1, "c": ["x", {"d": None}]}}
    assert layer.place(("a", "c")) == "file:3"
    assert layer.place(("a", "c", 0)) == "file:3"
    assert layer.place(("z",)) == "file"


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "null"])
def test_nothing_is_no_settings(text: str) -> None:
    assert parse_yaml(text, "file").tree == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "file:3: a is set twice"),
        ("s:\n  a: 1\n  a: 1\n", "file:3: a is set twice"),
        (BOMB, "file:2: aliases are not taken"),
        ("[" * 100_000, "file:1: nested more than 20 levels"),
        ("a: !!python/object/apply:os.getcwd []\n", "file:1: tags"),
        ("a: !!python/name:os.getcwd\n", "file:1: tags"),
        ("a: 1\n---\nb: 2\n", "not valid YAML"),
        ("just words\n", "expected sections"),
        ("- a\n- b\n", "expected sections"),
        ("? [a, b]\n: 1\n", "must be one word"),
        ("a: \x07\n", "not valid YAML"),
        ("a: 2020-99-99\n", "not valid YAML"),
        ("#" * (MAX_CHARACTERS + 1), "is it settings?"),
    ],
)
def test_trap_is_refused(text: str, told: str) -> None:
    assert told in refusal(text)


def test_one_value_may_be_of_any_kind() -> None:
    assert parse_value("[1, two]", "VARIABLE") == [1, "two"]
    assert parse_value("off", "VARIABLE") is False
