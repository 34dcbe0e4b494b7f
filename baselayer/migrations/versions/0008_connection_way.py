"""How a connection gets there: its authentication, proxy and SSH tunnel, and the pool's bounds."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "sql_connections"
# What the connections have that are there already.
FILLED: dict[str, tuple[Any, str]] = {
    "authentication_method": (sa.Text(), "tcpip"),
    "pool_size": (sa.Integer(), "5"),
    "max_overflow": (sa.Integer(), "10"),
    "ssh_port": (sa.Integer(), "22"),
    "ssh_host_key_policy": (sa.Text(), "strict"),
    "ssh_jumps": (postgresql.JSONB(astext_type=sa.Text()), "[]"),
}
NUMBERS = ("proxy_port",)
TEXTS = (
    *("proxy_protocol", "proxy_host", "proxy_username", "sealed_proxy_password"),
    *("ssh_host", "ssh_username", "ssh_known_hosts", "sealed_ssh_password"),
    *("sealed_ssh_private_key", "sealed_ssh_key_passphrase"),
)


def upgrade() -> None:
    for name, (kind, value) in FILLED.items():
        column: sa.Column[object] = sa.Column(name, kind, nullable=False, server_default=value)
        op.add_column(TABLE, column)
        op.alter_column(TABLE, name, server_default=None)
    for name in TEXTS:
        op.add_column(TABLE, sa.Column(name, sa.Text(), nullable=True))
    for name in NUMBERS:
        op.add_column(TABLE, sa.Column(name, sa.Integer(), nullable=True))
    op.execute(
        "UPDATE sql_connections SET authentication_method = 'none' WHERE host = ''"
    )  # a database that is a file has no login


def downgrade() -> None:
    for name in (*FILLED, *TEXTS, *NUMBERS):
        op.drop_column(TABLE, name)
