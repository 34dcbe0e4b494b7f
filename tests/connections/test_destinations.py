"""Destinations: which change of a connection clears which secret, field by field."""

from typing import Any

import pytest

from baselayer.app.connections.destinations import LEADING, destinations
from baselayer.app.connections.models import SLOTS

DATABASE = {"password", "tls_key"}
SSH = {"ssh_password", "ssh_private_key", "ssh_key_passphrase"}
PROXY = {"proxy_password"}
FIELDS: dict[str, Any] = {
    "engine": "postgresql",
    "host": "db.example",
    "port": 5432,
    "tls_mode": "verify-full",
    "tls_ca": None,
    "authentication_method": "tcpip_ssh",
    "proxy_protocol": "http",
    "proxy_host": "proxy.example",
    "proxy_port": 3128,
    "proxy_username": "p",
    "ssh_host": "bastion.example",
    "ssh_port": 22,
    "ssh_username": "s",
    "ssh_known_hosts": "bastion.example ssh-ed25519 AAAA",
    "ssh_host_key_policy": "strict",
    "ssh_jumps": [],
}
OTHER: dict[str, Any] = {
    "port": 1,
    "proxy_port": 1,
    "ssh_port": 1,
    "authentication_method": "ldap_user_pwd",
    "ssh_host_key_policy": "tofu",
    "ssh_jumps": [{"host": "evil.example", "port": 22, "username": "s"}],
}
# What a change clears with verified TLS and known SSH hosts; and in the weakest case besides.
CLEARED = {
    "engine": (DATABASE, set()),
    "host": (DATABASE, set()),
    "port": (DATABASE, set()),
    "tls_mode": (DATABASE, set()),
    "tls_ca": (DATABASE, set()),
    "authentication_method": (DATABASE, set()),
    "proxy_protocol": (PROXY, DATABASE | SSH),
    "proxy_host": (PROXY, DATABASE | SSH),
    "proxy_port": (PROXY, DATABASE | SSH),
    "proxy_username": (PROXY, set()),
    "ssh_host": (SSH, DATABASE),
    "ssh_port": (SSH, DATABASE),
    "ssh_username": (SSH, set()),
    "ssh_known_hosts": (SSH, DATABASE),
    "ssh_host_key_policy": (SSH, DATABASE),
    "ssh_jumps": (SSH, DATABASE),
}


def cleared(before: dict[str, Any], **changes: Any) -> set[str]:
    old, new = destinations(before), destinations(before | changes)
    return {slot for slot in SLOTS if old[slot] != new[slot]}


def test_every_field_and_every_slot_is_in_the_table() -> None:
    assert set(CLEARED) == set(LEADING) == set(FIELDS)
    assert set(destinations(FIELDS)) == set(SLOTS)


@pytest.mark.parametrize("name", LEADING)
def test_change_clears_what_would_go_elsewhere(name: str) -> None:
    change = {name: OTHER.get(name, "other")}
    sure, besides = CLEARED[name]
    assert cleared(FIELDS, **change) == sure
    weak = FIELDS | {"tls_mode": "verify-ca", "ssh_host_key_policy": "tofu"}
    if name == "ssh_host_key_policy":
        change = {name: "strict"}
    assert cleared(weak, **change) == sure | besides


def test_no_change_clears_nothing_and_the_secret_of_a_jump_is_no_place() -> None:
    jump = {"host": "jump.example", "port": 22, "username": "j"}
    before = FIELDS | {"ssh_jumps": [jump], "tls_mode": "disable"}
    assert cleared(before) == set()
    again = [jump | {"known_hosts": None, "password_secret_id": "x"}]
    assert cleared(before, ssh_jumps=again) == set()
    assert cleared(before, ssh_jumps=[jump | {"known_hosts": "x"}]) == SSH | DATABASE
    assert cleared(FIELDS, authentication_method="tcpip") == set()
