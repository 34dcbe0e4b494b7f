"""SQLite files are read, and nothing else; what a statement asks for beyond is denied."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from baselayer.app.connections.drivers.base import Session, cut_in
from baselayer.app.connections.drivers.file_session import FileSession
from baselayer.app.errors import (
    BaselayerError,
    FileNotAllowedError,
    QueryFailedError,
    QueryTimeoutError,
    RunCancelledError,
    TargetError,
    UnknownOptionError,
)
from tests.connections.drivers.files import file_root, opened, write_sqlite
from tests.connections.drivers.reading import rows, types
from tests.targets import SOON_SECONDS

ENDLESS = "with recursive x(a) as (select 1 union all select a + 1 from x) select count(*) from x"

SCHEMA = """
create table t (i integer, r real, s text, b blob, n numeric, d date, x);
insert into t values (1, 1.5, 'a', x'00ff', 1, '2020-01-01', 1);
insert into t values ('zz', 2, '', 'text', 1.5, null, 'x');
insert into t values (4611686018427387904, 1e300, null, null, null, '', null);
insert into t values (-9223372036854775808, 9007199254740993, cast(x'41' as text), x'', 2, 5, 2.5);
create table items (id integer primary key, name text);
with recursive c(i) as (select 1 union all select i + 1 from c where i < 1000)
    insert into items select i, 'item ' || i from c;
create virtual table docs using fts5(body);
insert into docs values ('a needle in hay'), ('hay');
"""


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with file_root() as home:
        write_sqlite(home / "shop.db", SCHEMA)
        yield home


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[Session]:
    """One session for many statements: none may harm the next."""
    with opened(root, "sqlite", "shop.db") as session:
        yield session


# No guard is in the way here: this is what SQLite itself is held to.
@pytest.mark.parametrize(
    "sql",
    [
        "attach 'other.db' as other",
        "attach ':memory:' as other",
        "detach main",
        "vacuum",
        "vacuum into '/tmp/baselayer-sneaky.db'",
        "pragma query_only = 0",
        "pragma writable_schema = 1",
        "pragma table_info(t)",
        "pragma hard_heap_limit = 0",
        "select * from pragma_table_info('t')",
        "select * from pragma_database_list",
        "select load_extension('x')",
        "select writefile('/tmp/baselayer-sneaky', 'x')",
        "select readfile('/etc/passwd')",
        "select fts3_tokenizer('simple')",
        "insert into t (i) values (1)",
        "update t set i = 1",
        "delete from t",
        "create table sneaky (a)",
        "create temp table sneaky (a)",
        "create temp view sneaky as select 1",
        "drop table t",
        "alter table t rename to u",
        "create virtual table v using fts5(a)",
        "insert into docs(docs) values ('rebuild')",
        "reindex",
        "analyze",
        "begin",
        "commit",
        "savepoint x",
        "select 1; select 2",
        "select 1; attach 'x' as x",
        "selec",
    ],
)
def test_statement_that_does_more_than_read_is_denied(
    root: Path, reader: Session, sql: str
) -> None:
    before = (root / "shop.db").read_bytes()
    with pytest.raises(QueryFailedError):
        rows(reader, sql)
    assert rows(reader, "select count(*) from items") == [(1000,)]
    assert (root / "shop.db").read_bytes() == before
    assert [path.name for path in root.iterdir()] == ["shop.db"]
    assert not list(Path("/tmp").glob("baselayer-sneaky*"))


def test_values_keep_their_types_and_others_their_texts(root: Path) -> None:
    with opened(root, "sqlite", "shop.db") as session:
        assert types(session, "select * from t") == [
            ("int64", "integer"),
            ("double", "real"),
            ("string", "text"),
            ("binary", "blob"),
            ("double", "numeric"),
            ("string", "date"),
            ("string", "text"),
        ]
        assert rows(session, "select * from t") == [
            (1, 1.5, "a", b"\x00\xff", 1.0, "2020-01-01", "1"),
            ("zz", 2.0, "", "text", 1.5, None, "x"),
            (2**62, 1e300, None, None, None, "", None),
            (-(2**63), float(2**53), "A", b"", 2.0, "5", "2.5"),
        ]


def test_type_of_a_column_without_rows_is_the_declared_one(root: Path) -> None:
    with opened(root, "sqlite", "shop.db") as session:
        found = types(session, "select i, r, b, count(*) over () as c from t where i = 99")
        assert found == [
            ("int64", "integer"),
            ("double", "real"),
            ("binary", "blob"),
            ("string", "text"),
        ]


def test_names_of_columns_may_repeat(root: Path) -> None:
    with opened(root, "sqlite", "shop.db") as session:
        columns, batches = session.stream("select i, i, 1 as i from t limit 1", 10)
        assert [column.name for column in columns] == ["i", "i", "i"]
        assert [batch.num_rows for batch in batches] == [1]


def test_search_and_plans_work(root: Path) -> None:
    with opened(root, "sqlite", "shop.db") as session:
        found = "select highlight(docs, 0, '<', '>') from docs where docs match 'needle'"
        assert rows(session, found) == [("a <needle> in hay",)]
        assert rows(session, "select value from json_each('[1, 2]')") == [(1,), (2,)]
        assert rows(session, "explain query plan select * from items where id = 1")


def test_batches_are_bounded(root: Path) -> None:
    with opened(root, "sqlite", "shop.db", limit_cell_bytes=5) as session:
        _, batches = session.stream("select id from items", 300)
        assert [batch.num_rows for batch in batches] == [300, 300, 300, 100]
        _, batches = session.stream("select 'ééé', x'00010203040506'", 10)
        batch = next(batches)
        assert [list(row.values()) for row in batch.to_pylist()] == [["éé", bytes(range(5))]]
        assert cut_in(batch.schema.metadata) == {0: {0: 6}, 1: {0: 7}}


@pytest.mark.parametrize(
    "sql",
    [
        "select printf('%*d', 900000000, 1)",
        "select zeroblob(900000000)",
        "select group_concat(hex(zeroblob(4000000))) from items",
        "select replace(hex(zeroblob(4000)), '00', hex(zeroblob(4000)))",
        "select hex(zeroblob(4000000)) || a.id from items a, items b order by 1",
        "select json_group_array(hex(randomblob(50000))) from items, items b",
    ],
)
def test_memory_bomb_ends_cleanly(root: Path, sql: str) -> None:
    failures = (QueryFailedError, QueryTimeoutError)
    with opened(root, "sqlite", "shop.db", timeout_seconds=5) as session, suppress(*failures):
        assert rows(session, sql) == [(None,)]


def test_time_is_kept(root: Path) -> None:
    begun = time.monotonic()
    with (
        opened(root, "sqlite", "shop.db", timeout_seconds=2) as session,
        pytest.raises(QueryTimeoutError, match=r"\b2(\.0)? s"),
    ):
        rows(session, ENDLESS)
    assert time.monotonic() - begun < SOON_SECONDS


def test_child_may_be_first_to_see_that_time_is_up(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileSession, "_watch", lambda self, seconds: None)
    with (
        opened(root, "sqlite", "shop.db", timeout_seconds=1) as session,
        pytest.raises(QueryTimeoutError),
    ):
        rows(session, ENDLESS)


def test_word_in_a_message_is_no_interrupt(root: Path) -> None:
    with (
        opened(root, "sqlite", "shop.db") as session,
        pytest.raises(QueryFailedError, match="no such column: interrupted"),
    ):
        rows(session, "select interrupted")


def test_cancel_ends_the_statement(root: Path) -> None:
    with opened(root, "sqlite", "shop.db") as session:
        threading.Timer(0.3, session.cancel).start()
        begun = time.monotonic()
        with pytest.raises(RunCancelledError):
            rows(session, ENDLESS)
        assert time.monotonic() - begun < SOON_SECONDS


def test_wal_database_is_read_while_it_is_written(root: Path) -> None:
    with file_root() as home, closing(sqlite3.connect(home / "live.db")) as writer:
        writer.execute("pragma journal_mode = wal")
        writer.execute("create table t (a)")
        writer.execute("insert into t values (5)")
        writer.commit()
        with opened(home, "sqlite", "live.db") as session:
            assert rows(session, "select a from t") == [(5,)]
            writer.execute("insert into t values (6)")
            writer.commit()
            assert rows(session, "select a from t") == [(5,), (6,)]
        for name in ("live.db", "live.db-wal"):  # as a crash leaves it: a log without its index
            shutil.copy(home / name, home / name.replace("live", "crashed"))
        with opened(home, "sqlite", "crashed.db") as session:
            assert rows(session, "select a from t") == [(5,), (6,)]
        assert not (home / "crashed.db-shm").exists()


def test_wal_database_that_nobody_has_open_is_left_as_it_is() -> None:
    with file_root() as home:
        write_sqlite(home / "a.db", "pragma journal_mode = wal; create table t as select 7 as a;")
        with opened(home, "sqlite", "a.db") as session:
            assert rows(session, "select a from t") == [(7,)]
        assert [path.name for path in home.iterdir()] == ["a.db"]


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be one" * 9])
def test_file_that_is_no_database_is_told(root: Path, content: bytes) -> None:
    with file_root() as home:
        (home / "x.db").write_bytes(content)
        if content:
            told = pytest.raises(TargetError, match="not a database")
            with told, opened(home, "sqlite", "x.db"):
                pass
            return
        with opened(home, "sqlite", "x.db") as session:  # SQLite's empty database
            assert rows(session, "select count(*) from sqlite_schema") == [(0,)]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"read_only": False}, TargetError),
        ({"options": {"mode": "rwc"}}, UnknownOptionError),
        ({"file_roots": ()}, FileNotAllowedError),
    ],
)
def test_target_that_cannot_be_is_refused(
    root: Path, changes: dict[str, object], kind: type[BaselayerError]
) -> None:
    with pytest.raises(kind), opened(root, "sqlite", "shop.db", **changes):
        pass
