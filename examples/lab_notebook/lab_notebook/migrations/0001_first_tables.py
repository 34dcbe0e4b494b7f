"""Projects, their shares, notes and attachments."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "lab_projects",
        *_record(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        _link("lab_projects", "owner_id", "users"),
        sa.UniqueConstraint("owner_id", "name", name=op.f("lab_projects_owner_id_name_uq")),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_projects_pk")),
    )
    op.create_index(op.f("lab_projects_owner_id_ix"), "lab_projects", ["owner_id"])
    op.create_table(
        "lab_project_groups",
        *_record(),
        _link("lab_project_groups", "project_id", "lab_projects"),
        _link("lab_project_groups", "group_id", "groups"),
        sa.Column("can_write", sa.Boolean(), nullable=False),
        sa.UniqueConstraint(
            "project_id", "group_id", name=op.f("lab_project_groups_project_id_group_id_uq")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_project_groups_pk")),
    )
    op.create_index(
        "lab_project_groups_reverse_ix", "lab_project_groups", ["group_id", "project_id"]
    )
    op.create_table(
        "lab_notes",
        *_record(),
        _link("lab_notes", "project_id", "lab_projects"),
        _link("lab_notes", "author_id", "users"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_draft", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_notes_pk")),
    )
    op.create_index(op.f("lab_notes_project_id_ix"), "lab_notes", ["project_id"])
    op.create_index(op.f("lab_notes_author_id_ix"), "lab_notes", ["author_id"])
    op.create_table(
        "lab_attachments",
        *_record(),
        _link("lab_attachments", "note_id", "lab_notes"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("note_id", "name", name=op.f("lab_attachments_note_id_name_uq")),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_attachments_pk")),
    )
    op.create_index(op.f("lab_attachments_note_id_ix"), "lab_attachments", ["note_id"])


def downgrade() -> None:
    for table in ("lab_attachments", "lab_notes", "lab_project_groups", "lab_projects"):
        op.drop_table(table)


def _record() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
    ]


def _link(table: str, column: str, target: str) -> sa.Column[int]:
    name = op.f(f"{table}_{column}_fk")
    reference = sa.ForeignKey(f"{target}.id", name=name, ondelete="CASCADE")
    return sa.Column(column, sa.Integer(), reference, nullable=False)
