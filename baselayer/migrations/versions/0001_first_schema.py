"""First schema."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_pk")),
        sa.UniqueConstraint("number", name=op.f("accounts_number_uq")),
    )
    op.create_index(
        "accounts_one_default",
        "accounts",
        ["is_default"],
        unique=True,
        postgresql_where="is_default",
    )
    op.create_table(
        "acls",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("acls_pk")),
    )
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("token_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("object_type", sa.Text(), nullable=True),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_events_pk")),
    )
    op.create_index("audit_events_user_id_id_ix", "audit_events", ["user_id", "id"], unique=False)
    op.create_table(
        "installations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_ring_check", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("installations_pk")),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("roles_pk")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("bio", sa.Text(), nullable=True),
        sa.Column("affiliations", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("oauth_uid", sa.Text(), nullable=True),
        sa.Column("preferences", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_bot", sa.Boolean(), nullable=False),
        sa.Column("expiration_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pk")),
        sa.UniqueConstraint("oauth_uid", name=op.f("users_oauth_uid_uq")),
        sa.UniqueConstraint("username", name=op.f("users_username_uq")),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("annotations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("connections_account_id_fk"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("connections_owner_id_fk"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("connections_pk")),
        sa.UniqueConstraint(
            "account_id", "owner_id", "name", name=op.f("connections_account_id_owner_id_name_uq")
        ),
    )
    op.create_index("connections_owner_id_id_ix", "connections", ["owner_id", "id"], unique=False)
    op.create_table(
        "groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("nickname", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("single_user_group", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("groups_account_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("groups_pk")),
        sa.UniqueConstraint("account_id", "name", name=op.f("groups_account_id_name_uq")),
    )
    op.create_table(
        "role_acls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("acl_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["acl_id"], ["acls.id"], name=op.f("role_acls_acl_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name=op.f("role_acls_role_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("role_acls_pk")),
        sa.UniqueConstraint("role_id", "acl_id", name=op.f("role_acls_role_id_acl_id_uq")),
    )
    op.create_index("role_acls_reverse_ind", "role_acls", ["acl_id", "role_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("value_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("tokens_account_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["users.id"],
            name=op.f("tokens_created_by_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("tokens_pk")),
        sa.UniqueConstraint("created_by_id", "name", name=op.f("tokens_created_by_id_name_uq")),
        sa.UniqueConstraint("value_hash", name=op.f("tokens_value_hash_uq")),
    )
    op.create_table(
        "user_acls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("acl_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["acl_id"], ["acls.id"], name=op.f("user_acls_acl_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("user_acls_user_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("user_acls_pk")),
        sa.UniqueConstraint("user_id", "acl_id", name=op.f("user_acls_user_id_acl_id_uq")),
    )
    op.create_index("user_acls_reverse_ind", "user_acls", ["acl_id", "user_id"], unique=False)
    op.create_table(
        "user_profiles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("user_profiles_account_id_fk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("user_profiles_user_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("user_profiles_pk")),
        sa.UniqueConstraint(
            "user_id", "account_id", name=op.f("user_profiles_user_id_account_id_uq")
        ),
    )
    op.create_index(
        op.f("user_profiles_account_id_ix"), "user_profiles", ["account_id"], unique=False
    )
    op.create_table(
        "user_roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name=op.f("user_roles_role_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("user_roles_user_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("user_roles_pk")),
        sa.UniqueConstraint("user_id", "role_id", name=op.f("user_roles_user_id_role_id_uq")),
    )
    op.create_index("user_roles_reverse_ind", "user_roles", ["role_id", "user_id"], unique=False)
    op.create_table(
        "group_connections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("can_run", sa.Boolean(), nullable=False),
        sa.Column("can_update", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("group_connections_connection_id_fk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["groups.id"],
            name=op.f("group_connections_group_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("group_connections_pk")),
        sa.UniqueConstraint(
            "connection_id", "group_id", name=op.f("group_connections_connection_id_group_id_uq")
        ),
    )
    op.create_index(
        "group_connections_group_id_connection_id_ix",
        "group_connections",
        ["group_id", "connection_id"],
        unique=False,
    )
    op.create_table(
        "group_users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("group_users_group_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("group_users_user_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("group_users_pk")),
        sa.UniqueConstraint("group_id", "user_id", name=op.f("group_users_group_id_user_id_uq")),
    )
    op.create_index(
        "group_users_user_id_group_id_ix", "group_users", ["user_id", "group_id"], unique=False
    )
    op.create_table(
        "queries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("limit_rows", sa.Integer(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("queries_account_id_fk"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("queries_connection_id_fk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("queries_owner_id_fk"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("queries_pk")),
        sa.UniqueConstraint(
            "account_id", "owner_id", "name", name=op.f("queries_account_id_owner_id_name_uq")
        ),
    )
    op.create_index(op.f("queries_connection_id_ix"), "queries", ["connection_id"], unique=False)
    op.create_index("queries_owner_id_id_ix", "queries", ["owner_id", "id"], unique=False)
    op.create_table(
        "sql_connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("database", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("sealed_password", sa.Text(), nullable=True),
        sa.Column("tls_mode", sa.Text(), nullable=False),
        sa.Column("tls_ca", sa.Text(), nullable=True),
        sa.Column("tls_certificate", sa.Text(), nullable=True),
        sa.Column("sealed_tls_key", sa.Text(), nullable=True),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("timeout_seconds", sa.Double(), nullable=False),
        sa.Column("connect_timeout_seconds", sa.Double(), nullable=False),
        sa.Column("limit_rows", sa.Integer(), nullable=True),
        sa.Column("limit_bytes", sa.BigInteger(), nullable=True),
        sa.Column("allowed_functions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["connections.id"], name=op.f("sql_connections_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sql_connections_pk")),
    )
    op.create_table(
        "token_acls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("acl_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["acl_id"], ["acls.id"], name=op.f("token_acls_acl_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["token_id"], ["tokens.id"], name=op.f("token_acls_token_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("token_acls_pk")),
        sa.UniqueConstraint("token_id", "acl_id", name=op.f("token_acls_token_id_acl_id_uq")),
    )
    op.create_index("token_acls_reverse_ind", "token_acls", ["acl_id", "token_id"], unique=False)
    op.create_table(
        "group_queries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("query_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("can_update", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("group_queries_group_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["query_id"], ["queries.id"], name=op.f("group_queries_query_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("group_queries_pk")),
        sa.UniqueConstraint(
            "query_id", "group_id", name=op.f("group_queries_query_id_group_id_uq")
        ),
    )
    op.create_index(
        "group_queries_group_id_query_id_ix",
        "group_queries",
        ["group_id", "query_id"],
        unique=False,
    )
    op.create_table(
        "query_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("query_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("limit_rows", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("affected_rows", sa.BigInteger(), nullable=True),
        sa.Column("truncated", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("query_runs_connection_id_fk"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["query_id"], ["queries.id"], name=op.f("query_runs_query_id_fk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("query_runs_user_id_fk"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("query_runs_pk")),
    )
    op.create_index(
        "query_runs_active_ix",
        "query_runs",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running', 'cancelling')"),
    )
    op.create_index(
        op.f("query_runs_connection_id_ix"), "query_runs", ["connection_id"], unique=False
    )
    op.create_index(op.f("query_runs_query_id_ix"), "query_runs", ["query_id"], unique=False)
    op.create_index("query_runs_user_id_id_ix", "query_runs", ["user_id", "id"], unique=False)
    op.create_table(
        "result_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("batch_rows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["query_runs.id"], name=op.f("result_files_run_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("result_files_pk")),
        sa.UniqueConstraint("run_id", name=op.f("result_files_run_id_uq")),
    )


def downgrade() -> None:
    op.drop_table("result_files")
    op.drop_index("query_runs_user_id_id_ix", table_name="query_runs")
    op.drop_index(op.f("query_runs_query_id_ix"), table_name="query_runs")
    op.drop_index(op.f("query_runs_connection_id_ix"), table_name="query_runs")
    op.drop_index(
        "query_runs_active_ix",
        table_name="query_runs",
        postgresql_where=sa.text("state IN ('queued', 'running', 'cancelling')"),
    )
    op.drop_table("query_runs")
    op.drop_index("group_queries_group_id_query_id_ix", table_name="group_queries")
    op.drop_table("group_queries")
    op.drop_index("token_acls_reverse_ind", table_name="token_acls")
    op.drop_table("token_acls")
    op.drop_table("sql_connections")
    op.drop_index("queries_owner_id_id_ix", table_name="queries")
    op.drop_index(op.f("queries_connection_id_ix"), table_name="queries")
    op.drop_table("queries")
    op.drop_index("group_users_user_id_group_id_ix", table_name="group_users")
    op.drop_table("group_users")
    op.drop_index("group_connections_group_id_connection_id_ix", table_name="group_connections")
    op.drop_table("group_connections")
    op.drop_index("user_roles_reverse_ind", table_name="user_roles")
    op.drop_table("user_roles")
    op.drop_index(op.f("user_profiles_account_id_ix"), table_name="user_profiles")
    op.drop_table("user_profiles")
    op.drop_index("user_acls_reverse_ind", table_name="user_acls")
    op.drop_table("user_acls")
    op.drop_table("tokens")
    op.drop_index("role_acls_reverse_ind", table_name="role_acls")
    op.drop_table("role_acls")
    op.drop_table("groups")
    op.drop_index("connections_owner_id_id_ix", table_name="connections")
    op.drop_table("connections")
    op.drop_table("users")
    op.drop_table("roles")
    op.drop_table("installations")
    op.drop_index("audit_events_user_id_id_ix", table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_table("acls")
    op.drop_index("accounts_one_default", table_name="accounts", postgresql_where="is_default")
    op.drop_table("accounts")
