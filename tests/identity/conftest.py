"""A migrated database with people in it, and sessions on it in both worlds."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.identity.people import make_user
from baselayer.app.identity.principals import Principal
from baselayer.app.models import Account, Group, GroupUser, User
from baselayer.migrations.upgrade import upgrade
from tests.factories.metadata import fresh_database
from tests.factories.places import Place

ROLES = {
    "owner": "Manager",
    "member": "Analyst",
    "stranger": "Analyst",
    "manager": "Manager",
    "admin": "Super admin",
}


@dataclass
class People:
    """A small company: a group `crew` of the owner, its admin, and the member."""

    place: Place
    account_id: int
    ids: dict[str, int] = field(default_factory=dict)
    permissions: dict[str, frozenset[str]] = field(default_factory=dict)
    crew_id: int = 0

    def principal(self, name: str, *permissions: str, token_id: int | None = None) -> Principal:
        """Return `name` with all that he may, or a token of his with `permissions`."""
        held = frozenset(permissions) if token_id else self.permissions[name]
        return Principal(self.ids[name], name, self.account_id, token_id, held)

    def add(self, record: object) -> int:
        """Store a record, unchecked, and return its id."""
        with self.place.plain() as session:
            session.add(record)
            session.commit()
            return int(record.id)  # type: ignore[attr-defined] # every record has one

    def new_group(self, name: str, **members: bool) -> int:
        """Make a group with members, each an admin or not."""
        ident = self.add(Group(account_id=self.account_id, name=name))
        for member, admin in members.items():
            self.add(GroupUser(group_id=ident, user_id=self.ids[member], admin=admin))
        return ident


def _fill(session: orm.Session, people: People) -> None:
    for name, role in ROLES.items():
        user = make_user(session, people.account_id, name, roles=[role])
        people.ids[name] = user.id
        people.permissions[name] = frozenset(session.get_one(User, user.id).permissions)
    session.commit()


@pytest.fixture
def people(metadata_cluster: Cluster) -> Iterator[People]:
    """A new database for each test: what is tested here changes who may what."""
    with fresh_database(metadata_cluster) as url:
        upgrade(url, app_role="baselayer_app")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        place = Place(url, engine)
        with place.plain() as session:
            account_id = session.scalars(sa.select(Account.id).where(Account.is_default)).one()
            found = People(place, account_id)
            _fill(session, found)
        found.crew_id = found.new_group("crew", owner=True, member=False)
        yield found
