"""Streams, admission requests, invitations; the group of one user knows whose it is."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _know_whose_group_it_is()
    _make_streams()
    _make_requests()
    _make_invitations()


def downgrade() -> None:
    for table in (
        "invitation_groups",
        "invitations",
        "group_admission_requests",
        "group_streams",
        "stream_users",
        "streams",
    ):
        op.drop_table(table)
    op.drop_constraint(op.f("groups_of_one_user_ck"), "groups")
    op.drop_column("groups", "user_id")


def _know_whose_group_it_is() -> None:
    op.add_column("groups", sa.Column("user_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE groups SET user_id = (SELECT min(user_id) FROM group_users"
        " WHERE group_users.group_id = groups.id) WHERE single_user_group"
    )
    op.execute("DELETE FROM groups WHERE single_user_group AND user_id IS NULL")
    op.create_foreign_key(
        op.f("groups_user_id_fk"), "groups", "users", ["user_id"], ["id"], ondelete="CASCADE"
    )
    op.create_unique_constraint(op.f("groups_user_id_uq"), "groups", ["user_id"])
    op.create_check_constraint(
        op.f("groups_of_one_user_ck"), "groups", "single_user_group = (user_id IS NOT NULL)"
    )


def _make_streams() -> None:
    op.create_table(
        "streams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("auto_join", sa.Boolean(), nullable=False),
        *_moments(),
        _key("streams", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("streams_pk")),
        sa.UniqueConstraint("account_id", "name", name=op.f("streams_account_id_name_uq")),
    )
    op.create_table(
        "stream_users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        *_moments(),
        _key("stream_users", "stream_id", "streams"),
        _key("stream_users", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("stream_users_pk")),
        sa.UniqueConstraint("stream_id", "user_id", name=op.f("stream_users_stream_id_user_id_uq")),
    )
    op.create_index("stream_users_user_id_stream_id_ix", "stream_users", ["user_id", "stream_id"])
    op.create_table(
        "group_streams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        *_moments(),
        _key("group_streams", "group_id", "groups"),
        _key("group_streams", "stream_id", "streams"),
        sa.PrimaryKeyConstraint("id", name=op.f("group_streams_pk")),
        sa.UniqueConstraint(
            "group_id", "stream_id", name=op.f("group_streams_group_id_stream_id_uq")
        ),
    )
    op.create_index(
        "group_streams_stream_id_group_id_ix", "group_streams", ["stream_id", "group_id"]
    )


def _make_requests() -> None:
    table = "group_admission_requests"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *_moments(),
        sa.CheckConstraint(
            "status IN ('pending', 'accepted', 'declined')", name=op.f(f"{table}_status_ck")
        ),
        _key(table, "group_id", "groups"),
        _key(table, "user_id", "users"),
        _key(table, "decided_by_id", "users", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pk")),
    )
    op.create_index(
        f"{table}_one_pending",
        table,
        ["group_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(f"{table}_user_id_ix", table, ["user_id"])


def _make_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_id", sa.Integer(), nullable=True),
        *_moments(),
        _key("invitations", "account_id", "accounts"),
        _key("invitations", "invited_by_id", "users"),
        _key("invitations", "role_id", "roles"),
        _key("invitations", "accepted_by_id", "users", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("invitations_pk")),
        sa.UniqueConstraint("token_hash", name=op.f("invitations_token_hash_uq")),
    )
    op.create_index(op.f("invitations_account_id_ix"), "invitations", ["account_id"])
    op.create_index("invitations_invited_by_id_id_ix", "invitations", ["invited_by_id", "id"])
    op.create_table(
        "invitation_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        *_moments(),
        _key("invitation_groups", "invitation_id", "invitations"),
        _key("invitation_groups", "group_id", "groups"),
        sa.PrimaryKeyConstraint("id", name=op.f("invitation_groups_pk")),
        sa.UniqueConstraint(
            "invitation_id", "group_id", name=op.f("invitation_groups_invitation_id_group_id_uq")
        ),
    )
    op.create_index(op.f("invitation_groups_group_id_ix"), "invitation_groups", ["group_id"])


def _key(
    table: str, column: str, target: str, ondelete: str = "CASCADE"
) -> sa.ForeignKeyConstraint:
    name = op.f(f"{table}_{column}_fk")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def _moments() -> list[sa.Column[object]]:
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
    ]
