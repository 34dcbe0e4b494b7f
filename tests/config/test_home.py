"""The data directory: named by a variable, or where this user's data live."""

import os
from pathlib import Path

import pytest

from baselayer.app.config.home import home_directory


def test_variable_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert home_directory({"BASELAYER_HOME": "/data"}) == Path("/data")
    assert home_directory({"BASELAYER_HOME": "here"}) == tmp_path / "here"


def test_root_keeps_it_with_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert home_directory({"BASELAYER_HOME": ""}) == Path("/var/lib/baselayer")


def test_ordinary_user_keeps_it_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/ada")
    assert home_directory({}) == Path("/home/ada/.local/share/baselayer")
