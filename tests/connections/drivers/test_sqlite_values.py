"""Which type a column of SQLite takes, by declaration and by its first values."""

import pytest

from baselayer.app.connections.drivers.sqlite_values import Value, lane_of


@pytest.mark.parametrize(
    ("declared", "values", "arrow", "source"),
    [
        ("INTEGER", [1, "x"], "int64", "integer"),
        ("INTEGER", ["x"], "string", "integer"),
        ("INTEGER", [1.5], "double", "integer"),
        ("BIGINT", [], "int64", "bigint"),
        ("DOUBLE", [1, 2], "double", "double"),
        ("VARCHAR(10)", [None], "string", "varchar(10)"),
        ("VARCHAR(10)", [b"x"], "binary", "varchar(10)"),
        ("BLOB", ["x", b"y"], "binary", "blob"),
        ("DECIMAL(10,2)", [1], "int64", "decimal(10,2)"),
        ("DECIMAL(10,2)", [1, 2.5], "double", "decimal(10,2)"),
        ("DECIMAL(10,2)", [1, "x"], "string", "decimal(10,2)"),
        ("DATE", [], "string", "date"),
        ("", [1, None], "int64", "integer"),
        ("", [1, 1.5], "double", "real"),
        ("", [b"x"], "binary", "blob"),
        ("", [b"x", 1], "string", "text"),
        ("", [None], "string", "text"),
    ],
)
def test_type_is_chosen(declared: str, values: list[Value], arrow: str, source: str) -> None:
    lane = lane_of(declared, values)
    assert (str(lane.type), lane.source_type) == (arrow, source)
