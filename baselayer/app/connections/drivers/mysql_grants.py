"""Whether a login may do more than read: neither server's read-only transaction stops all of it.

On MariaDB a statement that changes the schema commits first and then runs; `SELECT … INTO OUTFILE`
needs no transaction at all. So a read-only connection takes a role that could not write anyway.
"""

import re
from collections.abc import Callable, Iterable

from baselayer.app.errors import RoleMayWriteError

Ask = Callable[[str], list[tuple[bytes | None, ...]]]

# These show things and change nothing. EXECUTE is not here: a procedure acts as its definer.
READING = frozenset(
    {
        "usage",
        "select",
        "show view",
        "show databases",
        "process",
        "replication client",
        "binlog monitor",
        "slave monitor",
        "replica monitor",
        "show_routine",
    }
)
LIMIT_ROLES = 50

_ON = re.compile(r"GRANT (?P<what>.+?) ON (?P<place>.+?) TO ", re.IGNORECASE | re.DOTALL)
_ROLE = re.compile(r"GRANT (?P<roles>[^\s].*?) TO ", re.IGNORECASE | re.DOTALL)
_NAME = r"`(?:[^`]|``)*`"
_ROLE_NAME = re.compile(rf"(?P<name>{_NAME})(?:@(?P<host>{_NAME}))?")
_COLUMNS = re.compile(rf"\((?:\s*{_NAME}\s*,?|\s*\w+\s*,?)+\)")
_OPTION = re.compile(r" WITH (GRANT|ADMIN) OPTION", re.IGNORECASE)


def check_reads_only(ask: Ask) -> None:
    """Raise RoleMayWriteError unless everything granted to this login, by roles too, only reads."""
    waiting: list[str] = []
    seen: set[str] = set()
    _check(_lines(ask("SHOW GRANTS")), waiting)
    while waiting:
        role = waiting.pop()
        if role in seen:
            continue
        seen.add(role)
        if len(seen) > LIMIT_ROLES:
            raise _refusal("more roles than can be looked through")
        _check(_lines(ask(f"SHOW GRANTS FOR {role}")), waiting)


def _lines(rows: Iterable[tuple[bytes | None, ...]]) -> list[str]:
    return [(row[0] or b"").decode("utf-8", "replace") for row in rows]


def _check(lines: Iterable[str], roles: list[str]) -> None:
    for line in lines:
        if line.upper().startswith("SET DEFAULT ROLE "):
            continue
        granted = _ON.match(line)
        if granted is None:
            roles += _roles(line)
            continue
        if _OPTION.search(line):
            raise _refusal("GRANT OPTION")
        for privilege in _COLUMNS.sub("", granted["what"]).split(","):
            name = " ".join(privilege.split())
            if name.lower() not in READING:
                raise _refusal(name)


def _roles(line: str) -> list[str]:
    found = _ROLE.match(line)
    if found is not None and _OPTION.search(line):
        raise _refusal("ADMIN OPTION")
    if found is None:
        raise _refusal("something that cannot be read")
    names = list(_ROLE_NAME.finditer(found["roles"]))
    rest = _ROLE_NAME.sub("", found["roles"]).replace(",", "").strip()
    if not names or rest:
        raise _refusal("something that cannot be read")
    return [name.group() for name in names]


def _refusal(what: str) -> RoleMayWriteError:
    return RoleMayWriteError(
        f"The connection is read-only, and its user has more than reading: {what[:80]}. Enter a "
        "user with SELECT and SHOW VIEW alone, or set `read_only: false`.",
        privilege=what[:80],
    )
