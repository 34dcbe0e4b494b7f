"""Ways: whether proxy, SSH hosts, TLS and authentication of a connection go together."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from baselayer.app.connections.drivers.base import VERIFIED
from baselayer.app.connections.drivers.ldap import LDAP
from baselayer.app.errors import InvalidRequestError

NONE, PLAIN, OVER_SSH = "none", "tcpip", "tcpip_ssh"
# These log in by Windows or Entra accounts, and not by what LDAP knows.
WITHOUT_LDAP = frozenset({"mssql"})

PROXY = ("proxy_protocol", "proxy_host", "proxy_port", "proxy_username")
SSH = ("ssh_host", "ssh_username", "ssh_known_hosts", "ssh_jumps")
# What a connection to a server may have and one to a file has not.
WAY = (*PROXY, *SSH, "tls_ca", "tls_certificate")

Fields = Mapping[str, Any]
Fault = tuple[str, str]


def settle_way(values: Fields) -> dict[str, Any]:
    """Return the fields of a connection to a server with its authentication method filled in.

    InvalidRequestError names every field that does not go with the others. Nothing is dialled.
    """
    method = values["authentication_method"]
    if method is None:
        method = OVER_SSH if values["ssh_host"] else PLAIN
    settled = {**values, "authentication_method": method}
    refuse(fault for check in CHECKS for fault in check(settled))
    return settled


def refuse_way(values: Fields) -> None:
    """Raise InvalidRequestError when a database that is a file is given a way."""
    refuse((name, "a file has no way to it: leave it out") for name in WAY if values[name])
    if values["authentication_method"] not in (None, NONE):
        refuse([("authentication_method", "a file has no login: none")])


def refuse_misplaced(values: Fields, entered: Mapping[str, str | None]) -> None:
    """Raise InvalidRequestError for a secret that was entered and would be sent nowhere."""
    is_login = values["authentication_method"] != NONE
    places = {
        "password": (is_login, "with authentication_method none there is no password"),
        "tls_key": (bool(values["host"]), "a file has no TLS"),
        "proxy_password": (bool(values["proxy_host"]), "there is no proxy_host to send it to"),
    }
    reason = "there is no ssh_host to send it to"
    refuse(
        (slot, places.get(slot, (True, reason))[1])
        for slot, value in entered.items()
        if value is not None and not places.get(slot, (bool(values["ssh_host"]), ""))[0]
    )


def refuse(faults: Any) -> None:
    """Raise InvalidRequestError that names all of `faults`, pairs of a field and a reason."""
    fields = dict(faults)
    if fields:
        told = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
        raise InvalidRequestError(f"{told}. Nothing was changed.", fields=fields)


def _check_proxy(values: Fields) -> Iterator[Fault]:
    if values["proxy_host"]:
        for name in ("proxy_protocol", "proxy_port"):
            if not values[name]:
                yield name, "a proxy_host needs it"
        return
    for name in PROXY:
        if values[name]:
            yield name, "there is no proxy_host: say which, or set this to null too"


def _check_ssh(values: Fields) -> Iterator[Fault]:
    if values["ssh_host"]:
        if not values["ssh_username"]:
            yield "ssh_username", "an ssh_host needs it"
        return
    for name in SSH:
        if values[name]:
            yield name, "there is no ssh_host: say which, or clear this too"


def _check_method(values: Fields) -> Iterator[Fault]:
    method, name = values["authentication_method"], "authentication_method"
    if method == OVER_SSH and not values["ssh_host"]:
        yield "ssh_host", "tcpip_ssh needs one"
    if method == PLAIN and values["ssh_host"]:
        yield name, "with an ssh_host it is tcpip_ssh, or none or ldap_user_pwd"
    if method == LDAP and values["engine"] in WITHOUT_LDAP:
        yield name, f"{values['engine']} asks no LDAP for a password"
    if method == LDAP and not (values["tls_mode"] in VERIFIED or values["ssh_host"]):
        yield name, "the password is sent in clear: set tls_mode verify-full, or an ssh_host"


CHECKS: tuple[Callable[[Fields], Iterator[Fault]], ...] = (
    *(_check_proxy, _check_ssh, _check_method),
)
