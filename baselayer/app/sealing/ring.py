"""The key ring: seals secrets with AES-256-GCM and opens them for their own record only.

A sealed value reads `v1.<key id>.<base64url of 12 bytes nonce + ciphertext + 16 bytes tag>`.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from baselayer.app.errors import KeyRingError, SealError
from baselayer.app.sealing.binding import Binding
from baselayer.app.sealing.ring_file import RingKeys, create_ring_file, read_ring_file

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12  # 96 bits: NIST SP 800-38D section 8.2.2, random nonces

_CHECK_BINDING = Binding("key_ring", "check", "0")
_CHECK_CONSTANT = "this database belongs to this key ring"


@dataclass(frozen=True)
class KeyRing:
    """Several keys, one of them active: new values take that one, old ones open with theirs."""

    active: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> "KeyRing":
        """Read the ring at `path`; KeyRingError when it is missing, damaged or open to others."""
        stored = read_ring_file(path)
        return cls(stored.active, stored.keys)

    @classmethod
    def load_or_create(cls, path: Path) -> "KeyRing":
        """Read the ring at `path`, or make one there; what exists is never overwritten."""
        if not path.exists() and not path.is_symlink():
            key_id = secrets.token_hex(4)
            create_ring_file(path, RingKeys(key_id, {key_id: secrets.token_bytes(KEY_BYTES)}))
        return cls.load(path)

    def seal(self, value: str, binding: Binding) -> str:
        """Encrypt `value` so that only this ring opens it, and only for `binding`."""
        nonce = os.urandom(NONCE_BYTES)
        cipher = AESGCM(self.keys[self.active])
        text = cipher.encrypt(nonce, value.encode(), _associated(self.active, binding))
        return f"{VERSION}.{self.active}.{_encode(nonce + text)}"

    def open(self, sealed: str, binding: Binding) -> str:
        """Return the value; SealError when another ring or another binding sealed it."""
        key_id, payload = _parse(sealed)
        key = self.keys.get(key_id)
        if key is None:
            raise SealError(
                f"The key {key_id!r} is not in this key ring: restore the ring of this database."
            )
        nonce, text = payload[:NONCE_BYTES], payload[NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, text, _associated(key_id, binding)).decode()
        except (InvalidTag, UnicodeDecodeError):
            raise SealError(
                f"A sealed value in {binding.table}.{binding.column} was not sealed for this "
                "record: enter the secret again."
            ) from None

    def check_value(self) -> str:
        """Seal a constant, to be stored beside the secrets and shown to `verify` at every start."""
        return self.seal(_CHECK_CONSTANT, _CHECK_BINDING)

    def verify(self, check_value: str) -> None:
        """Raise KeyRingError unless `check_value` was sealed by this ring."""
        try:
            known = self.open(check_value, _CHECK_BINDING) == _CHECK_CONSTANT
        except SealError:
            known = False
        if not known:
            raise KeyRingError(
                "This key ring is not the one that sealed the secrets of this database: restore "
                "the right secrets/keys.json from its backup."
            )


def _associated(key_id: str, binding: Binding) -> bytes:
    return f"{VERSION}.{key_id}.".encode() + binding.associated_data()


def _parse(sealed: str) -> tuple[str, bytes]:
    version, _, rest = sealed.partition(".")
    key_id, _, encoded = rest.partition(".")
    if version != VERSION or not key_id:
        raise SealError("A sealed value is not in the form v1.<key id>.<text>.")
    try:
        payload = _decode(encoded)
    except (binascii.Error, ValueError):
        raise SealError("A sealed value is damaged: it is not base64url.") from None
    if len(payload) < NONCE_BYTES:
        raise SealError("A sealed value is damaged: it is too short.")
    return key_id, payload


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    padded = (text + "=" * (-len(text) % 4)).encode("ascii")
    return base64.b64decode(padded, altchars=b"-_", validate=True)
