"""Read who is in an account from either end by an index alone."""

from collections.abc import Sequence

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "user_profiles_account_id_user_id_ix", "user_profiles", ["account_id", "user_id"]
    )
    op.drop_index("user_profiles_account_id_ix", table_name="user_profiles")


def downgrade() -> None:
    op.create_index("user_profiles_account_id_ix", "user_profiles", ["account_id"])
    op.drop_index("user_profiles_account_id_user_id_ix", table_name="user_profiles")
