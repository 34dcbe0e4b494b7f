"""Starting a run: who may, within which bounds, and that a statement is judged."""

import pytest

from baselayer.app.config.schema import RunSettings
from baselayer.app.errors import NotFoundError, SqlNotReadOnlyError
from baselayer.app.identity.principals import Principal
from baselayer.app.queries.executor.protocol import Egress
from baselayer.app.queries.start import Asked, Bounds, find_runnable, is_read, new_run
from tests.queries.conftest import Desk

BOUNDS = Bounds(RunSettings(limit_rows=100), Egress(refused=[("127.0.0.1", 1)]))


def test_connection_is_found_by_whom_it_belongs_to_only(desk: Desk) -> None:
    asked = Asked(desk.connection.id, "select 1")
    with desk.database.verified(desk.owner) as session:
        assert find_runnable(session, desk.owner, asked).id == desk.connection.id
    with desk.database.verified(desk.stranger) as session, pytest.raises(NotFoundError):
        find_runnable(session, desk.stranger, asked)


@pytest.mark.parametrize(
    ("wished", "stored", "expected"),
    [(None, None, 100), (7, None, 7), (500, None, 100), (50, 9, 9)],
)
def test_smallest_bound_holds(
    desk: Desk, wished: int | None, stored: int | None, expected: int
) -> None:
    asked = Asked(desk.connection.id, "select 1", wished)
    desk.connection.limit_rows = stored
    run, job = new_run(desk.connection, desk.owner, asked, BOUNDS, read_only=True)
    desk.connection.limit_rows = None
    assert (run.limit_rows, job.limit_rows) == (expected, expected)
    assert job.egress.refused == [("127.0.0.1", 1)]
    assert job.file_name == f"{run.id}.arrow"
    assert job.target.read_only


@pytest.mark.parametrize("read_only", [True, False])
def test_write_needs_a_connection_that_writes_and_the_permission(
    desk: Desk, read_only: bool
) -> None:
    sql = "delete from items"
    desk.connection.read_only = read_only
    reader = Principal(1, "reader", 1, None, frozenset({"Run queries"}))
    try:
        with pytest.raises(SqlNotReadOnlyError):
            is_read(desk.connection, reader, sql)
        if read_only:
            with pytest.raises(SqlNotReadOnlyError):
                is_read(desk.connection, desk.owner, sql)
        else:
            assert not is_read(desk.connection, desk.owner, sql)
        assert is_read(desk.connection, reader, "select 1")
    finally:
        desk.connection.read_only = True
