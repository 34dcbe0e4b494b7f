"""Stored connections: ConnectionBase, SqlConnection, and GroupConnection, which shares them."""

from typing import Any, ClassVar, Literal
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.connections.destinations import LEADING, destinations
from baselayer.app.connections.manifests import data_to_dict
from baselayer.app.controls.narrowing import IsNamed, Narrowed
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from baselayer.app.db.base import Base
from baselayer.app.db.mixins.polymorphic import PolymorphicBaseMixin
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin
from baselayer.app.identity.groups import Group
from baselayer.app.identity.locators import hashed_id_of, locator_of
from baselayer.app.identity.users import User

MASK = "******"

# Where a secret may be stored, sealed, in the column `sealed_<slot>`.
SLOTS = (
    *("password", "tls_key", "proxy_password"),
    *("ssh_password", "ssh_private_key", "ssh_key_passphrase"),
)


class ConnectionBase(
    PolymorphicBaseMixin,
    UUIDTableBaseMixin,
    Base,
    polymorphic_on="kind",
    polymorphic_abstract=True,
):
    """Any stored connection: its name, its owner, and whom it is shared with."""

    __tablename__ = "connections"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "owner_id", "name"),
        sa.Index("connections_owner_id_id_ix", "owner_id", "id"),
    )
    create = accessible_by_owner
    read = accessible_by_owner | AccessibleIfUserMatches("group_connections.group.users")
    run = accessible_by_owner | AccessibleIfUserMatches(
        "group_connections.group.users", where=lambda link: link.can_run
    )
    update = accessible_by_owner | AccessibleIfUserMatches(
        "group_connections.group.users", where=lambda link: link.can_update
    )
    delete = share = accessible_by_owner
    narrowed_by: ClassVar[Narrowed] = dict.fromkeys(
        ("read", "run", "update", "delete"), IsNamed("connections")
    )

    kind: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    version: Mapped[str] = mapped_column(default="1.0.0")
    tags: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    annotations: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id", ondelete="RESTRICT"))

    data_to_dict = staticmethod(data_to_dict)

    owner: Mapped[User] = relationship()
    group_connections: Mapped[list["GroupConnection"]] = relationship(
        back_populates="connection", passive_deletes=True
    )

    @property
    def record_locator(self) -> str:
        """Return its kind and id in one word, which `by_locator` finds it by."""
        return locator_of(self)

    @property
    def hashed_id(self) -> str:
        """Return its id in one word; it hides nothing."""
        return hashed_id_of(self.id)


class SqlConnection(ConnectionBase, polymorphic_identity="sql"):
    """A database that takes SQL, and how to reach it."""

    noun: ClassVar[str] = "connection"
    __tablename__ = "sql_connections"

    id: Mapped[Any] = mapped_column(
        sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    )
    engine: Mapped[str]
    authentication_method: Mapped[str] = mapped_column(default="tcpip")
    """`none`, `tcpip`, `tcpip_ssh`, or `ldap_user_pwd`: the server asks LDAP, so it needs the
    password in clear."""
    host: Mapped[str]
    port: Mapped[int]
    database: Mapped[str]
    username: Mapped[str | None]
    sealed_password: Mapped[str | None]
    """Written by `connections.credentials` alone, and opened where the connection is dialled."""
    tls_mode: Mapped[str] = mapped_column(default="verify-full")
    tls_ca: Mapped[str | None]
    """Certificates of the authorities that may vouch for the server, as PEM text."""
    tls_certificate: Mapped[str | None]
    sealed_tls_key: Mapped[str | None]
    proxy_protocol: Mapped[str | None]
    proxy_host: Mapped[str | None]
    proxy_port: Mapped[int | None]
    proxy_username: Mapped[str | None]
    sealed_proxy_password: Mapped[str | None]
    ssh_host: Mapped[str | None]
    """Set, the database is dialled from there."""
    ssh_port: Mapped[int] = mapped_column(default=22)
    ssh_username: Mapped[str | None]
    sealed_ssh_password: Mapped[str | None]
    sealed_ssh_private_key: Mapped[str | None]
    sealed_ssh_key_passphrase: Mapped[str | None]
    ssh_known_hosts: Mapped[str | None]
    """Lines as OpenSSH keeps them: who may say that he is the SSH host."""
    ssh_host_key_policy: Mapped[str] = mapped_column(default="strict")
    ssh_jumps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """SSH hosts on the way to `ssh_host`, nearest first."""
    pool_size: Mapped[int] = mapped_column(default=5)
    max_overflow: Mapped[int] = mapped_column(default=10)
    """How many more logins than `pool_size` may be open at once."""
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    read_only: Mapped[bool] = mapped_column(default=True)
    timeout_seconds: Mapped[float] = mapped_column(default=60.0)
    connect_timeout_seconds: Mapped[float] = mapped_column(default=10.0)
    limit_rows: Mapped[int | None]
    """The most rows a run may store; null is the server's setting."""
    limit_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    allowed_functions: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    """Functions of this database that are known to be free of side effects."""

    @property
    def connection_string(self) -> str:
        """Return engine, user and place in one line, for people: nothing can be dialled with it."""
        user = quote(self.username or "", safe="")
        password = f":{MASK}" if self.sealed_password else ""
        login = f"{user}{password}@" if user or password else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = f"{host}:{self.port}" if self.host else ""
        return f"{self.engine}://{login}{place}/{quote(self.database, safe='/')}"

    def get_connection_string(self, masked: Literal[True] = True) -> str:
        """Return `connection_string`; ValueError for `masked=False`: nobody reads a password."""
        if masked is not True:
            raise ValueError("a connection string is always masked: nobody reads a password back")
        return self.connection_string


@event.listens_for(SqlConnection, "before_update")
def _clear_unbound_secrets(mapper: Any, connection: Any, record: SqlConnection) -> None:
    """Clear the secrets that would now go elsewhere, unless they were entered again with it.

    Here and not in a handler, so that no way of changing a record gets round it; what does, meets
    the seal itself.
    """
    state = sa.inspect(record)
    histories = {name: state.attrs[name].history for name in LEADING}
    changed = {name: _before(found) for name, found in histories.items() if found.has_changes()}
    if not changed:
        return
    now = {name: getattr(record, name) for name in LEADING}
    before, after = destinations({**now, **changed}), destinations(now)
    for slot in SLOTS:
        column = f"sealed_{slot}"
        if before[slot] != after[slot] and not state.attrs[column].history.added:
            orm.attributes.set_attribute(record, column, None)


def _before(history: orm.attributes.History) -> Any:
    """Return what an attribute was; a value like no other when nobody had looked."""
    return history.deleted[0] if history.deleted else object()


class GroupConnection(Base):
    """A connection shared with a group; every member sees it, and may do what the link says."""

    __tablename__ = "group_connections"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "group_id"),
        sa.Index("group_connections_group_id_connection_id_ix", "group_id", "connection_id"),
    )
    # Only the owner shares. A control that asked for `update` would be answered by the new link.
    create = update = AccessibleIfUserMatches(
        "connection.owner"
    ) & AccessibleIfRelatedRowsAreAccessible(group="read")
    delete = AccessibleIfUserMatches("connection.owner")  # also from a group that he has left
    read = delete | AccessibleIfRelatedRowsAreAccessible(group="member")

    connection_id: Mapped[Any] = mapped_column(sa.ForeignKey("connections.id", ondelete="CASCADE"))
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("groups.id", ondelete="CASCADE"))
    can_run: Mapped[bool] = mapped_column(default=False)
    can_update: Mapped[bool] = mapped_column(default=False)

    connection: Mapped[ConnectionBase] = relationship(back_populates="group_connections")
    group: Mapped[Group] = relationship()
