"""open_redis: says what to install."""

from unittest import mock

import pytest

from baselayer.app.errors import PackageMissingError
from baselayer.cli.redis_client import open_redis


def test_missing_package_is_named_with_the_way_out() -> None:
    with (
        mock.patch.dict("sys.modules", {"redis": None}),
        pytest.raises(PackageMissingError, match=r"baselayer\[redis\]"),
    ):
        open_redis("redis://127.0.0.1:6379/0")
