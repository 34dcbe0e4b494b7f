"""Reading what SHOW GRANTS says: anything that is not plainly reading is taken for writing."""

import pytest

from baselayer.app.connections.drivers.mysql_grants import LIMIT_ROLES, check_reads_only
from baselayer.app.errors import RoleMayWriteError


def check(lines: list[str], roles: dict[str, list[str]] | None = None) -> list[str]:
    asked: list[str] = []

    def ask(sql: str) -> list[tuple[bytes | None, ...]]:
        asked.append(sql)
        found = (
            lines if sql == "SHOW GRANTS" else (roles or {})[sql.removeprefix("SHOW GRANTS FOR ")]
        )
        return [(line.encode(),) for line in found]

    check_reads_only(ask)
    return asked


@pytest.mark.parametrize(
    "line",
    [
        "GRANT USAGE ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*00'",
        "GRANT SELECT, SHOW VIEW ON `shop`.* TO `r`@`%`",
        "GRANT SELECT (`id`, `drop, it)`), SHOW VIEW ON `shop`.`t` TO `r`@`%`",
        "GRANT SELECT (id, name) ON `shop`.`t` TO `r`@`%`",
        "GRANT SELECT, PROCESS, SHOW DATABASES, REPLICATION CLIENT ON *.* TO `r`@`%`",
        "SET DEFAULT ROLE `readers` FOR `r`@`%`",
    ],
)
def test_reading_passes(line: str) -> None:
    assert check([line]) == ["SHOW GRANTS"]


@pytest.mark.parametrize(
    "line",
    [
        "GRANT ALL PRIVILEGES ON *.* TO `r`@`%`",
        "GRANT INSERT ON `shop`.* TO `r`@`%`",
        "GRANT SELECT, UPDATE (`a`) ON `shop`.`t` TO `r`@`%`",
        "GRANT FILE ON *.* TO `r`@`%`",
        "GRANT SELECT, LOCK TABLES ON `shop`.* TO `r`@`%`",
        "GRANT SELECT, EXECUTE ON `shop`.* TO `r`@`%`",
        "GRANT CREATE TEMPORARY TABLES ON `shop`.* TO `r`@`%`",
        "GRANT SELECT ON `shop`.* TO `r`@`%` WITH GRANT OPTION",
        "GRANT SUPER ON *.* TO `r`@`%`",
        "GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO `r`@`%`",
        "GRANT PROXY ON ''@'%' TO 'r'@'%'",
        "GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `r`@`%`",
        "GRANT `readers`@`%` TO `r`@`%` WITH ADMIN OPTION",
        "REVOKE INSERT ON `shop`.* FROM `r`@`%`",
        "GRANT readers TO r",
        "",
    ],
)
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(RoleMayWriteError):
        check(["GRANT USAGE ON *.* TO `r`@`%`", line])


def test_roles_are_followed() -> None:
    lines = ["GRANT `a`@`%`, `b` TO `r`@`%`"]
    reading = {"`a`@`%`": ["GRANT SELECT ON *.* TO `a`@`%`"], "`b`": ["GRANT `a`@`%` TO `b`"]}
    assert len(check(lines, reading)) == 3
    with pytest.raises(RoleMayWriteError, match="DELETE"):
        check(lines, reading | {"`a`@`%`": ["GRANT DELETE ON *.* TO `a`@`%`"]})


def test_endless_roles_are_refused() -> None:
    roles = {f"`r{i}`": [f"GRANT `r{i + 1}` TO `r{i}`"] for i in range(LIMIT_ROLES + 2)}
    with pytest.raises(RoleMayWriteError, match="more roles"):
        check(["GRANT `r0` TO `r`@`%`"], roles)
