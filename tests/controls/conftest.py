"""The database of the random graphs, made once a run."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from baselayer.app.db.embedded.cluster import Cluster
from tests.factories.graphs import Graph
from tests.factories.metadata import fresh_database


@pytest.fixture(scope="session")
def graph_engine(metadata_cluster: Cluster) -> Iterator[sa.Engine]:
    """An engine on a database that has the tables, and never a row that is committed."""
    with fresh_database(metadata_cluster) as url:
        engine = sa.create_engine(url)
        Graph.metadata.create_all(engine)
        yield engine
        engine.dispose()
