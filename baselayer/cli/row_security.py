"""The policies of the product's tables, as `baselayer rls` deals with them."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.pool import NullPool

from baselayer.app.config.load import load_config
from baselayer.app.db.rls.comparing import compare
from baselayer.app.db.rls.policies import rules_of, statements_of
from baselayer.app.models import Base, User
from baselayer.cli.house import ended_by_signals, make_home, metadata
from baselayer.migrations.upgrade import upgrade


def printed(config_files: list[str] | None, role: str | None) -> Iterator[str]:
    """Yield the statements for `role`, else for the role that the settings name."""
    named = role or load_config(config_files or []).settings.database.app_role
    return statements_of(rules_of(Base.registry), named)


def troubles() -> list[str]:
    """Return which table and mode cannot be said, and why."""
    return [
        f"{rule.table}, {rule.mode}: {rule.trouble}"
        for rule in rules_of(Base.registry)
        if rule.trouble is not None
    ]


def compared(
    config_files: list[str] | None, most_users: int
) -> tuple[list[tuple[str, str, str, str, str]], int, int]:
    """Compare for the users who came first; return the differences, and how much was compared.

    Nothing is changed: it happens in a transaction that is rolled back.
    """
    config = load_config(config_files or [])
    make_home(config.home)
    with ended_by_signals(), metadata(config) as urls:
        upgrade(urls.owner, app_role=urls.app_role)
        engine = sa.create_engine(urls.owner, poolclass=NullPool)
        with engine.connect() as connection, orm.Session(connection) as session:
            users = list(session.scalars(sa.select(User).order_by(User.id).limit(most_users)))
            names = {user.id: user.username for user in users}
            found = list(compare(connection, rules_of(Base.registry), users))
            connection.rollback()
    different = [
        (one.table, one.mode, names[one.user_id], str(len(one.lost)), str(len(one.leaked)))
        for one in found
        if one.lost or one.leaked
    ]
    return different, len(found), sum(one.allowed for one in found)
