"""Private keys: from the text that people paste to what signs."""

import io

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization.ssh import SSHPrivateKeyTypes

from baselayer.app.connections.tunnels.hop import SshHop
from baselayer.app.errors import SshKeyError

PrivateKey = PrivateKeyTypes | SSHPrivateKeyTypes

_KINDS: tuple[tuple[type, type[paramiko.PKey]], ...] = (
    (ed25519.Ed25519PrivateKey, paramiko.Ed25519Key),
    (rsa.RSAPrivateKey, paramiko.RSAKey),
    (ec.EllipticCurvePrivateKey, paramiko.ECDSAKey),
)


def signing_key(hop: SshHop) -> paramiko.PKey:
    """Return the key of `hop`, in OpenSSH's or any PEM form; SshKeyError when it is unreadable."""
    text = (hop.private_key or "").strip().replace("\r\n", "\n") + "\n"
    key = _load(text.encode(), hop.passphrase.encode() if hop.passphrase else None, hop)
    for kind, ours in _KINDS:
        if isinstance(key, kind):
            return ours.from_private_key(io.StringIO(_plain(key)))
    raise SshKeyError(
        f"The private key for {hop.name} is of a kind that is not supported: use Ed25519, ECDSA or "
        "RSA."
    )


def _load(text: bytes, passphrase: bytes | None, hop: SshHop) -> PrivateKey:
    is_openssh = b"BEGIN OPENSSH PRIVATE KEY" in text
    load = serialization.load_ssh_private_key if is_openssh else serialization.load_pem_private_key
    try:
        return load(text, passphrase)
    except TypeError:  # a passphrase too many or too few
        if passphrase is not None:
            return _load(text, None, hop)
        raise SshKeyError(
            f"The private key for {hop.name} is encrypted and no passphrase is stored: enter it."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        why = "the passphrase is wrong, or it is damaged" if passphrase else "it is damaged"
        raise SshKeyError(
            f"The private key for {hop.name} cannot be read: {why}. Paste the whole file, from "
            "BEGIN to END, and its passphrase."
        ) from None


def _plain(key: PrivateKey) -> str:
    kind, open_ = serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, kind, open_).decode()
