"""Manifests: a connection as text, JSON or YAML; a person wrote it, so it is read with care."""

import json
from typing import Any

import yaml

from baselayer.app.errors import InvalidRequestError

MOST_CHARACTERS = 1_000_000
# Aliases in YAML multiply: nine lines of ten each are a thousand million values.
MOST_ALIASES = 100
MOST_DEPTH = 50


def data_to_dict(data: dict[str, Any] | str) -> dict[str, Any]:
    """Return `data` as a dictionary: itself, or what its text says in JSON or else in YAML.

    InvalidRequestError when it is neither, or no mapping. The text is not in the message: it may
    hold a secret.
    """
    if isinstance(data, dict):
        return data
    if not isinstance(data, str):
        raise InvalidRequestError(f"A mapping, or its text, is needed, not {type(data).__name__}.")
    if len(data) > MOST_CHARACTERS:
        raise InvalidRequestError(f"The text has more than {MOST_CHARACTERS:,} characters.")
    found = _loaded(data)
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise InvalidRequestError("The text holds no mapping of names to values.")
    return found


def to_text(values: dict[str, Any]) -> str:
    """Return `values` as YAML, in their order, which `data_to_dict` reads back."""
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        _measure(text)
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InvalidRequestError(f"The text is neither JSON nor YAML{at}.") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise InvalidRequestError("The text is neither JSON nor YAML.") from None


def _measure(text: str) -> None:
    """Count aliases and depth before anything is made of the text."""
    aliases = depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if aliases > MOST_ALIASES or depth > MOST_DEPTH:
            raise InvalidRequestError(
                f"The text is too deep for us: {MOST_DEPTH} levels and {MOST_ALIASES} aliases."
            )
