"""JSON text of what a handler answers with: records, times, numbers that JSON has no word for."""

import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID


def to_json(value: Any) -> str:
    """Return `value` as JSON text: records by `to_dict`, times in ISO 8601, NaN as null."""
    return json.dumps(_plain(value), indent=2, allow_nan=False)


def recursive_to_dict(value: Any) -> Any:
    """Return `value` with every record in it, at any depth, as the dictionary of its columns."""
    if isinstance(value, Mapping):
        return {key: recursive_to_dict(held) for key, held in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [recursive_to_dict(held) for held in value]
    return recursive_to_dict(value.to_dict()) if hasattr(value, "__mapper__") else value


def _plain(value: Any) -> Any:
    value = recursive_to_dict(value)
    if isinstance(value, dict):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    return _plain_leaf(value)


def _plain_leaf(value: Any) -> Any:
    """Return a value that JSON has a word for; TypeError when there is none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "tolist"):  # arrays and numbers of numpy, which is not imported for them
        return _plain(value.tolist())
    raise TypeError(f"{type(value).__name__} cannot be said in JSON")
