"""A database of the small world with its policies in force, for a role that owns nothing."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.rls.policies import rules_of, statements_of
from tests.factories.gate import World
from tests.factories.metadata import fresh_database
from tests.factories.places import Place, place

ROLE = "rls_reader"


@pytest.fixture(scope="module")
def policed_place(metadata_cluster: Cluster) -> Iterator[Place]:
    """The small world with policies, made once a file."""
    with fresh_database(metadata_cluster) as url, place(url) as made:
        with made.engine.begin() as connection:
            run = connection.exec_driver_sql
            run(f"CREATE ROLE {ROLE}")
            run(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}")
            run(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
            for _ in range(2):  # again is harmless
                for statement in statements_of(rules_of(World.registry), ROLE):
                    run(statement.replace("%", "%%"))
        yield made
        with made.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {ROLE}")
            connection.exec_driver_sql(f"DROP ROLE {ROLE}")


@pytest.fixture
def policed(policed_place: Place) -> Place:
    """The small world with policies, as new."""
    policed_place.clear()
    return policed_place


def as_role(connection: sa.Connection) -> None:
    """Work as the role that the policies bind, until the transaction ends."""
    connection.exec_driver_sql(f"SET LOCAL ROLE {ROLE}")
