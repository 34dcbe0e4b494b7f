"""One throw-away PostgreSQL and one MariaDB, both with TLS, for all tests of the drivers."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from baselayer.app.connections.drivers.base import Session
from baselayer.app.connections.drivers.registry import driver_for
from tests.mariadb import NEEDED, MariadbTarget, has_mariadb, mariadb_target
from tests.targets import PostgresTarget, postgres_target

Login = Callable[..., Session]


@pytest.fixture(scope="session")
def shop() -> Iterator[PostgresTarget]:
    with postgres_target(tls=True) as server:
        yield server


@pytest.fixture
def login(shop: PostgresTarget) -> Iterator[Login]:
    """Log in as a role with changes to the target; closed at the end of the test."""
    opened: list[Session] = []

    def open_session(role: str = "reader", **changes: Any) -> Session:
        target = shop.target(role, **changes)
        opened.append(driver_for("postgresql").open(target, shop.way))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()


def rows(session: Session, sql: str, *, batch_rows: int = 16_384) -> list[dict[str, object]]:
    _, batches = session.stream(sql, batch_rows)
    found = [row for batch in batches for row in batch.to_pylist()]
    session.commit()
    return found


def wait_until(is_true: Callable[[], bool], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.02)


def running(shop: PostgresTarget, session: Session) -> bool:
    found = shop.admin(
        "select 1 from pg_stat_activity where pid = %s and state = 'active'", (session.backend_id,)
    )
    return bool(found)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariadbTarget]:
    if not has_mariadb():
        pytest.skip(NEEDED)
    with mariadb_target() as server:
        yield server


@pytest.fixture
def enter(mariadb: MariadbTarget) -> Iterator[Login]:
    """Log in to MariaDB as a role with changes to the target; closed at the end of the test."""
    opened: list[Session] = []

    def open_session(role: str = "reader", **changes: Any) -> Session:
        target = mariadb.target(role, **changes)
        opened.append(driver_for("mariadb").open(target, mariadb.way))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()
