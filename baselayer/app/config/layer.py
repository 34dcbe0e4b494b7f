"""A layer of settings: the values of one file or one variable, and where each of them stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Layer:
    """`tree` holds values as YAML has them; `lines` the line of each key; `source` names it all."""

    source: str
    tree: dict[str, Any] = field(repr=False)  # Any: checked against the schema later
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def place(self, path: KeyPath) -> str:
        """Return where the value at `path`, or the nearest one above it, was written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return f"{self.source}:{self.lines[path[:length]]}"
        return self.source
