"""One running installation for the tests that need a whole server."""

from collections.abc import Iterator

import pytest

from tests.server import Served, shared_house


@pytest.fixture(scope="session")
def house() -> Iterator[Served]:
    """The server, its people, and a connection that they share."""
    yield from shared_house()
