"""The data's package, when it is not there."""

import pytest

from baselayer.app.errors import PackageMissingError
from baselayer.cli.demo import flights


def test_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "PACKAGE", "nycflights_of_another_year")
    with pytest.raises(PackageMissingError, match="pip install --no-deps nycflights_of_another"):
        flights.data_directory()
