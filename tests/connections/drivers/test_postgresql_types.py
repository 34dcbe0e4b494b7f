"""Every value that PostgreSQL can print arrives exactly: typed, or as its own text."""

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from baselayer.app.connections.drivers.base import Column, Session, kept_in
from baselayer.app.connections.drivers.postgresql_types import lane_for
from tests.connections.drivers.conftest import Login
from tests.targets import PostgresTarget


def run(session: Session, sql: str) -> tuple[list[Column], list[pa.RecordBatch]]:
    columns, batches = session.stream(sql, 16_384)
    found = list(batches)
    session.commit()
    return columns, found


def one(session: Session, sql: str) -> tuple[str, Any, str | None]:
    """Return the Arrow type, the value and the kept text of the only cell."""
    columns, batches = run(session, sql)
    kept = kept_in(batches[0].schema.metadata).get(0, {}).get(0)
    return str(columns[0].type), batches[0].column(0)[0].as_py(), kept


@pytest.mark.parametrize(
    ("modifier", "wanted"),
    [
        (-1, pa.string()),
        (((10 << 16) | 2) + 4, pa.decimal128(10, 2)),
        (((38 << 16) | 38) + 4, pa.decimal128(38, 38)),
        (((39 << 16) | 2) + 4, pa.string()),
        (((3 << 16) | (-2 & 0x7FF)) + 4, pa.string()),
        (((2 << 16) | 5) + 4, pa.string()),
    ],
)
def test_numeric_takes_decimal_only_where_it_is_exact(modifier: int, wanted: pa.DataType) -> None:
    assert lane_for(1700, modifier).type == wanted


@pytest.mark.parametrize(
    ("expression", "arrow", "value", "kept"),
    [
        ("true", "bool", True, None),
        ("null::bool", "bool", None, None),
        ("(-32768)::int2", "int16", -32768, None),
        ("2147483647", "int32", 2147483647, None),
        ("(-9223372036854775808)::int8", "int64", -(2**63), None),
        ("4294967295::oid", "int64", 4294967295, None),
        ("'Infinity'::float8", "double", float("inf"), None),
        ("'-Infinity'::float4", "float", float("-inf"), None),
        ("0.1::float8 + 0.2::float8", "double", 0.30000000000000004, None),
        ("5e-324::float8", "double", 5e-324, None),
        ("'-0'::float8", "double", -0.0, None),
        ("12.30::numeric(10,2)", "decimal128(10, 2)", Decimal("12.30"), None),
        ("'NaN'::numeric(10,2)", "decimal128(10, 2)", None, "NaN"),
        ("12.300::numeric", "string", "12.300", None),
        ("'Infinity'::numeric", "string", "Infinity", None),
        ("1e130::numeric", "string", "1" + "0" * 130, None),
        ("''::text", "string", "", None),
        ("null::text", "string", None, None),
        ("'a%sb %b %% :x $1 \\ \"q\" ''s'::text", "string", "a%sb %b %% :x $1 \\ \"q\" 's", None),
        ("E'tab\\tnl\\ncr\\r\\u2028'", "string", "tab\tnl\ncr\r\u2028", None),
        ("'日本 🔑'::varchar(9)", "string", "日本 🔑", None),
        ("'ab'::char(4)", "string", "ab  ", None),
        ("'infinity'::date", "date32[day]", None, "infinity"),
        ("'0044-03-15 BC'::date", "date32[day]", None, "0044-03-15 BC"),
        ("'5874897-12-31'::date", "date32[day]", None, "5874897-12-31"),
        ("'24:00'::time", "time64[us]", None, "24:00:00"),
        ("'12:00+05:30'::timetz", "string", "12:00:00+05:30", None),
        ("'-infinity'::timestamptz", "timestamp[us, tz=UTC]", None, "-infinity"),
        ("'4714-11-24 00:00:00+00 BC'::timestamptz", "timestamp[us, tz=UTC]", None,
         "4714-11-24 00:00:00+00 BC"),
        ("'1 mon -2 days 03:04:05.000006'::interval", "string",
         "1 mon -2 days +03:04:05.000006", None),
        ("'\\x00ff'::bytea", "binary", b"\x00\xff", None),
        ("''::bytea", "binary", b"", None),
        ("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", "string",
         "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", None),
        ("'{\"a\": 2.50, \"a\": 1e400}'::json", "string", '{"a": 2.50, "a": 1e400}', None),
        ("'{\"a\": 2.50}'::jsonb", "string", '{"a": 2.50}', None),
        ("array[[1,null],[3,4]]", "string", "{{1,NULL},{3,4}}", None),
        ("'[2024-01-01,2024-02-01)'::daterange", "string", "[2024-01-01,2024-02-01)", None),
        ("'192.168.0.0/24'::cidr", "string", "192.168.0.0/24", None),
        ("'(1.5,2)'::point", "string", "(1.5,2)", None),
        ("B'0101'", "string", "0101", None),
        ("row(1, null, 'x y')", "string", '(1,,"x y")', None),
        ("'happy'::mood", "string", "happy", None),
        ("'a'::\"char\"", "string", "a", None),
    ],
)  # fmt: skip
def test_nasty_value_is_exact(
    login: Login, expression: str, arrow: str, value: Any, kept: str | None
) -> None:
    assert one(login(), f"select {expression}") == (arrow, value, kept)


def test_nan_is_a_nan(login: Login) -> None:
    _, value, _ = one(login(), "select 'NaN'::float8")
    assert value != value


def test_type_names_are_the_databases_own(login: Login) -> None:
    columns, _ = run(
        login(),
        "select 1::int8 a, 'happy'::mood b, array['happy'::mood] c, now() d, '[1,3)'::int4range e,"
        " 1.5::numeric(4,1) f, 'x'::varchar(3) g",
    )
    assert [column.source_type for column in columns] == [
        *("bigint", "mood", "mood[]", "timestamp with time zone", "int4range", "numeric"),
        "character varying",
    ]


def test_domain_is_its_base_type(login: Login, shop: PostgresTarget) -> None:
    shop.admin("create domain positive as numeric(6,2) check (value > 0)")
    columns, batches = run(login(), "select 5::positive p")
    assert str(columns[0].type) == "decimal128(6, 2)"
    assert batches[0].to_pylist() == [{"p": Decimal("5.00")}]


_MANY = {
    "int8": "((random() - 0.5) * 1.8e19)::numeric(38,0) % 9223372036854775807",
    "numeric(30,9)": "((random() - 0.5) * 1e18)::numeric + random()::numeric",
    "float8": "(random() - 0.5) * 10 ^ (random() * 600 - 300)",
    "float4": "(random() - 0.5) * 10 ^ (random() * 60 - 30)",
    "date": "'0001-01-01'::date + (random() * 3652058)::int",
    "timestamp": "'0001-01-01'::timestamp + random() * 3652058 * interval '1 day'",
    "timestamptz": "'0001-01-01 00:00+00'::timestamptz + random() * 3652058 * interval '1 day'",
    "time": "'00:00'::time + random() * 86399 * interval '1 second'",
    "bytea": "decode(md5(random()::text), 'hex')",
}


@pytest.mark.parametrize("kind", _MANY)
def test_two_thousand_random_values_read_back_as_the_servers_text(login: Login, kind: str) -> None:
    sql = (
        f"select v, v::text t from (select ({_MANY[kind]})::{kind} v"
        " from generate_series(1, 2000)) x"
    )
    _, batches = run(login(), sql)
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert len(rows) == 2000
    for row in rows:
        assert _printed(kind, row["v"]) == _normal(kind, row["t"])


def _printed(kind: str, value: Any) -> Any:
    if kind.startswith("timestamp"):
        return value.isoformat(sep=" ")
    if kind in ("float8", "float4"):
        return value
    if kind == "bytea":
        return "\\x" + value.hex()
    return format(value, "f") if kind.startswith("numeric") else str(value)


def _normal(kind: str, text: str) -> Any:
    if kind == "float8":
        return float(text)
    if kind == "float4":
        return pa.scalar(float(text), pa.float32()).as_py()
    if kind.startswith(("timestamp", "time")) and "." in text:
        clock, _, rest = text.partition(".")
        digits = rest.split("+")[0]
        text = f"{clock}.{digits:0<6}" + ("+00" if "+" in rest else "")
    return text.replace("+00", "+00:00") if kind == "timestamptz" else text


def test_users_time_zone_keeps_the_instant(login: Login) -> None:
    session = login(options={"timezone": "Asia/Kolkata"})
    _, value, _ = one(session, "select '2024-01-01 00:00:00+00'::timestamptz")
    assert value.isoformat() == "2024-01-01T00:00:00+00:00"
    _, value, kept = one(session, "select '1850-01-01 00:00:00+00'::timestamptz")
    assert (value, kept) == (None, "1850-01-01 05:53:28+05:53:28")


def test_setting_of_the_role_does_not_change_the_text(login: Login, shop: PostgresTarget) -> None:
    shop.admin("create role odd login password 'odd' in role reader")
    for setting in ("datestyle to 'German'", "bytea_output to 'escape'", "extra_float_digits to 0",
                    "intervalstyle to 'sql_standard'", "timezone to 'Asia/Tokyo'"):  # fmt: skip
        shop.admin(f"alter role odd set {setting}")
    session = login(username="odd", password="odd")
    _, batches = run(
        session,
        "select date '2024-01-31' d, '\\x01'::bytea b, 0.1::float8 + 0.2::float8 f,"
        " interval '1 mon' i, '2024-01-01 00:00+00'::timestamptz t",
    )
    row = batches[0].to_pylist()[0]
    assert json.dumps(row, default=str) == (
        '{"d": "2024-01-31", "b": "b\'\\\\x01\'", "f": 0.30000000000000004, "i": "1 mon",'
        ' "t": "2024-01-01 00:00:00+00:00"}'
    )
