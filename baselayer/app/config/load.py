"""Loading of settings: the schema's defaults < config.yaml < files named < the environment."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from baselayer.app.config.check import contradictions, layer_faults, refuse
from baselayer.app.config.environment import environment_layers
from baselayer.app.config.home import home_directory
from baselayer.app.config.layer import KeyPath, Layer
from baselayer.app.config.merging import recursive_update
from baselayer.app.config.schema import Settings
from baselayer.app.config.settled import Config
from baselayer.app.config.yaml_text import parse_yaml
from baselayer.app.errors import ConfigError

__all__ = ["Config", "load_config"]

USUAL_FILE = "config.yaml"


def load_config(
    config_files: Iterable[str | Path] = (), *, environ: Mapping[str, str] | None = None
) -> Config:
    """Return the settings in force; ConfigError tells everything that is wrong with them at once.

    `config.yaml` in the working directory is read if it is there; a file in `config_files` must be.
    """
    environ = os.environ if environ is None else environ
    files = [Path(file).absolute() for file in config_files]
    usual = Path(USUAL_FILE).absolute()
    if usual.exists() and usual not in files:
        files.insert(0, usual)
    layers = [_read(file) for file in files]
    layers += map(_with_cron_section, environment_layers(environ, Settings))
    return Config(_settle(layers), home=home_directory(environ), config_files=files)


def _read(file: Path) -> Layer:
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: not a text file in UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}.") from error
    return _with_cron_section(_without_empty_sections(parse_yaml(text, str(file))))


def _without_empty_sections(layer: Layer) -> Layer:
    """Drop `server:` with nothing under it: a section whose settings are all commented out."""
    sections = Settings.model_fields
    tree = {name: v for name, v in layer.tree.items() if v is not None or name not in sections}
    return Layer(layer.source, tree, layer.lines)


def _with_cron_section(layer: Layer) -> Layer:
    """Put a list of scripts, which is how upstream writes `cron`, where the section has it."""
    jobs = layer.tree.get("cron")
    if not isinstance(jobs, list):
        return layer
    lines = {_below_jobs(path): line for path, line in layer.lines.items()}
    return Layer(layer.source, layer.tree | {"cron": {"jobs": jobs}}, lines)


def _below_jobs(path: KeyPath) -> KeyPath:
    return ("cron", "jobs", *path[1:]) if path[0] == "cron" and len(path) > 1 else path


def _settle(layers: list[Layer]) -> Settings:
    # Each layer is judged alone, so that a fault is told with its own place.
    refuse([fault for layer in layers for fault in layer_faults(layer)])
    merged: dict[str, Any] = {}
    for layer in layers:
        recursive_update(merged, layer.tree)
    settings = Settings.model_validate(merged)
    refuse(list(contradictions(settings)))
    return settings
