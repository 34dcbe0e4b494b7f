"""Seed: the permissions, roles and default account that every installation has."""

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import insert

from baselayer.app.identity.accounts import Account
from baselayer.app.identity.acls import ACL
from baselayer.app.identity.roles import Role, RoleACL

ACLS = (
    "System admin",
    "Manage users",
    "Manage groups",
    "Manage connections",
    "Run queries",
    "Write queries",
    "Share results",
    "Manage cron jobs",
    "Read audit log",
)

ROLES: dict[str, tuple[str, ...]] = {
    "Super admin": ACLS,
    "Manager": (
        "Manage users",
        "Manage groups",
        "Manage connections",
        "Run queries",
        "Write queries",
        "Share results",
        "Manage cron jobs",
        "Read audit log",
    ),
    "Analyst": ("Manage connections", "Run queries", "Share results"),
    "Viewer": (),
    "View only": (),
}


def seed(session: orm.Session) -> None:
    """Insert what is missing of the above; what administrators have changed stays."""
    new_roles = set(ROLES) - set(session.scalars(sa.select(Role.id)))
    _insert(session, ACL, [{"id": name} for name in ACLS])
    _insert(session, Role, [{"id": name} for name in new_roles])
    granted = [{"role_id": role, "acl_id": acl} for role in new_roles for acl in ROLES[role]]
    _insert(session, RoleACL, granted)
    if session.scalar(sa.select(Account.id).where(Account.is_default)) is None:
        session.add(Account(company_name="Default account", is_default=True))
    session.commit()


def _insert(session: orm.Session, model: type, rows: list[dict[str, str]]) -> None:
    if rows:
        session.execute(insert(model).values(rows).on_conflict_do_nothing())
