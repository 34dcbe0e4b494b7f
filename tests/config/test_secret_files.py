"""Generated secrets: made once, for their owner's eyes only."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from baselayer.app.config.secret_files import generate_secret
from baselayer.app.errors import ConfigError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "secrets" / "cookie"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secret_is_made_once_and_read_again(path: Path) -> None:
    secret = generate_secret(path)
    assert len(secret) >= 43  # 32 bytes in base64
    assert generate_secret(path) == secret
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [file.name for file in path.parent.iterdir()] == ["cookie"]


def test_two_installations_differ(tmp_path: Path) -> None:
    assert generate_secret(tmp_path / "a" / "key") != generate_secret(tmp_path / "b" / "key")


def test_two_first_starts_get_the_same_secret(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(generate_secret, [path] * 8))
    assert len(secrets) == 1


@pytest.mark.parametrize("open_mode", [0o640, 0o604, 0o620])
def test_secret_that_others_can_open_is_refused(path: Path, open_mode: int) -> None:
    generate_secret(path)
    path.chmod(open_mode)
    with pytest.raises(ConfigError, match="chmod 0600"):
        generate_secret(path)


def test_directory_that_others_can_enter_is_refused(path: Path) -> None:
    generate_secret(path)
    path.parent.chmod(0o755)
    with pytest.raises(ConfigError, match="chmod 0700"):
        generate_secret(path)


def test_damaged_secret_is_refused_and_kept(path: Path) -> None:
    generate_secret(path)
    path.write_text("short")
    with pytest.raises(ConfigError, match="damaged") as caught:
        generate_secret(path)
    assert "short" not in caught.value.message
    assert path.read_text() == "short"


def test_link_is_refused(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("x" * 43)
    path.parent.mkdir(mode=0o700, parents=True)
    path.symlink_to(other)
    with pytest.raises(ConfigError, match="cannot be kept"):
        generate_secret(path)


def test_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be kept"):
        generate_secret(tmp_path / "file" / "secrets" / "key")
