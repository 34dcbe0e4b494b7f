"""Layers of settings: which wins, and what is refused with which words."""

from pathlib import Path

import pytest

from baselayer.app.config import Config, load_config
from baselayer.app.config.schema import Settings
from baselayer.app.errors import ConfigError


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty directory, so that no config.yaml of the checkout is read."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(*files: Path, **environ: str) -> Config:
    return load_config(files, environ=environ)


def refusal(*files: Path, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(*files, **environ)
    return caught.value.message


def test_nothing_said_gives_the_defaults() -> None:
    assert load().settings == Settings()


def test_each_layer_wins_over_the_one_before(directory: Path) -> None:
    (directory / "config.yaml").write_text("server: {port: 1, host: a}\nruns: {limit_rows: 7}")
    first, second = directory / "first.yaml", directory / "second.yaml"
    first.write_text("server: {port: 2}\napp: {title: first}")
    second.write_text("app: {title: second}\nserver:\n  max_body_bytes: 2048")
    cfg = load(first, second, BASELAYER__SERVER__MAX_BODY_BYTES="4096")
    server = cfg.settings.server
    assert (server.port, server.host, server.max_body_bytes) == (2, "a", 4096)
    assert cfg.settings.app.title == "second"
    assert cfg.settings.runs.limit_rows == 7


def test_the_files_read_are_named_in_order(directory: Path) -> None:
    (directory / "config.yaml").write_text("")
    (directory / "more.yaml").write_text("")
    found = load_config(["more.yaml"], environ={})["config_files"]
    assert found == [str(directory / "config.yaml"), str(directory / "more.yaml")]


def test_missing_file_is_refused(directory: Path) -> None:
    assert "absent.yaml: cannot be read: No such file" in refusal(directory / "absent.yaml")


def test_file_that_is_not_text_is_refused(directory: Path) -> None:
    (directory / "config.yaml").write_bytes(b"\xff\xfe\x00")
    assert "not a text file" in refusal()


def test_unknown_setting_is_named_with_its_line_and_the_nearest(directory: Path) -> None:
    (directory / "config.yaml").write_text("# mine\nserver:\n  host: a\n  prot: 5001\n")
    assert refusal() == (
        f"{directory}/config.yaml:4: there is no setting server.prot. Did you mean server.port?"
    )


def test_unknown_section_is_named() -> None:
    assert "no setting servr. Did you mean server?" in refusal(BASELAYER__SERVR__PORT="1")


def test_setting_in_the_wrong_section_is_found() -> None:
    assert "Did you mean runs.limit_rows?" in refusal(BASELAYER__SERVER__LIMIT_ROWS="1")


def test_setting_near_to_nothing_points_to_the_list() -> None:
    assert "config.yaml.defaults lists" in refusal(BASELAYER__ZYX__QQQQ="1")


def test_unknown_variable_is_named_by_its_name() -> None:
    told = refusal(BASELAYER__SERVER__PROT="5001")
    assert told.startswith("BASELAYER__SERVER__PROT: there is no setting server.prot.")


def test_wrong_type_names_the_setting_and_what_is_expected(directory: Path) -> None:
    (directory / "config.yaml").write_text("server:\n  port: five\n")
    assert refusal() == f"{directory}/config.yaml:2: server.port must be a valid integer."


def test_value_out_of_bounds_is_refused() -> None:
    assert "runs.limit_rows must be greater than" in refusal(BASELAYER__RUNS__LIMIT_ROWS="0")


def test_infinite_timeout_is_refused() -> None:
    assert "must be a finite number" in refusal(BASELAYER__RUNS__TIMEOUT_SECONDS=".inf")


def test_value_in_place_of_a_section_is_refused() -> None:
    assert "server is a section" in refusal(BASELAYER__SERVER="5000")


def test_all_faults_are_told_at_once() -> None:
    told = refusal(BASELAYER__SERVER__PORT="x", BASELAYER__LOG__LEVEL="loud")
    assert "server.port" in told
    assert "log.level" in told


def test_section_with_everything_commented_out_changes_nothing(directory: Path) -> None:
    (directory / "config.yaml").write_text("server:\n  # port: 5001\napp: {title: mine}\n")
    cfg = load()
    assert (cfg.settings.server.port, cfg.settings.app.title) == (5000, "mine")


def test_contradictions_are_told() -> None:
    assert "database.url is not" in refusal(BASELAYER__DATABASE__OWNER_URL="postgresql://h/d")
    assert "max_lifetime_days" in refusal(BASELAYER__TOKENS__LIFETIME_DAYS="400")
    assert "heartbeat_seconds" in refusal(BASELAYER__RUNS__LEASE_SECONDS="5")


def test_two_layers_that_agree_only_together_are_taken(directory: Path) -> None:
    (directory / "config.yaml").write_text("tokens: {lifetime_days: 400}")
    cfg = load(BASELAYER__TOKENS__MAX_LIFETIME_DAYS="500")
    assert cfg.settings.tokens.lifetime_days == 400


@pytest.mark.parametrize("password", ["abc01234", "ChangeMe", "secret", "p%61ssword"])
def test_password_that_everybody_knows_is_refused(password: str) -> None:
    told = refusal(BASELAYER__DATABASE__URL=f"postgresql://user:{password}@host/db")
    assert "database.url has a value that everybody knows" in told
    assert password not in told


def test_no_refusal_quotes_a_value(directory: Path) -> None:
    canary = "kanarienvogel-4711"
    (directory / "config.yaml").write_text(f"server: {{port: {canary}}}\nlog: {{level: {canary}}}")
    told = refusal(BASELAYER__DATABASE__URL=f"mysql://u:{canary}@h/d")
    assert told.count("\n") == 2
    assert canary not in told


def test_broken_yaml_is_told_with_its_line_and_without_its_text(directory: Path) -> None:
    (directory / "config.yaml").write_text("app:\n  title: 'kanarienvogel\n")
    told = refusal()
    assert f"{directory}/config.yaml:3: not valid YAML" in told
    assert "kanarienvogel" not in told
