"""A throw-away installation for benchmarks: embedded database, migrated, removed afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.launcher import using
from baselayer.app.db.embedded.roles import MetadataUrls, ensure_roles
from baselayer.migrations.upgrade import upgrade


@contextmanager
def home() -> Iterator[Path]:
    """Have a data directory that the database's own user can pass through."""
    path = Path(tempfile.mkdtemp(prefix="baselayer-bench-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def metadata_database() -> Iterator[MetadataUrls]:
    """Have an empty metadata database at this version's schema."""
    with home() as path:
        (path / "secrets").mkdir(mode=0o700)
        with using(Cluster(path / "postgres", fsync=False)) as cluster:
            urls = ensure_roles(cluster, secrets_directory=path / "secrets")
            upgrade(urls.owner_url, app_role="baselayer_app")
            yield urls
