"""What a token is narrowed to and where it may be used from; changes of rights are noted."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# What gives a right by being there; and what a right hangs on, which takes some when it goes.
GRANTS = ("role_acls", "user_roles", "user_acls", "token_acls")
HOLDERS = ("acls", "roles", "accounts", "user_profiles")
# Of these only some columns are rights: a token's last use, or the biography of a user, is no
# change that anybody has to hear of.
PARTS = {
    "users": "id, username, expiration_date, deactivated_at",
    "tokens": "id, name, created_by_id, account_id, value_hash, expires_at, connection_ids, "
    "query_ids, allowed_addresses",
    "login_sessions": "id, user_id, account_id, value_hash, created_at",
}

FUNCTION = """
CREATE FUNCTION note_rights_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rights_changes (created_at, modified) VALUES (now(), now());
    PERFORM pg_notify('baselayer_rights', '');
    RETURN NULL;
END $$
"""
# Sessions that are long dead are swept at every login, and mostly there are none; and every start
# grants again what is there already.
FUNCTION_OF_ROWS = """
CREATE FUNCTION note_rights_of_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM touched) THEN
        INSERT INTO rights_changes (created_at, modified) VALUES (now(), now());
        PERFORM pg_notify('baselayer_rights', '');
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    for name, type_ in (
        ("connection_ids", sa.Uuid()),
        ("query_ids", sa.Uuid()),
        ("allowed_addresses", sa.Text()),
    ):
        op.add_column("tokens", sa.Column(name, postgresql.ARRAY(type_), nullable=True))
    op.create_table(
        "rights_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("rights_changes_pk")),
    )
    op.execute(FUNCTION)
    op.execute(FUNCTION_OF_ROWS)
    for table in GRANTS:
        _noted(table, "UPDATE OR TRUNCATE")
        _noted_rows(table, "come", "INSERT", "NEW")
    for table in HOLDERS:
        _noted(table, "UPDATE OR TRUNCATE")
    for table, columns in PARTS.items():
        _noted(table, f"UPDATE OF {columns} OR TRUNCATE")
    for table in (*GRANTS, *HOLDERS, *PARTS):
        _noted_rows(table, "gone", "DELETE", "OLD")


def _noted(table: str, events: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_noted AFTER {events} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change()"
    )


def _noted_rows(table: str, name: str, event: str, image: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} AFTER {event} ON {table} "
        f"REFERENCING {image} TABLE AS touched "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_rights_of_rows()"
    )


def downgrade() -> None:
    for table in (*GRANTS, *HOLDERS, *PARTS):
        op.execute(f"DROP TRIGGER {table}_noted ON {table}")
        op.execute(f"DROP TRIGGER {table}_gone ON {table}")
    for table in GRANTS:
        op.execute(f"DROP TRIGGER {table}_come ON {table}")
    op.execute("DROP FUNCTION note_rights_of_rows")
    op.execute("DROP FUNCTION note_rights_change")
    op.drop_table("rights_changes")
    for name in ("allowed_addresses", "query_ids", "connection_ids"):
        op.drop_column("tokens", name)
