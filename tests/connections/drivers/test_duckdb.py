"""DuckDB files are read, and nothing else: no other file, no extension, no setting, no variable."""

import datetime as dt
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from baselayer.app.connections.drivers.base import Session, cut_in
from baselayer.app.errors import (
    BaselayerError,
    QueryFailedError,
    QueryTimeoutError,
    RunCancelledError,
    TargetError,
)
from tests.connections.drivers.files import file_root, opened, write_duckdb, write_sqlite
from tests.connections.drivers.reading import rows, types
from tests.targets import SOON_SECONDS

ENDLESS = "select count(*) from range(100000000000)"


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with file_root() as home:
        write_duckdb(
            home / "shop.duckdb",
            "create table items as select i as id, 'item ' || i as name from range(1, 1001) r(i)",
            "create sequence numbers",
        )
        yield home


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[Session]:
    """One session for many statements: none may harm the next."""
    with opened(root, "duckdb", "shop.duckdb") as session:
        yield session


# No guard is in the way here: this is what DuckDB itself is held to.
@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_blob('/etc/passwd')",
        "select * from read_json('/etc/passwd')",
        "select * from read_parquet('/tmp/x.parquet')",
        "select * from sniff_csv('/etc/passwd')",
        "from '/etc/passwd'",
        'from "/etc/passwd"',
        "select * from glob('/*')",
        "select * from 'https://example.org/x.csv'",
        "copy items to '/tmp/baselayer-sneaky.csv'",
        "copy (select 1) to '/tmp/baselayer-sneaky.parquet'",
        "copy items from '/etc/passwd'",
        "export database '/tmp/baselayer-sneaky'",
        "import database '/tmp'",
        "attach '/tmp/baselayer-sneaky.db'",
        "attach ':memory:' as other",
        "install httpfs",
        "load httpfs",
        "load '/tmp/x.duckdb_extension'",
        "set threads = 4",
        "set memory_limit = '100GB'",
        "set lock_configuration = false",
        "set enable_external_access = true",
        "reset memory_limit",
        "pragma version",
        "pragma threads = 4",
        "call pragma_version()",
        "checkpoint",
        "force checkpoint",
        "create table sneaky (a int)",
        "create temp table sneaky (a int)",
        "create secret x (type s3)",
        "create macro f(a) as a",
        "insert into items values (0, 'x')",
        "update items set id = 1",
        "delete from items",
        "drop table items",
        "select nextval('numbers')",
        "select getenv('HOME')",
        "select * from query('from read_csv(''/etc/passwd'')')",
        "select * from sink",
        "select * from opening",
        "select * from LOCKED",
        "select 1; select 2",
        "select 1; copy items to '/tmp/baselayer-sneaky.csv'",
        "prepare p as select 1",
        "execute p",
        "begin",
        "commit",
        "use shop",
        "selec",
        "",
    ],
)
def test_statement_that_does_more_than_read_is_denied(
    root: Path, reader: Session, sql: str
) -> None:
    before = (root / "shop.duckdb").read_bytes()
    with pytest.raises(QueryFailedError):
        rows(reader, sql)
    assert rows(reader, "select count(*) from items") == [(1000,)]
    assert (root / "shop.duckdb").read_bytes() == before
    assert [path.name for path in root.iterdir()] == ["shop.duckdb"]
    assert not list(Path("/tmp").glob("baselayer-sneaky*"))


@pytest.mark.parametrize(
    ("expression", "value", "arrow"),
    [
        ("127::tinyint", 127, "int8"),
        ("18446744073709551615::ubigint", 18446744073709551615, "uint64"),
        ("(2::hugeint ** 100)::hugeint", Decimal(2**100), "decimal256(39, 0)"),
        ("'-170141183460469231731687303715884105728'::hugeint", Decimal(-(2**127)), None),
        ("340282366920938463463374607431768211455::uhugeint", Decimal(2**128 - 1), None),
        ("sum(x) from (values (1::bigint), (2)) v(x)", Decimal(3), "decimal256(39, 0)"),
        ("1.50::decimal(38, 10)", Decimal("1.5000000000"), "decimal128(38, 10)"),
        ("0.1::float", 0.10000000149011612, "float"),
        ("1e300", 1e300, "double"),
        ("true", True, "bool"),
        ("'é😀'", "é😀", "string"),
        ("''", "", "string"),
        ("null", None, None),
        ("'\\x00\\xff'::blob", b"\x00\xff", "binary"),
        ("date '2024-02-29'", dt.date(2024, 2, 29), "date32[day]"),
        ("date 'infinity'", "infinity", "date32[day]"),
        ("date '0044-03-15 (BC)'", "0044-03-15 (BC)", "date32[day]"),
        ("timestamp '9999-12-31 23:59:59.999999'", dt.datetime.max, "timestamp[us]"),
        ("timestamp '-infinity'", "-infinity", "timestamp[us]"),
        ("timestamp_s '2024-01-01 00:00:01'", dt.datetime(2024, 1, 1, 0, 0, 1), "timestamp[us]"),
        (
            "'2024-01-01 00:00:00.123456789'::timestamp_ns",
            "2024-01-01 00:00:00.123456789",
            "string",
        ),
        (
            "timestamptz '2024-01-01 02:00:00+02'",
            dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
            "timestamp[us, tz=UTC]",
        ),
        ("time '12:00:00.5'", dt.time(12, 0, 0, 500000), "time64[us]"),
        ("'12:00:00+02'::timetz", "12:00:00+02", "string"),
        ("interval '1 month 2 days'", "1 month 2 days", "string"),
        ("[1, 2]", "[1, 2]", "string"),
        ("{'a': 1, 'b': 'x'}", "{'a': 1, 'b': x}", "string"),
        ("'a'::enum('a', 'b')", "a", "string"),
        ("'101'::bit", "101", "string"),
        ("'{\"a\": 1.50}'::json", '{"a": 1.50}', "string"),
    ],
)
def test_value_arrives_exactly(
    reader: Session, expression: str, value: object, arrow: str | None
) -> None:
    assert rows(reader, f"select {expression}") == [(value,)]
    if arrow is not None:
        assert types(reader, f"select {expression}")[0][0] == arrow


def test_names_of_columns_may_repeat_and_be_anything(root: Path) -> None:
    with opened(root, "duckdb", "shop.duckdb") as session:
        columns, batches = session.stream('select 1 a, 2 a, 3 as "é ""x"""', 10)
        assert [column.name for column in columns] == ["a", "a", 'é "x"']
        assert [batch.num_rows for batch in batches] == [1]


def test_descriptions_are_rows(root: Path) -> None:
    with opened(root, "duckdb", "shop.duckdb") as session:
        assert [row[0] for row in rows(session, "describe items")] == ["id", "name"]
        assert rows(session, "show tables") == [("items",)]
        assert rows(session, "explain select * from items")
        assert rows(session, "select 1 where false") == []


def test_long_values_are_cut_and_batches_bounded(root: Path) -> None:
    with opened(root, "duckdb", "shop.duckdb", limit_cell_bytes=5) as session:
        _, batches = session.stream("select 'ééé', 'x'", 10)
        batch = next(batches)
        assert [list(row.values()) for row in batch.to_pylist()] == [["éé", "x"]]
        assert cut_in(batch.schema.metadata) == {0: {0: 6}}
        batches.close()
        _, batches = session.stream("select * from range(5000)", 16_384)
        sizes = [batch.num_rows for batch in batches]
        assert sum(sizes) == 5_000


@pytest.mark.parametrize(
    "sql",
    [
        "select repeat('x', 2000000000)",
        "select list(i) from range(500000000) r(i)",
        "select string_agg(repeat('x', 100000), '') from range(100000)",
    ],
)
def test_memory_bomb_ends_cleanly(root: Path, sql: str) -> None:
    changes = {"timeout_seconds": 20.0}
    with (
        opened(root, "duckdb", "shop.duckdb", **changes) as session,
        pytest.raises(QueryFailedError, match="memory"),
    ):
        rows(session, sql)


def test_time_is_kept(root: Path) -> None:
    begun = time.monotonic()
    with (
        opened(root, "duckdb", "shop.duckdb", timeout_seconds=2) as session,
        pytest.raises(QueryTimeoutError, match=r"\b2(\.0)? s"),
    ):
        rows(session, ENDLESS)
    assert time.monotonic() - begun < SOON_SECONDS


def test_cancel_ends_the_statement(root: Path) -> None:
    with opened(root, "duckdb", "shop.duckdb") as session:
        threading.Timer(0.3, session.cancel).start()
        begun = time.monotonic()
        with pytest.raises(RunCancelledError):
            rows(session, ENDLESS)
        assert time.monotonic() - begun < SOON_SECONDS


def test_file_that_is_no_database_or_may_not_be_written_is_told(root: Path) -> None:
    with file_root() as home:
        write_sqlite(home / "x.db", "create table t (a)")
        (home / "y.db").write_bytes(b"no database" * 999)
        for name in ("x.db", "y.db"):
            with pytest.raises(BaselayerError), opened(home, "duckdb", name):
                pass
    with pytest.raises(TargetError), opened(root, "duckdb", "shop.duckdb", read_only=False):
        pass
