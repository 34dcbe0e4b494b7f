"""Taking a right from somebody who is calling all the time, in two processes on one database."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from baselayer.app.identity.users import User
from baselayer.app.models import GroupUser, UserRole
from tests.server import Caller, Served, new_token, serving, wait_until

BOUND_SECONDS = 5.0
AUDIT = "/api/audit?limit=1"
RIGHTS = ("Read audit log", "Run queries")

# What takes the right, of the user whose id is the parameter.
TAKEN = {
    "demoted": "delete from user_roles where user_id = %s",
    "role lost its permission": (
        "delete from role_acls where role_id = (select role_id from user_roles where user_id = %s)"
    ),
    "deactivated": "update users set deactivated_at = now() where id = %s",
    "expired": "update users set expiration_date = now() where id = %s",
    "token deleted": "delete from tokens where created_by_id = %s",
    "token expired": "update tokens set expires_at = now() where created_by_id = %s",
    "token weakened": (
        "delete from token_acls where token_id = (select id from tokens where created_by_id = %s)"
    ),
    "token narrowed": "update tokens set connection_ids = '{}' where created_by_id = %s",
    "token moved": (
        "update tokens set allowed_addresses = '{192.0.2.0/24}' where created_by_id = %s"
    ),
    "out of the group": "delete from group_users where user_id = %s",
}
MUTE = """
create or replace function note_rights_change() returns trigger language plpgsql as $$
begin insert into rights_changes (created_at, modified) values (now(), now()); return null; end $$;
create or replace function note_rights_of_rows() returns trigger language plpgsql as $$
begin insert into rights_changes (created_at, modified) values (now(), now()); return null; end $$
"""
KILL = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where query like '%rights_changes%' and pid <> pg_backend_pid()"
)
_numbers = itertools.count()


@dataclass
class History:
    """When which call began and ended, and whether it was allowed."""

    calls: list[tuple[float, float, bool]] = field(default_factory=list)
    taking_at: float = float("inf")
    """When the change was sent."""
    taken_at: float = float("inf")
    """When it was known to be committed."""

    def allowed(self, *, late: bool) -> list[bool]:
        """Return how calls went: before the right was taken, or once it must be gone."""
        if late:
            return [ok for began, _, ok in self.calls if began > self.taken_at + BOUND_SECONDS]
        return [ok for _, ended, ok in self.calls if ended < self.taking_at]


@contextmanager
def two_servers(house: Served) -> Iterator[list[str]]:
    """Have a second server on the same database; yield both addresses."""
    with serving(house.home) as (_, base):
        yield [house.base, base]


@contextmanager
def listeners_killed(house: Served) -> Iterator[None]:
    """Have the connections that listen for changes cut off, again and again."""
    stopped = threading.Event()

    def kill() -> None:
        while not stopped.wait(0.1):
            house.rows(KILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def newcomer(house: Served) -> Caller:
    """Return a new user in the group of analysts, with a role that may read the audit."""
    name = f"newcomer {next(_numbers)} {time.time_ns()}".replace(" ", "-")
    house.rows("insert into roles (id, created_at, modified) values (%s, now(), now())", name)
    for acl in RIGHTS:
        grant = "insert into role_acls (role_id, acl_id, created_at, modified)"
        house.rows(f"{grant} values (%s, %s, now(), now())", name, acl)
    with house.database().plain() as session:
        user = User(username=name)
        session.add(user)
        session.flush()
        session.add(UserRole(user_id=user.id, role_id=name))
        session.add(GroupUser(group_id=house.groups["analysts"], user_id=user.id))
        value = new_token(session, user, RIGHTS)
        session.commit()
        found: int = session.scalar(sa.select(User.id).where(User.username == name)) or 0
    return Caller(name, house.base, value, found)


def take(house: Served, bases: list[str], how: str, late_calls: int) -> History:
    """Let somebody call both servers, take his right, and see `late_calls` that come too late."""
    who, history = newcomer(house), History()
    path = f"/api/connections/{house.connection_id}" if how == "out of the group" else AUDIT
    enough = threading.Event()

    def call(base: str) -> None:
        caller = Caller(who.name, base, who.value)
        while not enough.is_set():
            began = time.monotonic()
            answer = caller.get(path)
            assert answer.status_code in (200, 401, 403, 404), answer.text
            history.calls.append((began, time.monotonic(), answer.status_code == 200))

    threads = [threading.Thread(target=call, args=(base,)) for base in bases * 2]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(history.calls) >= 40)
        history.taking_at = time.monotonic()
        house.rows(TAKEN[how], who.user_id)
        history.taken_at = time.monotonic()
        wait_until(lambda: len(history.allowed(late=True)) >= late_calls, 600)
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    return history
