"""Tables and failures."""

import pytest

from baselayer.cli.saying import fail, printable, show_table


def test_table_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("a", 1, None), ("漢字", 1000, True)]
    assert show_table(["name", "n", "x"], rows, right={1}) == 2
    assert capsys.readouterr().out == (
        "name     n  x\n----  ----  ----\na        1\n漢字  1000  true\n"
    )


def test_value_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\nc\x9b") == r"a\x1b[2Jb\nc\x9b"


def test_failure_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        fail("It broke\n  here.")
    assert raised.value.code == 1
    assert capsys.readouterr().err == "baselayer: It broke here.\n"
