"""Private keys, as ssh-keygen and openssl write them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import KeySerializationEncryption

from baselayer.app.connections.tunnels.hop import SshHop
from baselayer.app.connections.tunnels.keys import signing_key
from baselayer.app.errors import SshKeyError
from tests.sshd import NEEDED, has_sshd, make_key

PASSPHRASE = "correct horse"
FORMATS = {
    "openssh": serialization.PrivateFormat.OpenSSH,
    "pkcs8": serialization.PrivateFormat.PKCS8,
    "traditional": serialization.PrivateFormat.TraditionalOpenSSL,
}
PrivateKey = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
KEYS: dict[str, Callable[[], PrivateKey]] = {
    "ssh-ed25519": ed25519.Ed25519PrivateKey.generate,
    "ssh-rsa": lambda: rsa.generate_private_key(65_537, 2048),
    "ecdsa-sha2-nistp256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-sha2-nistp521": lambda: ec.generate_private_key(ec.SECP521R1()),
}


def hop(text: str, passphrase: str | None = None) -> SshHop:
    return SshHop("bastion.test", 22, "u", private_key=text, passphrase=passphrase)


def written(kind: str, form: str, encryption: KeySerializationEncryption) -> str:
    key = KEYS[kind]()
    return key.private_bytes(serialization.Encoding.PEM, FORMATS[form], encryption).decode()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", KEYS)
def test_key_is_read_with_and_without_passphrase(kind: str, form: str) -> None:
    if kind == "ssh-ed25519" and form == "traditional":
        return  # there is no such form
    plain = written(kind, form, serialization.NoEncryption())
    assert signing_key(hop(plain)).get_name() == kind
    assert signing_key(hop(plain.replace("\n", "\r\n"), "not needed")).get_name() == kind
    sealed = written(kind, form, serialization.BestAvailableEncryption(PASSPHRASE.encode()))
    assert signing_key(hop(sealed, PASSPHRASE)).get_name() == kind
    with pytest.raises(SshKeyError, match="passphrase is wrong"):
        signing_key(hop(sealed, "wrong"))
    with pytest.raises(SshKeyError, match="no passphrase is stored"):
        signing_key(hop(sealed))


def test_key_of_ssh_keygen_is_read(tmp_path: Path) -> None:
    if not has_sshd():
        pytest.skip(NEEDED)
    text = make_key(tmp_path / "key", passphrase=PASSPHRASE)
    assert signing_key(hop(text, PASSPHRASE)).get_name() == "ssh-ed25519"


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN OPENSSH PRIVATE KEY-----\nbm8="])
def test_what_is_no_key_is_refused_and_not_told(text: str) -> None:
    with pytest.raises(SshKeyError) as refusal:
        signing_key(hop(text))
    assert "bastion.test:22" in refusal.value.message
    assert refusal.value.__cause__ is None


def test_key_that_cannot_sign_is_refused() -> None:
    text = x25519.X25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(SshKeyError, match="not supported"):
        signing_key(hop(text.decode()))
