"""JWTKey: the keys that JSON Web Tokens are signed with, sealed at rest; and signing with them.

One algorithm, Ed25519 (RFC 8037), whatever a token's header says: a token that names another, or
none, is refused before its signature is looked at.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import jwt
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import orm
from sqlalchemy.orm import Mapped

from baselayer.app.controls.constant import restricted
from baselayer.app.db.base import Base
from baselayer.app.db.dual import dual_of_class
from baselayer.app.db.keys import as_key
from baselayer.app.db.mixins.saving import finish
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin
from baselayer.app.db.types import utcnow, uuid7
from baselayer.app.errors import ExpiredTokenError, InvalidTokenError, JWTKeyMissingError
from baselayer.app.sealing.binding import Binding
from baselayer.app.sealing.ring import KeyRing

ALGORITHM = "EdDSA"
REQUIRED_CLAIMS = ["aud", "entity", "exp", "iat", "jti", "sub", "version"]
LONGEST_TOKEN = 8192  # characters, as much as a header may hold


class JWTKey(UUIDTableBaseMixin, Base):
    """A key pair for one purpose. The newest signs; a retired one still verifies, a revoked none.

    Make the first by `JWTKey.rotate(session, purpose)`, in a session that may write it.
    """

    __tablename__ = "jwt_keys"
    __table_args__ = (
        sa.Index(
            "jwt_keys_purpose_ix",
            "purpose",
            unique=True,
            postgresql_where=sa.text("retired_at IS NULL"),
        ),
    )
    create = read = update = delete = restricted

    ring: ClassVar[KeyRing | None] = None
    """What seals the private keys of this process; the application sets it at start."""

    purpose: Mapped[str]
    public_key: Mapped[str]
    sealed_private_key: Mapped[str]
    retired_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    @dual_of_class
    def rotate(cls: Any, session: orm.Session, purpose: Any, *, commit: bool = True) -> Any:  # noqa: N805 (bound to the class)
        """Make and return a new key for `purpose`; the one before signs no more."""
        name = purpose_name(purpose)
        session.execute(
            sa.update(cls)
            .where(cls.purpose == name, cls.retired_at.is_(None))
            .values(retired_at=utcnow())
        )
        session.add(made := _made(name))
        finish(session, commit)
        return made

    @dual_of_class
    def revoke(cls: Any, session: orm.Session, key_id: UUID, *, commit: bool = True) -> None:  # noqa: N805 (bound to the class)
        """Let no token that was signed with this key be valid from now on."""
        now = utcnow()
        retired = sa.func.coalesce(cls.retired_at, now)
        session.execute(
            sa.update(cls).where(cls.id == key_id).values(revoked_at=now, retired_at=retired)
        )
        finish(session, commit)


def purpose_name(purpose: Any) -> str:
    """Return the text that stands for `purpose`, a member of an enumeration or a text."""
    return str(getattr(purpose, "value", purpose))


def signed(session: orm.Session, purpose: str, claims: dict[str, Any]) -> str:
    """Return a token with `claims`, signed with the key of `purpose` that is in force."""
    keys = JWTKey.__table__.c
    current = sa.select(keys.id, keys.sealed_private_key).where(
        keys.purpose == purpose, keys.retired_at.is_(None)
    )
    row = _asked(session, current)
    if row is None:
        raise JWTKeyMissingError(
            f"No key is in force for {purpose!r}: make one by JWTKey.rotate(session, {purpose!r})."
        )
    private = _ring().open(row.sealed_private_key, _binding(row.id))
    return jwt.encode(claims, private, algorithm=ALGORITHM, headers={"kid": str(row.id)})


def verified_claims(session: orm.Session, purpose: str, token: str) -> dict[str, Any]:
    """Return what `token` claims, once its signature, audience and expiry have been checked.

    InvalidTokenError, in the same words whatever is wrong; ExpiredTokenError when it was good.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _public_key(session, purpose, token),
            algorithms=[ALGORITHM],
            audience=purpose,
            options={"require": REQUIRED_CLAIMS, "strict_aud": True},
        )
    except jwt.ExpiredSignatureError:
        raise ExpiredTokenError("The token has expired: get a new one.") from None
    except (jwt.PyJWTError, ValueError):
        raise invalid_token() from None
    return claims


def invalid_token() -> InvalidTokenError:
    """Return the one answer to every token that is not valid."""
    return InvalidTokenError("The token is not valid: get a new one.")


def _public_key(session: orm.Session, purpose: str, token: str) -> str:
    """Return the key that the token says it was signed with, if it is one of `purpose`."""
    if len(token) > LONGEST_TOKEN:
        raise jwt.DecodeError
    keys = JWTKey.__table__.c
    key_id = as_key(keys.id, jwt.get_unverified_header(token).get("kid"))
    known = sa.select(keys.public_key).where(
        keys.id == key_id, keys.purpose == purpose, keys.revoked_at.is_(None)
    )
    row = None if key_id is None else _asked(session, known)
    if row is None:
        raise jwt.DecodeError
    return str(row.public_key)


def _asked(session: orm.Session, statement: sa.Select[Any]) -> Any:
    # The keys are the house's, not the caller's: he may not read them, yet his token is signed.
    session.flush()
    return orm.Session.connection(session).execute(statement).first()


def _made(purpose: str) -> JWTKey:
    private, key_id = Ed25519PrivateKey.generate(), uuid7()
    text = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    sealed = _ring().seal(text, _binding(key_id))
    return JWTKey(id=key_id, purpose=purpose, public_key=public.decode(), sealed_private_key=sealed)


def _binding(key_id: UUID) -> Binding:
    return Binding(JWTKey.__tablename__, "sealed_private_key", str(key_id))


def _ring() -> KeyRing:
    if JWTKey.ring is None:
        raise JWTKeyMissingError("JWTKey.ring is not set: give it the key ring at start.")
    return JWTKey.ring
