"""Fields on the command line: values as they look, secrets never as an argument."""

from pathlib import Path

import pytest

from baselayer.app.errors import InvalidRequestError
from baselayer.cli.fields import read_fields, shown_value


def test_values_are_what_they_look_like(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("line one\nline two\n")
    given = ["port=5433", "read-only=false", "tags=[a, b]", "host=db.example", "limit_rows=null"]
    found = read_fields(given, [f"pem={file}", f"key={file}"], [], secrets={"key"})
    assert found == {
        **{"port": 5433, "read_only": False, "tags": ["a", "b"], "host": "db.example"},
        **{"limit_rows": None, "pem": "line one\nline two\n", "key": "line one\nline two"},
    }
    assert read_fields(["key=null"], [], [], secrets={"key"}) == {"key": None}
    assert read_fields(["name=a: b: c"], [], [], secrets=()) == {"name": "a: b: c"}


def test_secret_is_no_argument() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_fields(["key=hidden"], [], [], secrets={"key"})
    assert "hidden" not in refused.value.message


def test_value_is_shown_on_one_line() -> None:
    assert [shown_value(value) for value in (True, False, "a\n b", 3)] == ["yes", "no", "a b", "3"]
