"""load_env: on call, never on import; once per process; unknown arguments left to others."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from baselayer.app import env
from baselayer.app.env import load_env, parser


@pytest.fixture(autouse=True)
def fresh_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["app"])
    load_env.cache_clear()
    yield
    load_env.cache_clear()


def test_command_line_names_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_text("app: {title: a}\nserver: {port: 1}")
    (tmp_path / "b.yaml").write_text("app: {title: b}")
    arguments = ["app", "-C", "a.yaml", "--process", "3", "--config=b.yaml", "--debug", "serve"]
    monkeypatch.setattr(sys, "argv", arguments)
    found, cfg = load_env()
    assert found.debug is True
    assert (cfg["app.title"], cfg["server.port"]) == ("b", 1)


def test_second_call_gives_the_same() -> None:
    first = load_env()
    assert load_env() is first


def test_argument_that_comes_too_late_is_refused() -> None:
    load_env()
    with pytest.raises(RuntimeError, match="before load_env"):
        parser.add_argument("--late")


def test_abbreviation_is_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["app", "--deb"])
    assert env.load_env()[0].debug is False
