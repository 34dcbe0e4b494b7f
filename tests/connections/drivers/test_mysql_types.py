"""Values of MariaDB arrive exactly; what Arrow cannot say is kept as the server's text."""

import datetime as dt
from decimal import Decimal

import pytest

from tests.connections.drivers.conftest import Login
from tests.connections.drivers.reading import rows, types
from tests.mariadb import MariadbTarget

DECLARED = {
    "tinyint": "int8",
    "tinyint unsigned": "uint8",
    "smallint": "int16",
    "smallint unsigned": "uint16",
    "mediumint": "int32",
    "int": "int32",
    "int unsigned": "uint32",
    "bigint": "int64",
    "bigint unsigned": "uint64",
    "decimal(10,2)": "decimal128(10, 2)",
    "decimal(38,0)": "decimal128(38, 0)",
    "decimal(65,30)": "decimal256(65, 30)",
    "float": "float",
    "double": "double",
    "date": "date32[day]",
    "time": "time64[us]",
    "datetime": "timestamp[us]",
    "timestamp": "timestamp[us, tz=UTC]",
    "year": "int16",
    "bit(9)": "uint64",
    "char(3)": "string",
    "varchar(3)": "string",
    "text": "string",
    "longtext": "string",
    "binary(3)": "binary",
    "varbinary(3)": "binary",
    "blob": "binary",
    "enum('a','b')": "string",
    "set('a','b')": "string",
}


@pytest.fixture(scope="module")
def _declared(mariadb: MariadbTarget) -> None:
    columns = ", ".join(f"c{i} {name} null" for i, name in enumerate(DECLARED))
    mariadb.admin(
        f"create table declared ({columns}) engine = memory".replace(" engine = memory", "")
    )


def test_declared_types_have_their_arrow_types(enter: Login, _declared: None) -> None:
    found = types(enter(), "select * from declared")
    assert [arrow for arrow, _ in found] == list(DECLARED.values())
    same = [name for name in DECLARED if name not in ("bit(9)", "enum('a','b')", "set('a','b')")]
    told = dict(zip(DECLARED, (source for _, source in found), strict=True))
    plain = [
        name.replace("(3)", "").replace("longtext", "text")
        for name in same
        if "decimal" not in name
    ]
    assert [told[name] for name in same if "decimal" not in name] == plain


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("18446744073709551615", 18446744073709551615),
        ("-9223372036854775808", -9223372036854775808),
        ("cast('0.1' as decimal(65,30))", Decimal("0.1")),
        ("99999999999999999999999999999999999999", Decimal("9" * 38)),
        (f"cast('{'9' * 65}' as decimal(65,0))", Decimal("9" * 65)),
        ("-0.00", Decimal("0.00")),
        ("1e300", 1e300),
        ("cast(0.1 as double)", 0.1),
        ("date'2024-02-29'", dt.date(2024, 2, 29)),
        ("cast('0000-00-00' as date)", "0000-00-00"),
        ("date'0000-01-01'", "0000-01-01"),
        ("timestamp'9999-12-31 23:59:59.999999'", dt.datetime(9999, 12, 31, 23, 59, 59, 999999)),
        ("cast('12:00:01.5' as time(6))", dt.time(12, 0, 1, 500000)),
        ("cast('838:59:59' as time)", "838:59:59"),
        ("cast('-10:00:00' as time)", "-10:00:00"),
        ("cast('24:00:00' as time)", "24:00:00"),
        ("''", ""),
        ("null", None),
        ("'é😀\\0x'", "é😀\0x"),
        ("x'00ff'", b"\x00\xff"),
        ("cast('x' as binary)", b"x"),
        ("json_object('a', 1.50)", '{"a": 1.50}'),
        ("true", 1),
        ("'NULL'", "NULL"),
        ("_latin1 x'e9'", "é"),
    ],
)
def test_value_arrives_exactly(enter: Login, expression: str, value: object) -> None:
    assert rows(enter(), f"select {expression}") == [(value,)]


def test_stored_values_arrive_exactly(enter: Login, mariadb: MariadbTarget) -> None:
    mariadb.admin("create table odd (b bit(9), y year, z int zerofill, d datetime, e enum('','b'))")
    mariadb.admin("set @@session.sql_mode = ''")
    mariadb.admin("insert ignore into odd values (b'100000001', 1901, 42, '2024-00-10', 'b')")
    mariadb.admin("insert into odd values (null, null, null, null, null)")
    found = rows(enter(), "select * from odd")
    assert found == [(257, 1901, 42, found[0][3], "b"), (None,) * 5]
    assert found[0][3] in ("2024-00-10 00:00:00", "0000-00-00 00:00:00")


def test_names_of_columns_may_be_anything(enter: Login) -> None:
    columns, batches = enter().stream("select 1 as `a`, 2 as `a`, 3 as `é 'x'`, 4 as ``", 10)
    assert [column.name for column in columns] == ["a", "a", "é 'x'", ""]
    assert [batch.num_rows for batch in batches] == [1]
