"""Generated passwords stay what they are, and private."""

from pathlib import Path

import pytest

from baselayer.app.db.embedded.passwords import ensure_passwords, read_passwords, write_private
from baselayer.app.errors import DatabaseStartError


def test_passwords_are_generated_once_and_privately(place: Path) -> None:
    path = place / "secrets" / "roles.json"
    first = ensure_passwords(path, ["owner"])
    second = ensure_passwords(path, ["owner", "app"])
    assert second["owner"] == first["owner"]
    assert len(second["app"]) >= 43
    assert read_passwords(path) == second
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["roles.json"]


def test_no_file_means_no_passwords(place: Path) -> None:
    assert read_passwords(place / "roles.json") == {}


def test_file_open_to_others_is_refused(place: Path) -> None:
    path = place / "roles.json"
    ensure_passwords(path, ["owner"])
    path.chmod(0o640)
    with pytest.raises(DatabaseStartError, match="chmod 600"):
        read_passwords(path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"owner": 3}'])
def test_damaged_file_is_refused_and_kept(place: Path, text: str) -> None:
    path = place / "roles.json"
    write_private(path, text)
    with pytest.raises(DatabaseStartError, match="damaged"):
        ensure_passwords(path, ["owner"])
    assert path.read_text() == text


def test_private_file_replaces_nothing(place: Path) -> None:
    write_private(place / "file", "first")
    with pytest.raises(FileExistsError):
        write_private(place / "file", "second")
