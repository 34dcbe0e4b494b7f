"""The settings written out: what a reader gets is what the schema says."""

from pathlib import Path

import yaml

from baselayer.app.config import load_config
from baselayer.app.config.naming import setting_fields
from baselayer.app.config.schema import Settings
from baselayer.app.config.written import defaults_yaml, settings_page


def test_defaults_file_holds_exactly_the_defaults() -> None:
    assert yaml.safe_load(defaults_yaml(Settings)) == Settings().model_dump()


def test_defaults_file_can_be_used_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "copy.yaml"
    file.write_text(defaults_yaml(Settings))
    assert load_config([file], environ={}).settings == Settings()


def test_every_setting_has_a_row_with_its_variable() -> None:
    page = settings_page(Settings)
    for name, field in setting_fields(Settings).items():
        (row,) = (line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        assert field.description and field.description in row
        assert f"BASELAYER__{name.upper().replace('.', '__')}`" in row


def test_lines_fit_the_page() -> None:
    assert all(len(line) <= 100 for line in defaults_yaml(Settings).splitlines())
