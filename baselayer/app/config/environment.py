"""Settings from environment variables: BASELAYER__SERVER__PORT=8080 sets server.port."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from baselayer.app.config.layer import Layer
from baselayer.app.config.naming import setting_fields, takes_null, takes_text
from baselayer.app.config.yaml_text import parse_value

PREFIX = "BASELAYER__"
SEPARATOR = "__"


def environment_layers(environ: Mapping[str, str], model: type[BaseModel]) -> Iterator[Layer]:
    """Yield one layer for each variable that begins with BASELAYER__, by name.

    A text setting takes the value as it stands, so that a password needs no quoting (`null`, and
    nothing at all, are null where that is allowed); other values are read as YAML.
    """
    for variable in sorted(environ):
        if variable.startswith(PREFIX):
            path = variable.removeprefix(PREFIX).lower().split(SEPARATOR)
            value = _value(".".join(path), environ[variable], variable, model)
            yield Layer(variable, _nested(path, value))


def variable_for(setting: str) -> str:
    """Return the variable that sets `setting`, a dotted name."""
    return PREFIX + setting.upper().replace(".", SEPARATOR)


def _value(setting: str, text: str, variable: str, model: type[BaseModel]) -> Any:
    field = setting_fields(model).get(setting)
    if field is None or not takes_text(field):
        return parse_value(text, variable)
    return None if takes_null(field) and text in ("", "null", "~") else text


def _nested(path: list[str], value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    tree: dict[str, Any] = value
    return tree
