"""What is pinned in a session of MySQL or MariaDB, so that texts mean one thing everywhere.

`sql_mode` has none of ANSI_QUOTES, NO_BACKSLASH_ESCAPES, PIPES_AS_CONCAT and IGNORE_SPACE: the
guard reads statements by the default lexical rules, and the server must not read them otherwise.
"""

import re

from baselayer.app.connections.drivers.base import Target
from baselayer.app.errors import InvalidRequestError

SQL_MODE = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
ONLY_FULL_GROUP_BY = "ONLY_FULL_GROUP_BY"
OPTIONS = {
    "collation": "How texts in statements are compared; a collation of utf8mb4.",
    "group_concat_max_len": "The most bytes that GROUP_CONCAT returns.",
    "only_full_group_by": "Whether columns beside GROUP BY are refused: on or off; default off.",
}

_PLAIN = {
    "collation": re.compile(r"utf8mb4_[a-z0-9_]{1,40}|uca1400_[a-z0-9_]{1,40}"),
    "group_concat_max_len": re.compile(r"[0-9]{1,10}"),
    "only_full_group_by": re.compile(r"on|off"),
}
# How long the server waits for us: longer than the executor waits for a slow client.
_CLIENT_STALL_SECONDS = 300


def settings(target: Target) -> list[str]:
    """Return the statements that pin a new session, its options among them."""
    options = _checked(target)
    mode = SQL_MODE
    if options.get("only_full_group_by") == "on":
        mode += f",{ONLY_FULL_GROUP_BY}"
    seconds = max(1, round(target.timeout_seconds))
    assignments = [
        f"sql_mode = '{mode}'",
        "time_zone = '+00:00'",
        "sql_auto_is_null = 0",
        "sql_select_limit = 18446744073709551615",
        "autocommit = 1",
        f"net_write_timeout = {_CLIENT_STALL_SECONDS}",
        f"lock_wait_timeout = {seconds}",
    ]
    if "group_concat_max_len" in options:
        assignments.append(f"group_concat_max_len = {options['group_concat_max_len']}")
    names = "SET NAMES utf8mb4"
    if "collation" in options:
        names += f" COLLATE {options['collation']}"
    access = "READ ONLY" if target.read_only else "READ WRITE"
    return [
        names,
        "SET SESSION " + ", SESSION ".join(assignments),
        f"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, {access}",
    ]


def timeouts(target: Target, *, is_mariadb: bool) -> str:
    """Return the statement that has the server keep the time limit too."""
    if is_mariadb:
        return f"SET SESSION max_statement_time = {target.timeout_seconds:.3f}"
    milliseconds = max(1, round(target.timeout_seconds * 1_000))
    return f"SET SESSION max_execution_time = {milliseconds}"


def _checked(target: Target) -> dict[str, str]:
    for name, value in target.options.items():
        if not _PLAIN[name].fullmatch(value):
            raise InvalidRequestError(
                f"The option {name} cannot have this value. {OPTIONS[name]}",
                fields={"options": name},
            )
    return dict(target.options)
