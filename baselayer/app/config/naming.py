"""The dotted names of settings, read from the schema: `server.port` and its field."""

import difflib
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def setting_fields(model: type[BaseModel], prefix: str = "") -> dict[str, FieldInfo]:
    """Return dotted name -> field for every setting under `model`, in the order of the schema."""
    found: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        section = section_of(field)
        if section is None:
            found[prefix + name] = field
        else:
            found |= setting_fields(section, f"{prefix}{name}.")
    return found


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a field that is a section, None for a setting."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def takes_text(field: FieldInfo) -> bool:
    """Tell whether free text is a value of this setting."""
    return _holds(field.annotation, str)


def takes_null(field: FieldInfo) -> bool:
    """Tell whether the setting may be null."""
    return _holds(field.annotation, type(None))


def nearest(name: str, model: type[BaseModel]) -> str | None:
    """Return the setting or section that `name` was probably meant to be, if any is near."""
    settings = list(setting_fields(model))
    known = [*settings, *dict.fromkeys(setting.partition(".")[0] for setting in settings)]
    by_whole = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    if by_whole:
        return by_whole[0]
    leaf = name.rpartition(".")[2]
    leaves = {setting.rpartition(".")[2]: setting for setting in reversed(settings)}
    by_leaf = difflib.get_close_matches(leaf, leaves, n=1, cutoff=0.7)
    return leaves[by_leaf[0]] if by_leaf else None


def _holds(annotation: Any, kind: type) -> bool:  # Any: what typing calls an annotation
    if get_origin(annotation) in (Annotated, Union, UnionType):
        return any(_holds(part, kind) for part in get_args(annotation))
    return annotation is kind
