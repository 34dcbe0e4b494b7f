"""Dto: the base of everything that is read from, or written to, a request."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

LARGEST_INTEGER = 2**31 - 1  # of a column `integer`
LARGEST_BIGINT = 2**63 - 1

Count = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
BigCount = Annotated[int, Field(ge=1, le=LARGEST_BIGINT)]
Key = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]


class Dto(BaseModel):
    """A model that refuses unknown fields and can be made from a mapped record."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _is_storable(cls, values: Any) -> Any:
        """Refuse text that no database stores, and say so before one has to."""
        if any("\x00" in text for text in _texts(values)):
            raise ValueError("text must not hold the character NUL")
        return values


class Changes(Dto):
    """What to change of a record: only what is sent; null only where a record may lack a value."""

    nullable: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _is_null_allowed(self) -> Self:
        for name in sorted(self.model_fields_set - self.nullable):
            if getattr(self, name) is None:
                raise ValueError(f"{name} may not be null: leave it out to keep what is stored")
        return self


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in `value`, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield from _texts(key)
            yield from _texts(held)
    elif isinstance(value, (list, tuple)):
        for held in value:
            yield from _texts(held)
