"""Merging of settings: what is said later wins, section by section."""

from collections.abc import Mapping
from typing import Any


def recursive_update(d: dict[str, Any], u: Mapping[str, Any]) -> dict[str, Any]:
    """Merge `u` into `d` and return it: mappings are merged, everything else is replaced."""
    for name, value in u.items():
        if isinstance(value, Mapping):
            before = d.get(name)
            d[name] = recursive_update(before if isinstance(before, dict) else {}, value)
        else:
            d[name] = value
    return d
