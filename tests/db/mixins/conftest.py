"""The workshop, for the tests of the mixins."""

from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.mixins.jwt_keys import JWTKey
from baselayer.app.sealing.binding import Binding
from tests.factories.metadata import fresh_database
from tests.factories.places import Place
from tests.factories.workshop import RING, Purpose, furnish, workshop_place


@pytest.fixture(scope="session")
def workshop_database(metadata_cluster: Cluster) -> Iterator[Place]:
    """The database of the workshop, made once a run."""
    with fresh_database(metadata_cluster) as url, workshop_place(url) as made:
        yield made


@pytest.fixture
def workshop(workshop_database: Place) -> Place:
    """The workshop, as new."""
    furnish(workshop_database)
    return workshop_database


class OpenRing:
    """The key ring, for tests that sign what the house would not."""

    def open(self, key: JWTKey) -> str:
        """Return the private key of `key`."""
        binding = Binding("jwt_keys", "sealed_private_key", str(key.id))
        return RING.open(key.sealed_private_key, binding)


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> OpenRing:
    """The key ring, set as an application does at start."""
    monkeypatch.setattr(JWTKey, "ring", RING)
    return OpenRing()


@pytest.fixture
def key(workshop: Place, ring: OpenRing) -> JWTKey:
    """A key in force for workers."""
    with workshop.plain() as session:
        made: JWTKey = JWTKey.rotate(session, Purpose.worker)
        return made


@pytest.fixture
def signed(key: JWTKey, ring: OpenRing) -> Callable[[dict[str, Any]], str]:
    """A function that signs any claims with the house's own key."""

    def sign(claims: dict[str, Any]) -> str:
        private = ring.open(key)
        return jwt.encode(claims, private, algorithm="EdDSA", headers={"kid": str(key.id)})

    return sign
