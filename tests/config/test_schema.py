"""The schema: every setting has a default and a sentence, and none can be changed later."""

import pytest
from pydantic import ValidationError

from baselayer.app.config.naming import setting_fields
from baselayer.app.config.schema import Settings


def test_every_setting_has_a_default() -> None:
    for name, field in setting_fields(Settings).items():
        assert not field.is_required(), name


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().server.port = 1  # type: ignore[misc]  # the very thing that is refused


@pytest.mark.parametrize("value", ["5000", True, 1.5, None, 65_536, -1])
def test_port_takes_ports_only(value: object) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"server": {"port": value}})


@pytest.mark.parametrize("address", ["example.org", "ftp://example.org", "http://a.example/"])
def test_address_is_a_web_address_without_a_slash(address: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"server": {"address": address}})
