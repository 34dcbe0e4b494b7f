"""baselayer check-policies."""

from typer.testing import CliRunner

from baselayer.cli.commands import app


def test_sound_models_end_with_zero() -> None:
    found = CliRunner().invoke(app, ["check-policies"])
    assert found.exit_code == 0
    assert found.stdout == ""
    assert "are sound" in found.stderr


def test_findings_end_with_one() -> None:
    found = CliRunner().invoke(app, ["check-policies", "--of", "tests.factories.gate:World"])
    assert found.exit_code == 1
    assert "notes has no index that begins with (owner_id)" in found.stdout


def test_what_is_no_base_is_refused() -> None:
    for name in ("nonsense", "baselayer.app.models:Nothing", "no.such:Base"):
        found = CliRunner().invoke(app, ["check-policies", "--of", name])
        assert found.exit_code == 2
        assert "names no declarative base" in found.output
