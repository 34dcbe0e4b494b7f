"""Host keys: every form of a known_hosts line, and what is never trusted."""

import subprocess
from pathlib import Path

import pytest

from baselayer.app.connections.tunnels.host_keys import HostKey, KnownKeys, known_keys
from baselayer.app.errors import (
    SshHostKeyChangedError,
    SshHostKeyUnknownError,
    SshKnownHostsError,
)

BLOB = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + bytes(32)
KEY = HostKey("ssh-ed25519", BLOB)
OTHER = HostKey("ssh-ed25519", BLOB[:-1] + b"x")
LINE = KEY.line("db.test", 22).split(" ", 1)[1]
EMPTY = KnownKeys((), ())


def trusted(names: str, host: str = "db.test", port: int = 22) -> bool:
    return known_keys(f"{names} {LINE} a comment\n", host, port).trusted == (KEY,)


@pytest.mark.parametrize(
    ("names", "host", "port"),
    [
        ("db.test", "db.test", 22),
        ("db.test", "DB.Test", 22),
        ("DB.test", "db.test", 22),
        ("[db.test]:2222", "db.test", 2222),
        ("a.test,db.test,10.0.0.1", "db.test", 22),
        ("*.test", "db.test", 22),
        ("[*.test]:2222", "db.test", 2222),
        ("d?.test", "db.test", 22),
        ("*,!db.test", "other.test", 22),
        ("2001:db8::1", "2001:db8::1", 22),
    ],
)
def test_name_matches(names: str, host: str, port: int) -> None:
    assert trusted(names, host, port)


@pytest.mark.parametrize(
    ("names", "host", "port"),
    [
        ("db.test", "db.test", 2222),
        ("[db.test]:2222", "db.test", 22),
        ("*.test,!db.test", "db.test", 22),
        ("!db.test,*.test", "db.test", 22),
        ("!db.test", "other.test", 22),
        ("d[b].test", "db.test", 22),
        ("db.test", "db.test.evil", 22),
        ("|1|bm8=|bm8=", "db.test", 22),
        ("|2|bm8=|bm8=", "db.test", 22),
        ("|1|no", "db.test", 22),
    ],
)
def test_name_does_not_match(names: str, host: str, port: int) -> None:
    assert known_keys(f"{names} {LINE}", host, port) == EMPTY


@pytest.mark.parametrize("port", [22, 2222])
def test_names_that_openssh_has_hashed_match(tmp_path: Path, port: int) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(KEY.line("db.test", port) + "\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    text = file.read_text()
    assert "db.test" not in text
    assert known_keys(text, "db.test", port).trusted == (KEY,)
    assert known_keys(text, "db2.test", port) == EMPTY


def test_fingerprint_is_that_of_ssh_keygen(tmp_path: Path) -> None:
    file = tmp_path / "key.pub"
    file.write_text(LINE)
    told = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(file)], check=True, capture_output=True, text=True
    )
    assert KEY.fingerprint in told.stdout


def test_comments_and_empty_lines_are_passed_over() -> None:
    assert trusted("# a comment\n\n   \ndb.test")


@pytest.mark.parametrize(
    "line",
    [
        "db.test",
        "db.test ssh-ed25519",
        "db.test ssh-ed25519 ???",
        "db.test ssh-rsa " + LINE.split()[1],
        "@unknown db.test " + LINE,
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(SshKnownHostsError, match="Line 2"):
        known_keys(f"other.test {LINE}\n{line}", "db.test", 22)


def test_certificate_authority_is_refused_and_said_to_be_unsupported() -> None:
    with pytest.raises(SshKnownHostsError, match=r"Line 1 .* certificate authority"):
        known_keys(f"@cert-authority *.test {LINE}", "db.test", 22)


def test_revoked_key_is_refused_though_it_is_stored_as_good_too() -> None:
    text = (
        f"db.test {LINE}\n@revoked * {LINE}\ndb.test {OTHER.line('db.test', 22).split(' ', 1)[1]}"
    )
    known = known_keys(text, "db.test", 22)
    with pytest.raises(SshHostKeyChangedError, match="revoked"):
        known.check(KEY, "db.test", 22)
    known.check(OTHER, "db.test", 22)


def test_unknown_key_is_told_with_what_to_store() -> None:
    with pytest.raises(SshHostKeyUnknownError) as refusal:
        EMPTY.check(KEY, "db.test", 2222)
    error = refusal.value
    assert KEY.fingerprint in error.message
    assert error.details["fingerprint"] == KEY.fingerprint
    line = error.details["known_hosts_line"]
    assert known_keys(line, "db.test", 2222).trusted == (KEY,)


def test_changed_key_is_told_with_both_fingerprints() -> None:
    with pytest.raises(SshHostKeyChangedError) as refusal:
        KnownKeys((OTHER,), ()).check(KEY, "db.test", 22)
    error = refusal.value
    assert KEY.fingerprint in error.message
    assert OTHER.fingerprint in error.message
    assert error.details["stored_fingerprints"] == [OTHER.fingerprint]
