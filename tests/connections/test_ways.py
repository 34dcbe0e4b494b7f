"""Ways: what of proxy, SSH, TLS and authentication goes together."""

from typing import Any

import pytest

from baselayer.app.connections.ways import WAY, refuse_misplaced, refuse_way, settle_way
from baselayer.app.errors import InvalidRequestError

PROXY = {"proxy_protocol": "http", "proxy_host": "proxy.example", "proxy_port": 3128}
SSH = {"ssh_host": "bastion.example", "ssh_username": "s"}


def fields(**changes: Any) -> dict[str, Any]:
    plain = {"engine": "postgresql", "tls_mode": "disable", "authentication_method": None}
    return dict.fromkeys(WAY) | plain | changes


@pytest.mark.parametrize(
    ("given", "method"),
    [
        ({}, "tcpip"),
        (PROXY, "tcpip"),
        (SSH, "tcpip_ssh"),
        (PROXY | SSH, "tcpip_ssh"),
        ({"authentication_method": "none"}, "none"),
        (SSH | {"authentication_method": "none"}, "none"),
        (SSH | {"authentication_method": "ldap_user_pwd"}, "ldap_user_pwd"),
        ({"authentication_method": "ldap_user_pwd", "tls_mode": "verify-full"}, "ldap_user_pwd"),
    ],
)
def test_what_goes_together_is_taken(given: dict[str, Any], method: str) -> None:
    assert settle_way(fields(**given))["authentication_method"] == method


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"proxy_host": "p"}, {"proxy_protocol", "proxy_port"}),
        ({"proxy_port": 1}, {"proxy_port"}),
        ({"proxy_username": "u"}, {"proxy_username"}),
        ({"ssh_host": "b"}, {"ssh_username"}),
        ({"ssh_username": "u"}, {"ssh_username"}),
        ({"ssh_known_hosts": "x"}, {"ssh_known_hosts"}),
        ({"ssh_jumps": [{}]}, {"ssh_jumps"}),
        ({"authentication_method": "tcpip_ssh"}, {"ssh_host"}),
        (SSH | {"authentication_method": "tcpip"}, {"authentication_method"}),
        ({"authentication_method": "ldap_user_pwd"}, {"authentication_method"}),
        (
            {"authentication_method": "ldap_user_pwd", "tls_mode": "require"},
            {"authentication_method"},
        ),
        (
            {"authentication_method": "ldap_user_pwd", "tls_mode": "verify-full"}
            | {"engine": "mssql"},
            {"authentication_method"},
        ),
    ],
)
def test_what_does_not_go_together_is_named(given: dict[str, Any], named: set[str]) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        settle_way(fields(**given))
    assert set(refused.value.details["fields"]) == named


@pytest.mark.parametrize(
    "given", [PROXY, SSH, {"authentication_method": "ldap_user_pwd"}, {"tls_ca": "x"}]
)
def test_file_has_no_way(given: dict[str, Any]) -> None:
    refuse_way(fields())
    with pytest.raises(InvalidRequestError):
        refuse_way(fields(**given))


@pytest.mark.parametrize(
    ("slot", "place"),
    [
        ("password", {"authentication_method": "tcpip"}),
        ("tls_key", {"host": "db.example"}),
        ("proxy_password", {"proxy_host": "p"}),
        ("ssh_password", {"ssh_host": "b"}),
        ("ssh_private_key", {"ssh_host": "b"}),
        ("ssh_key_passphrase", {"ssh_host": "b"}),
    ],
)
def test_secret_that_would_be_sent_nowhere_is_refused(slot: str, place: dict[str, str]) -> None:
    nowhere = dict.fromkeys(("host", "proxy_host", "ssh_host")) | {"authentication_method": "none"}
    with pytest.raises(InvalidRequestError) as refused:
        refuse_misplaced(nowhere, {slot: "hidden"})
    assert list(refused.value.details["fields"]) == [slot]
    assert "hidden" not in refused.value.message
    refuse_misplaced(nowhere, {slot: None})
    refuse_misplaced(nowhere | place, {slot: "hidden"})
