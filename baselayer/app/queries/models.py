"""Query, QueryRun and ResultFile: what is asked, what happened, and what came of it."""

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.connections.models import ConnectionBase
from baselayer.app.controls.constant import restricted
from baselayer.app.controls.narrowing import BelongsToLeft, IsNamed, Narrowed
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.users import (
    AccessibleIfUserMatches,
    accessible_by_owner,
    accessible_by_user,
)
from baselayer.app.db.base import Base
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin
from baselayer.app.identity.groups import Group
from baselayer.app.identity.users import User

QUEUED, RUNNING, CANCELLING = "queued", "running", "cancelling"
SUCCEEDED, FAILED, CANCELLED, LOST = "succeeded", "failed", "cancelled", "lost"
is_named_query = IsNamed("queries")
# A statement that somebody may put in would open the whole connection to him.
may_be_rewritten = is_named_query & IsNamed("connections", "connection_id")
is_run_of_named = IsNamed("connections", "connection_id") | IsNamed("queries", "query_id")

ACTIVE_STATES = (QUEUED, RUNNING, CANCELLING)
FINAL_STATES = (SUCCEEDED, FAILED, CANCELLED, LOST)


class Query(UUIDTableBaseMixin, Base):
    """A saved statement on a connection. To see it is not to run it: that asks the connection."""

    __tablename__ = "queries"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "owner_id", "name"),
        sa.Index("queries_owner_id_id_ix", "owner_id", "id"),
    )
    create = accessible_by_owner & AccessibleIfRelatedRowsAreAccessible(connection="read")
    read = accessible_by_owner | AccessibleIfUserMatches("group_queries.group.users")
    update = (
        accessible_by_owner
        | AccessibleIfUserMatches("group_queries.group.users", where=lambda link: link.can_update)
    ) & AccessibleIfRelatedRowsAreAccessible(connection="read")
    run = read & AccessibleIfRelatedRowsAreAccessible(connection="run")
    delete = share = accessible_by_owner
    narrowed_by: ClassVar[Narrowed] = {
        **dict.fromkeys(("read", "run", "delete"), is_named_query),
        "update": may_be_rewritten,
    }

    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    limit_rows: Mapped[int | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    connection_id: Mapped[Any] = mapped_column(
        sa.ForeignKey("connections.id", ondelete="CASCADE"), index=True
    )
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id", ondelete="RESTRICT"))

    connection: Mapped[ConnectionBase] = relationship()
    owner: Mapped[User] = relationship()
    group_queries: Mapped[list["GroupQuery"]] = relationship(
        back_populates="query_", passive_deletes=True
    )


class GroupQuery(Base):
    """A query shared with a group; every member sees it, and may change it if the link says so."""

    __tablename__ = "group_queries"
    __table_args__ = (
        sa.UniqueConstraint("query_id", "group_id"),
        sa.Index("group_queries_group_id_query_id_ix", "group_id", "query_id"),
    )
    create = update = AccessibleIfUserMatches(
        "query_.owner"
    ) & AccessibleIfRelatedRowsAreAccessible(group="read")
    delete = AccessibleIfUserMatches("query_.owner")  # also from a group that he has left
    read = delete | AccessibleIfRelatedRowsAreAccessible(group="member")

    query_id: Mapped[Any] = mapped_column(sa.ForeignKey("queries.id", ondelete="CASCADE"))
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("groups.id", ondelete="CASCADE"))
    can_update: Mapped[bool] = mapped_column(default=False)

    query_: Mapped[Query] = relationship(back_populates="group_queries")
    group: Mapped[Group] = relationship()


class QueryRun(UUIDTableBaseMixin, Base):
    """One execution of a statement. Losing the connection closes it, result and all."""

    noun: ClassVar[str] = "run"
    __tablename__ = "query_runs"
    __table_args__ = (
        sa.Index("query_runs_user_id_id_ix", "user_id", "id"),
        sa.Index(
            "query_runs_active_ix",
            "lease_until",
            postgresql_where=sa.text("state IN ('queued', 'running', 'cancelling')"),
        ),
    )
    create = accessible_by_user & AccessibleIfRelatedRowsAreAccessible(connection="run")
    read = accessible_by_user & AccessibleIfRelatedRowsAreAccessible(connection="read")
    cancel = read
    delete = accessible_by_user
    update = restricted
    narrowed_by: ClassVar[Narrowed] = dict.fromkeys(
        ("create", "read", "cancel", "delete"), is_run_of_named
    )

    connection_id: Mapped[Any | None] = mapped_column(
        sa.ForeignKey("connections.id", ondelete="SET NULL"), index=True
    )
    query_id: Mapped[Any | None] = mapped_column(
        sa.ForeignKey("queries.id", ondelete="SET NULL"), index=True
    )
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"))
    token_id: Mapped[int | None]
    source: Mapped[str] = mapped_column(default="api")
    text: Mapped[str]
    """The statement as it was run."""
    limit_rows: Mapped[int]
    state: Mapped[str] = mapped_column(default=QUEUED)
    lease_until: Mapped[datetime | None]
    """Until when its process is believed alive; one that does not renew it is lost."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    rows: Mapped[int | None] = mapped_column(sa.BigInteger)
    bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    affected_rows: Mapped[int | None] = mapped_column(sa.BigInteger)
    """What the database said a write changed; null for a read."""
    truncated: Mapped[str | None]
    """What cut the result short: `rows`, `bytes`; null when it is whole."""
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]

    connection: Mapped[ConnectionBase | None] = relationship()
    query_: Mapped[Query | None] = relationship()
    user: Mapped[User] = relationship()
    result_file: Mapped["ResultFile | None"] = relationship(
        back_populates="run", passive_deletes=True
    )


class ResultFile(Base):
    """The stored result of a run, in the store; governed by its run."""

    __tablename__ = "result_files"
    create = update = delete = restricted
    read = AccessibleIfRelatedRowsAreAccessible(run="read")
    narrowed_by: ClassVar[Narrowed] = {"read": BelongsToLeft("run")}

    run_id: Mapped[Any] = mapped_column(
        sa.ForeignKey("query_runs.id", ondelete="CASCADE"), unique=True
    )
    name: Mapped[str]
    """Its key in the store."""
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str]
    columns: Mapped[list[Any]] = mapped_column(JSONB)
    batch_rows: Mapped[list[Any]] = mapped_column(JSONB)
    """How many rows each stored batch has, so that a page is found without opening the file."""

    run: Mapped[QueryRun] = relationship(back_populates="result_file")
