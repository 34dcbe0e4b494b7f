"""Settings against their schema, told as people need it: which, where, and what instead."""

from collections.abc import Iterator

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from baselayer.app.config.layer import Layer
from baselayer.app.config.naming import nearest
from baselayer.app.config.schema import Settings
from baselayer.app.config.secrecy import well_known_secrets
from baselayer.app.errors import ConfigError


def layer_faults(layer: Layer, model: type[BaseModel] = Settings) -> list[str]:
    """Return a sentence for each unknown name and wrong value of `layer`."""
    try:
        model.model_validate(layer.tree)
    except ValidationError as error:
        return [_sentence(details, layer, model) for details in error.errors(include_url=False)]
    return [
        f"{layer.place(path)}: {'.'.join(path)} has a value that everybody knows. Choose one that "
        "nobody can guess."
        for path in well_known_secrets(layer.tree)
    ]


def contradictions(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each pair of settings that cannot hold together."""
    if settings.database.owner_url and not settings.database.url:
        yield "database.owner_url is set, but database.url is not: set both, or neither."
    if settings.runs.lease_seconds <= settings.runs.heartbeat_seconds:
        yield "runs.lease_seconds must be longer than runs.heartbeat_seconds."
    if settings.tokens.lifetime_days > settings.tokens.max_lifetime_days:
        yield "tokens.lifetime_days must not be above tokens.max_lifetime_days."


def refuse(faults: list[str]) -> None:
    """Raise ConfigError with all of `faults`, if there are any."""
    if faults:
        raise ConfigError("\n".join(faults), faults=faults)


def _sentence(details: ErrorDetails, layer: Layer, model: type[BaseModel]) -> str:
    name = ".".join(map(str, details["loc"]))
    place = layer.place(details["loc"])
    if details["type"] == "extra_forbidden":
        guess = nearest(name, model)
        hint = f"Did you mean {guess}?" if guess else "config.yaml.defaults lists every setting."
        return f"{place}: there is no setting {name}. {hint}"
    if details["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return f"{place}: {name} is a section: it must hold settings, not a value."
    return f"{place}: {name} {_expectation(details)}."


def _expectation(details: ErrorDetails) -> str:
    """Return what pydantic expects, as the end of a sentence; it never quotes the value."""
    if details["type"] == "value_error":
        return str(details["ctx"]["error"])
    return details["msg"].replace("Input should", "must", 1)
