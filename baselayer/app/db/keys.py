"""Keys: values that could be a primary key, so that others mean "absent" and not an error."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

# What PostgreSQL's integer types hold (its manual, 8.1).
LARGEST = {sa.SmallInteger: 2**15 - 1, sa.BigInteger: 2**63 - 1, sa.Integer: 2**31 - 1}


def primary_key_keys(cls: type) -> list[str]:
    """Return the names of the attributes that make up the primary key of `cls`."""
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    return [mapper.get_property_by_column(column).key for column in mapper.primary_key]


def safe_aliased(cls: type) -> Any:
    """Return an alias of `cls` under a name that no other alias in a statement has."""
    return orm.aliased(cls, name=f"{cls.__name__.lower()}_{uuid.uuid4().hex[:12]}")


def as_key(column: Any, value: Any) -> Any:
    """Return `value` as a value of key `column`, or None when no row can have it."""
    kind = column.type
    if isinstance(kind, sa.Uuid):
        return _as_uuid(value)
    if isinstance(kind, sa.Integer):
        return _as_integer(kind, value)
    # PostgreSQL stores no NUL in a text, and psycopg refuses to send one.
    return None if isinstance(value, str) and "\0" in value else value


def as_identity(cls: type, ident: Any) -> tuple[Any, ...] | None:
    """Return `ident`, a tuple if composite, as a key of `cls`; None if no row can have it."""
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    values = ident if isinstance(ident, (tuple, list)) else (ident,)
    if len(values) != len(mapper.primary_key):
        return None
    pairs = zip(mapper.primary_key, values, strict=True)
    found = tuple(as_key(column, value) for column, value in pairs)
    return None if None in found else found


def _as_uuid(value: Any) -> uuid.UUID | None:
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))
    except ValueError:
        return None


def _as_integer(kind: sa.Integer, value: Any) -> int | None:
    largest = next(limit for known, limit in LARGEST.items() if isinstance(kind, known))
    try:
        number = int(value) if isinstance(value, (int, str)) else None
    except ValueError:
        return None
    return number if number is not None and -largest - 1 <= number <= largest else None
