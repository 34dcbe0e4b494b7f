"""Config: typed settings, upstream's dotted names, nothing shown that is secret."""

from pathlib import Path

import pytest

from baselayer.app.config import Config
from baselayer.app.config.schema import DatabaseSettings, Settings

CANARY = "kanarienvogel-4711"


@pytest.fixture
def cfg() -> Config:
    database = DatabaseSettings(url=f"postgresql://user:{CANARY}@host/db?sslmode=require")
    settings = Settings(database=database)
    return Config(settings, home=Path("/data"), config_files=[Path("/etc/a.yaml")])


def test_the_same_value_is_found_in_every_way(cfg: Config) -> None:
    assert cfg.settings.server.port == cfg["server.port"] == cfg["server"]["port"] == 5000


def test_get_gives_the_default_only_for_what_is_not_there(cfg: Config) -> None:
    assert cfg.get("server.nothing", 7) == 7
    assert cfg.get("server.port.deeper", 7) == 7
    assert cfg.get("server.address", 7) is None


@pytest.mark.parametrize("name", ["nothing", "server.nothing", "server.port.deeper"])
def test_what_is_not_there_is_a_key_error(cfg: Config, name: str) -> None:
    with pytest.raises(KeyError):
        cfg[name]


def test_the_files_are_named(cfg: Config) -> None:
    assert cfg["config_files"] == ["/etc/a.yaml"]
    assert cfg.home == Path("/data")


def test_showing_hides_secrets(cfg: Config, capsys: pytest.CaptureFixture[str]) -> None:
    cfg.show()
    shown = capsys.readouterr().out
    assert "url: postgresql://user:***@host/db?sslmode=require" in shown
    for text in (shown, repr(cfg), str(cfg), repr(cfg.settings), f"{cfg.settings}"):
        assert CANARY not in text
    assert CANARY in cfg["database.url"]
