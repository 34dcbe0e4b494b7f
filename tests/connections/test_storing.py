"""Storing: redirection, copies and broken connections, for everybody who may try, over HTTP."""

import base64
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from baselayer.app.connections.models import SLOTS
from baselayer.app.connections.storing import manifest_of
from baselayer.app.models import SqlConnection
from tests.server import Caller, Served, data, refusal, shared_house

KEY = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + b"x" * 32).decode()
HOSTS = f"bastion.example ssh-ed25519 {KEY}"
SECRETS: dict[str, Any] = {slot: f"planted-{slot}" for slot in SLOTS}
WAY: dict[str, Any] = {
    "tls_mode": "require",
    "proxy_protocol": "http",
    "proxy_host": "proxy.example",
    "proxy_port": 3128,
    "proxy_username": "p",
    "ssh_host": "bastion.example",
    "ssh_username": "s",
    "ssh_known_hosts": HOSTS,
}
DATABASE = {"password", "tls_key"}
SSH = {"ssh_password", "ssh_private_key", "ssh_key_passphrase"}
PROXY = {"proxy_password"}


@pytest.fixture(scope="module")
def house() -> Iterator[Served]:
    yield from shared_house()


@pytest.fixture
def way(house: Served) -> str:
    """A connection with every secret there is, that the editors may change."""
    ident = house.new_connection(**WAY, **SECRETS)
    house.share(ident, editors="run update", analysts="run")
    return ident


def has(shown: dict[str, Any]) -> set[str]:
    return {slot for slot in SLOTS if shown[f"has_{slot}"]}


@pytest.mark.parametrize(
    ("change", "cleared"),
    [
        ({"host": "evil.example"}, DATABASE),
        ({"port": 1}, DATABASE),
        ({"tls_mode": "verify-ca"}, DATABASE),
        ({"tls_ca": "-----BEGIN CERTIFICATE-----"}, DATABASE),
        ({"tls_mode": "verify-full", "authentication_method": "ldap_user_pwd"}, DATABASE),
        ({"proxy_protocol": "socks5"}, PROXY | DATABASE),
        ({"proxy_host": "evil.example"}, PROXY | DATABASE),
        ({"proxy_port": 1}, PROXY | DATABASE),
        ({"proxy_username": "other"}, PROXY),
        ({name: None for name in WAY if name.startswith("proxy")}, PROXY | DATABASE),
        ({"ssh_host": "evil.example"}, SSH | DATABASE),
        ({"ssh_port": 2222}, SSH | DATABASE),
        ({"ssh_username": "other"}, SSH),
        ({"ssh_known_hosts": None}, SSH | DATABASE),
        ({"ssh_known_hosts": HOSTS.replace("bastion", "evil")}, SSH | DATABASE),
        ({"ssh_host_key_policy": "tofu"}, SSH | DATABASE),
        ({"ssh_jumps": [{"host": "evil.example", "username": "e"}]}, SSH | DATABASE),
        ({"username": "other", "database": "other", "name": "renamed"}, set()),
        ({"version": "2.0.0", "annotations": [{"by": "editor"}], "pool_size": 1}, set()),
        (WAY, set()),
    ],
)
def test_who_may_change_cannot_have_a_secret_sent_elsewhere(
    house: Served, way: str, change: dict[str, Any], cleared: set[str]
) -> None:
    path = f"/api/connections/{way}"
    assert has(data(house.editor.get(path))) == set(SLOTS)
    if "name" in change:
        change = change | {"name": f"renamed {way}"}
    answer = house.editor.patch(path, change)
    assert has(data(answer)) == set(SLOTS) - cleared
    assert "planted" not in answer.text
    columns = ", ".join(f"sealed_{slot} is not null" for slot in SLOTS)
    (stored,) = house.rows(f"select {columns} from sql_connections where id = %s", way)
    assert {slot for slot, there in zip(SLOTS, stored, strict=True) if there} == (
        set(SLOTS) - cleared
    )


def test_secret_entered_with_the_change_is_the_one_that_stays(house: Served, way: str) -> None:
    change = {"proxy_host": "other.example", "proxy_password": "mine"}
    shown = data(house.editor.patch(f"/api/connections/{way}", change))
    assert has(shown) == {"proxy_password", *SSH}


@pytest.mark.parametrize("caller", ["editor", "analyst", "viewer", "stranger", "admin"])
def test_copy_belongs_to_who_made_it_and_has_no_secret(
    house: Served, way: str, caller: str
) -> None:
    person: Caller = house.people[caller]
    path = f"/api/connections/{way}"
    answer = person.post(f"{path}/clone", {})
    if caller == "viewer":
        refusal(answer, 403, "permission_missing")
        return
    if caller == "stranger":
        refusal(answer, 404, "not_found")
        return
    copy, original = data(answer, 201), data(house.owner.get(path))
    assert has(copy) == set()
    assert copy["owner_id"] == person.user_id
    assert copy["name"] == f"{original['name']} (clone)"
    assert copy["id"] != original["id"]
    for field in ("host", "port", "proxy_host", "ssh_host", "ssh_known_hosts", "tls_mode"):
        assert copy[field] == original[field]
    assert data(person.post(f"{path}/clone", {}), 201)["name"].endswith(" (clone 2)")
    assert data(person.get(f"/api/connections/{copy['id']}/shares")) == {"groups": []}
    assert has(data(house.owner.get(path))) == set(SLOTS)
    assert house.audit(action="connection.clone", object_id=copy["id"])
    taken = person.post(f"{path}/clone", {"name": copy["name"]})
    refusal(taken, 409, "conflict")
    if caller != "admin":
        refusal(house.stranger.get(f"/api/connections/{copy['id']}"), 404, "not_found")


def test_copy_with_a_name_of_the_greatest_length_fits(house: Served) -> None:
    ident = house.new_connection(name="n" * 255)
    name = data(house.owner.post(f"/api/connections/{ident}/clone", {}), 201)["name"]
    assert len(name) == 255
    assert name.endswith("n (clone)")


def test_connection_that_leads_nowhere_is_kept_like_any_other(house: Served) -> None:
    """Saving dials nobody: a listener that would hear it hears nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        port = listener.getsockname()[1]
        ways = [
            {"host": "no-such-host.invalid"},
            {"port": port},
            {"proxy_protocol": "http", "proxy_host": "127.0.0.1", "proxy_port": port},
            {"ssh_host": "127.0.0.1", "ssh_port": port, "ssh_username": "s"},
        ]
        for changes in ways:
            ident = house.new_connection(**changes)
            path = f"/api/connections/{ident}"
            assert data(house.owner.patch(path, {"name": f"new {ident}"}))["name"] == f"new {ident}"
            house.share(ident, editors="run update")
            data(house.editor.patch(path, {"version": "1.2.3", "database": "other"}))
            copy = data(house.editor.post(f"{path}/clone", {}), 201)
            data(house.editor.delete(f"/api/connections/{copy['id']}"))
            data(house.owner.delete(path))
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"proxy_host": "p"}, "proxy_port"),
        ({"ssh_host": "b"}, "ssh_username"),
        ({"ssh_password": "planted"}, "ssh_password"),
        ({"proxy_password": "planted"}, "proxy_password"),
        ({"authentication_method": "none"}, "password"),
        ({"authentication_method": "ldap_user_pwd"}, "authentication_method"),
        ({"ssh_jumps": [{"host": "j", "username": "j"}] * 4}, "ssh_jumps"),
        ({"annotations": [{"a b": 1}]}, "annotations"),
        ({"version": "one"}, "version"),
        ({"proxy_protocol": "socks4"}, "proxy_protocol"),
        ({"ssh_known_hosts": "/etc/passwd"}, "ssh_known_hosts"),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(
    house: Served, body: dict[str, Any], named: str
) -> None:
    answer = house.owner.post("/api/connections", house.connection_body(**body))
    assert named in refusal(answer, 422, "request_invalid")
    assert "planted" not in answer.text


def test_method_follows_the_ssh_host_and_none_takes_the_password(house: Served) -> None:
    ident = house.new_connection()
    path = f"/api/connections/{ident}"
    ssh = {"ssh_host": "bastion.example", "ssh_username": "s"}
    assert data(house.owner.patch(path, ssh))["authentication_method"] == "tcpip_ssh"
    shown = data(house.owner.patch(path, dict.fromkeys(ssh)))
    assert (shown["authentication_method"], shown["has_password"]) == ("tcpip", False)
    data(house.owner.patch(path, {"password": "x"}))
    shown = data(house.owner.patch(path, {"authentication_method": "none"}))
    assert not shown["has_password"]
    assert "******" not in shown["connection_string"]


def test_connection_string_never_holds_a_secret() -> None:
    record = SqlConnection(
        engine="postgresql", host="db.example", port=5432, database="a b", username="u@x"
    )
    assert record.connection_string == "postgresql://u%40x@db.example:5432/a%20b"
    record.sealed_password = "v1.sealed"
    assert record.get_connection_string() == "postgresql://u%40x:******@db.example:5432/a%20b"
    with pytest.raises(ValueError, match="masked"):
        record.get_connection_string(masked=False)  # type: ignore[arg-type] # that is tested
    path = SqlConnection(engine="sqlite", host="", port=0, database="sales/2026.db")
    assert path.connection_string == "sqlite:///sales/2026.db"


def test_manifest_has_what_is_not_as_by_default_and_no_secret() -> None:
    record = SqlConnection(
        name="shop", engine="postgresql", host="db.example", port=5432, database="d"
    )
    for name, value in {"tags": ["a"], "sealed_password": "v1.sealed", "ssh_port": 22}.items():
        setattr(record, name, value)
    found = {name: value for name, value in manifest_of(record).items() if value is not None}
    assert found == {
        **{"name": "shop", "engine": "postgresql", "host": "db.example", "port": 5432},
        **{"database": "d", "tags": ["a"]},
    }
