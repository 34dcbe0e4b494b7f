"""Config: the settings of one process, settled: typed, and by dotted name as upstream has them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from baselayer.app.config.schema import Settings
from baselayer.app.config.secrecy import masked


class Config(dict[str, Any]):  # Any: a value is whatever its setting is
    """`settings.server.port` is typed; `cfg["server.port"]` and `cfg["server"]["port"]` are the
    same for applications written for upstream. `home` is the data directory.
    """

    def __init__(self, settings: Settings, *, home: Path, config_files: Sequence[Path]) -> None:
        files = [str(path) for path in config_files]
        super().__init__(settings.model_dump() | {"config_files": files})
        self.settings = settings
        self.home = home

    def __getitem__(self, name: str) -> Any:
        """Return the value at a dotted name; KeyError when a part of it is not there."""
        first, *rest = name.split(".")
        value: Any = super().__getitem__(first)
        for part in rest:
            if not isinstance(value, dict):
                raise KeyError(name)
            value = value[part]
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value at a dotted name, which may be None, or `default` if it is not there."""
        try:
            return self[name]
        except KeyError:
            return default

    def show(self) -> None:
        """Print the settings, with every secret masked."""
        sys.stdout.write(self._shown())

    def __repr__(self) -> str:
        return f"<Config {masked(self)}>"

    def _shown(self) -> str:
        return yaml.safe_dump({"home": str(self.home)} | masked(self), sort_keys=False)
