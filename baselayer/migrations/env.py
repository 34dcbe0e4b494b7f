"""What Alembic runs: our models' metadata against the connection that `upgrade` hands over."""

from typing import Any, Literal

from alembic import context

from baselayer.app.models import Base


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our column types as the plain types that they store."""
    if kind == "type" and type(item).__module__ == "baselayer.app.db.types":
        plain = {"UtcDateTime": "sa.DateTime(timezone=True)", "SlugifiedStr": "sa.String()"}
        return plain[type(item).__name__]
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=render_item,
    version_table=context.config.attributes.get("version_table", "alembic_version"),
    transaction_per_migration=False,
)
context.run_migrations()
