"""Lists: what part of one is asked for, and what comes back."""

from datetime import datetime
from typing import Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from baselayer.app.schemas.base import Dto

T = TypeVar("T")


class TimeFilterRequest(Dto):
    """Which times are wanted: `>= after`, `< before`."""

    created_after_datetime: AwareDatetime | None = None
    created_before_datetime: AwareDatetime | None = None
    updated_after_datetime: AwareDatetime | None = None
    updated_before_datetime: AwareDatetime | None = None

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        _require_order(self.created_after_datetime, self.created_before_datetime, "created")
        _require_order(self.updated_after_datetime, self.updated_before_datetime, "updated")
        created, updated = self.created_after_datetime, self.updated_before_datetime
        if created is not None and updated is not None and created >= updated:
            raise ValueError("created_after_datetime must be earlier than updated_before_datetime")
        return self


class PaginationRequest(Dto):
    """Which part of a list is wanted, in which order."""

    offset: int = Field(default=0, ge=0, le=2**53 - 1001)
    """Records to pass over; not together with `after_id`."""
    limit: int = Field(default=50, ge=1, le=100)
    """Records to return at most."""
    desc: bool = True
    """Newest first."""
    order: Literal["created_at", "updated_at", "id"] = "created_at"
    """What to sort by; the id breaks ties."""
    after_id: UUID | int | None = None
    """The id of the last record of the page before; cheaper than `offset`, and stable."""

    @model_validator(mode="after")
    def _goes_on_one_way(self) -> Self:
        if self.after_id is not None and (self.offset or self.order == "updated_at"):
            raise ValueError("after_id goes with neither offset nor order=updated_at")
        return self


class TableViewRequest(TimeFilterRequest, PaginationRequest):
    """Which records of a list are wanted, in which order. Times: `>= after`, `< before`."""


def _require_order(after: datetime | None, before: datetime | None, name: str) -> None:
    if after is not None and before is not None and after >= before:
        raise ValueError(f"{name}_after_datetime must be earlier than {name}_before_datetime")


class ListResponse(BaseModel, Generic[T]):
    """A page of records; `total` counts all that the caller may see and asked for."""

    items: list[T]
    total: int | None = None
    next: str | None = None
    """The `after_id` of the next page; null on the last one, and when ordered by `updated_at`."""

    @property
    def count(self) -> int | None:
        """Return `total`, by its other name."""
        return self.total
