"""Projects, which groups share; their notes; and what is attached to those."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.models import (
    AccessibleIf,
    AccessibleIfRelatedRowsAreAccessible,
    AccessibleIfUserMatches,
    Base,
    Group,
    User,
    accessible_by_owner,
)

accessible_by_author = AccessibleIfUserMatches("author")


def link_to(column: str) -> Mapped[int]:
    """Return a column that refers to another, and whose row goes with that one's."""
    return mapped_column(sa.ForeignKey(column, ondelete="CASCADE"), index=True)


class Project(Base):
    """What a team works on. Its owner shares it with groups, to read or to write in."""

    __tablename__ = "lab_projects"
    __table_args__ = (sa.UniqueConstraint("owner_id", "name"),)
    create = update = delete = accessible_by_owner
    read = accessible_by_owner | AccessibleIfUserMatches("groups.users")
    write = accessible_by_owner | AccessibleIfUserMatches(
        "shares.group.users", where=lambda share: share.can_write
    )

    name: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    owner_id: Mapped[int] = link_to("users.id")

    owner: Mapped[User] = relationship()
    shares: Mapped[list["ProjectGroup"]] = relationship(
        back_populates="project", passive_deletes="all"
    )
    groups: Mapped[list[Group]] = relationship(secondary="lab_project_groups", viewonly=True)


class ProjectGroup(Base):
    """A project shared with a group. Its owner says with which of his own groups."""

    __tablename__ = "lab_project_groups"
    __table_args__ = (
        sa.UniqueConstraint("project_id", "group_id"),
        sa.Index("lab_project_groups_reverse_ix", "group_id", "project_id"),
    )
    create = update = AccessibleIfRelatedRowsAreAccessible(project="update", group="member")
    delete = AccessibleIfRelatedRowsAreAccessible(project="update")
    read = AccessibleIfRelatedRowsAreAccessible(project="read")

    project_id: Mapped[int] = mapped_column(sa.ForeignKey("lab_projects.id", ondelete="CASCADE"))
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("groups.id", ondelete="CASCADE"))
    can_write: Mapped[bool] = mapped_column(default=False)

    project: Mapped[Project] = relationship(back_populates="shares")
    group: Mapped[Group] = relationship()


class Note(Base):
    """An entry of a project. A draft is its author's alone."""

    __tablename__ = "lab_notes"
    create = accessible_by_author & AccessibleIfRelatedRowsAreAccessible(project="write")
    read = accessible_by_author | (
        AccessibleIfRelatedRowsAreAccessible(project="read") & AccessibleIf(lambda n: ~n.is_draft)
    )
    update = delete = accessible_by_author & AccessibleIfRelatedRowsAreAccessible(project="read")

    project_id: Mapped[int] = link_to("lab_projects.id")
    author_id: Mapped[int] = link_to("users.id")
    title: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    is_draft: Mapped[bool] = mapped_column(default=True)

    project: Mapped[Project] = relationship()
    author: Mapped[User] = relationship()


class Attachment(Base):
    """A file of a note; seen with it, and changed by who may change it."""

    __tablename__ = "lab_attachments"
    __table_args__ = (sa.UniqueConstraint("note_id", "name"),)
    create = delete = AccessibleIfRelatedRowsAreAccessible(note="update")
    read = AccessibleIfRelatedRowsAreAccessible(note="read")

    note_id: Mapped[int] = link_to("lab_notes.id")
    name: Mapped[str]
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)

    note: Mapped[Note] = relationship()
