"""Runs, as they are asked for and shown."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from baselayer.app.schemas.base import Dto
from baselayer.app.schemas.queries import LimitRows, Sql


class RunCreate(Dto):
    """A statement to run through a connection."""

    connection_id: UUID
    sql: Sql
    limit_rows: LimitRows | None = None
    """The most rows to store; at most what the connection allows."""


class QueryRunCreate(Dto):
    """A saved query to run."""

    limit_rows: LimitRows | None = None


class RunOptions(Dto):
    """How long to wait for the run before answering."""

    wait: Annotated[float, Field(ge=0, le=60)] = 0
    """Seconds; the answer has the state reached by then."""


class RunRead(BaseModel):
    """A run: what was asked, and how it stands."""

    model_config = {"from_attributes": True}

    id: UUID
    state: Literal["queued", "running", "cancelling", "succeeded", "failed", "cancelled", "lost"]
    connection_id: UUID | None
    query_id: UUID | None
    user_id: int
    source: str
    text: str
    limit_rows: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    rows: int | None
    bytes: int | None
    affected_rows: int | None
    truncated: str | None
    """What cut the result short: `rows`, `bytes` or `cells`; null when it is whole."""
    error_code: str | None
    error_message: str | None


class RowsRequest(Dto):
    """Which rows of a stored result."""

    offset: Annotated[int, Field(ge=0, le=2**53)] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = 200


class ColumnRead(BaseModel):
    """A column of a result."""

    name: str
    type: str
    source_type: str


class RowsPage(BaseModel):
    """Rows of a result: exact, so what JSON numbers cannot hold is text."""

    columns: list[ColumnRead]
    rows: list[list[Any]]
    offset: int
    total: int
    truncated: str | None


class DownloadRequest(Dto):
    """The form of a download."""

    format: Literal["csv", "jsonl", "arrow"] = "csv"
