"""Which engines there are: adding one is adding a file and a line here."""

from baselayer.app.connections.drivers.base import Driver
from baselayer.app.connections.drivers.duckdb import DuckdbDriver
from baselayer.app.connections.drivers.mysql import MysqlDriver
from baselayer.app.connections.drivers.postgresql import PostgresqlDriver
from baselayer.app.connections.drivers.sqlite import SqliteDriver
from baselayer.app.errors import DriverMissingError

_DRIVERS: tuple[Driver, ...] = (
    PostgresqlDriver(),
    MysqlDriver("mysql"),
    MysqlDriver("mariadb"),
    SqliteDriver(),
    DuckdbDriver(),
)


def engines() -> list[str]:
    """Return the names of all engines."""
    return [driver.name for driver in _DRIVERS]


def driver_for(engine: str) -> Driver:
    """Return the driver of `engine`; DriverMissingError when there is none."""
    for driver in _DRIVERS:
        if driver.name == engine:
            return driver
    raise DriverMissingError(
        f"There is no driver for the engine {engine!r}; there is one for: {', '.join(engines())}."
    )
