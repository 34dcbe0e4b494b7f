"""Fields of a connection: what they may hold."""

import base64
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from baselayer.app.schemas.connection_fields import Annotations, Jumps, KnownHosts, Version

KEY = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + b"x" * 32).decode()
JUMP = {"host": "jump.example", "username": "j"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Version, "1.0.0"),
        (Version, "0.0.4-alpha.1+build.5"),
        (Annotations, []),
        (Annotations, [{"team/cost-centre": "42", "n": 1, "on": True, "x": None}]),
        (KnownHosts, ""),
        (KnownHosts, f"# ours\n\nbastion.example,[b.example]:2222 ssh-ed25519 {KEY} comment\n"),
        (KnownHosts, f"@cert-authority *.example ssh-ed25519 {KEY}"),
        (KnownHosts, f"|1|c2FsdA==|aGFzaA== ssh-ed25519 {KEY}"),
        (Jumps, [JUMP, JUMP, JUMP | {"port": 2222, "known_hosts": f"j ssh-ed25519 {KEY}"}]),
    ],
)
def test_value_is_taken(kind: Any, value: Any) -> None:
    TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *((Version, text) for text in ("", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0\n")),
        (Annotations, {"a": 1}),
        (Annotations, ["a"]),
        (Annotations, [{}]),
        (Annotations, [{"a b": 1}]),
        (Annotations, [{"": 1}]),
        (Annotations, [{"a": "x" * 2049}]),
        (Annotations, [{"a": {"b": 1}}]),
        (Annotations, [{"a": 1}] * 51),
        (Annotations, [{f"k{n}": 1 for n in range(51)}]),
        (KnownHosts, "/home/u/.ssh/known_hosts"),
        (KnownHosts, "bastion.example ssh-ed25519"),
        (KnownHosts, "bastion.example ssh-ed25519 !!!"),
        (KnownHosts, f"bastion.example ssh-rsa {KEY}"),
        (KnownHosts, f"@revoked ssh-ed25519 {KEY}"),
        (Jumps, [JUMP] * 4),
        (Jumps, [JUMP | {"password": "x"}]),
        (Jumps, [JUMP | {"host": "a b"}]),
        (Jumps, [{"host": "jump.example"}]),
    ],
)
def test_value_is_refused(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_line_of_known_hosts_that_is_wrong_is_named() -> None:
    with pytest.raises(ValidationError, match="line 2"):
        TypeAdapter(KnownHosts).validate_python(f"b ssh-ed25519 {KEY}\nnonsense")
