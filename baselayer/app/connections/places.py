"""Places: what an engine needs to be found, a server by host and port or a file by its path."""

from collections.abc import Mapping
from typing import Any

from baselayer.app.connections.drivers.base import Driver, check_options
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.connections.ways import (
    NONE,
    OVER_SSH,
    PLAIN,
    PROXY,
    SSH,
    refuse,
    refuse_way,
    settle_way,
)

# What a database that is a file has none of, and what stands there instead.
OF_SERVERS = {"host": "", "port": 0, "tls_mode": "disable", "authentication_method": NONE}

# What is judged together.
PLACE = (
    *("engine", "host", "port", "database", "read_only", "options", "authentication_method"),
    *("tls_mode", "tls_ca", "tls_certificate", *PROXY, *SSH),
)


def settle_place(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a connection with what its engine implies filled in.

    InvalidRequestError for what the engine cannot have or lacks; UnknownOptionError for an option
    that its driver does not offer. Nothing is dialled or opened.
    """
    driver = driver_for(values["engine"])
    check_options(driver, values["options"])
    return _of_server(driver, values) if driver.default_port else _of_file(driver, values)


def settle_changes(record: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to change of a stored connection, with what the changes imply.

    It becomes one over SSH, or ceases to be, with its SSH host, unless a method is named.
    """
    place = {name: getattr(record, name) for name in PLACE}
    if place["authentication_method"] in (PLAIN, OVER_SSH):
        place["authentication_method"] = None
    settled = settle_place({**place, **changes})
    return {**changes, "authentication_method": settled["authentication_method"]}


def _of_server(driver: Driver, values: Mapping[str, Any]) -> dict[str, Any]:
    if not values["host"]:
        refuse([("host", f"{driver.name} is a server: say at which host")])
    return settle_way({**values, "port": values["port"] or driver.default_port})


def _of_file(driver: Driver, values: Mapping[str, Any]) -> dict[str, Any]:
    if values["host"]:
        refuse([("host", f"{driver.name} is a file on the server's disk: leave the host out")])
    if not values["read_only"]:
        refuse([("read_only", f"{driver.name} is only read here")])
    if values["database"].startswith("/") or ".." in values["database"].split("/"):
        refuse([("database", "a path below one of the server's `files.roots`, without ..")])
    refuse_way(values)
    return {**values, **OF_SERVERS}
