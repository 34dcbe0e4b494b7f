"""The operating-system account that the server runs as: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from baselayer.app.errors import DatabaseStartError

UNPRIVILEGED = ("baselayer", "nobody")


@dataclass(frozen=True)
class Account:
    """An account; `is_other` says that the caller is root and must become it."""

    name: str
    uid: int
    gid: int
    is_other: bool = False

    def give(self, path: Path) -> None:
        """Hand `path`, which must be ours, to the account."""
        if self.is_other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def service_account(data_directory: Path) -> Account:
    """Return the caller's account, or for root the one to drop to.

    Root drops to the owner of existing data, else to `baselayer` if that account exists, else to
    `nobody`. Raises DatabaseStartError when there is none of them.
    """
    if os.geteuid() != 0:
        return Account(_name(os.geteuid()), os.geteuid(), os.getegid())
    return _owner(data_directory) or _unprivileged()


def closed_part(path: Path, account: Account) -> Path | None:
    """Return the first part of `path`, from the root, that `account` may not enter or execute."""
    whole = path.resolve()
    for part in [*reversed(whole.parents), whole]:
        if part.exists() and not _may_execute(part.stat(), account):
            return part
    return None


def _owner(data_directory: Path) -> Account | None:
    if not data_directory.exists():
        return None
    found = data_directory.stat()
    if found.st_uid == 0:
        raise DatabaseStartError(
            f"{data_directory} belongs to root, and PostgreSQL does not run as root. "
            f"Give it and its contents to {_unprivileged().name} with chown -R."
        )
    return Account(_name(found.st_uid), found.st_uid, found.st_gid, is_other=True)


def _unprivileged() -> Account:
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, is_other=True)
    raise DatabaseStartError(
        "PostgreSQL does not run as root, and this machine has neither an account `baselayer` nor "
        "`nobody` to run it as. Run baselayer as an ordinary user, or add an account `baselayer`."
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _may_execute(found: os.stat_result, account: Account) -> bool:
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
