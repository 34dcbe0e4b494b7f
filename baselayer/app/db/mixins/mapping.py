"""What a mixin adds to the mapping of the class that it is put on."""

from typing import Any


def add_mapper_arguments(cls: type, arguments: dict[str, Any]) -> None:
    """Merge `arguments` into `__mapper_args__`; those that the class body gives win."""
    own = vars(cls).get("__mapper_args__", {})
    if not isinstance(own, dict):
        raise TypeError(f"{cls.__name__}: write __mapper_args__ as a plain dictionary")
    type.__setattr__(cls, "__mapper_args__", arguments | own)
