"""JWTAuthMixin: records that are given JSON Web Tokens, and are found again by them."""

import time
from enum import Enum
from typing import Any, ClassVar, Self
from uuid import uuid4

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from baselayer.app.db.dual import dual, dual_of_class
from baselayer.app.db.keys import as_identity
from baselayer.app.db.mixins.fetching import fetched
from baselayer.app.db.mixins.jwt_keys import invalid_token, purpose_name, signed, verified_claims
from baselayer.app.db.mixins.saving import saved
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.db.verify import among, bulk_verify
from baselayer.app.errors import AccessError


class JWTPayloadBase(BaseModel):
    """What a token says; a subclass's further fields are taken from the record's attributes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sub: str
    """The record's id."""
    aud: str
    """The purpose."""
    entity: str
    """The table of the record: a client's token opens no user, though their ids be alike."""
    version: int
    """The record's `jwt_version` when the token was made."""
    iat: int
    exp: int
    jti: str


class TokenResponse(BaseModel):
    """A token, as it is given to who asked for it (RFC 6749, 5.1)."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 (the kind of token)
    expires_in: int
    """Seconds."""


class JWTAuthMixin:
    """Put it before `Base`, and say `jwt_key_purpose`; `JWTPayload` if tokens are to say more.

    A token is good for `jwt_lifetime_seconds`, while its record exists and is active, and until
    `revoke_jwts`. In a verified session issuing one asks the record's mode `impersonate`: it is
    closed unless the model declares it. Logging in happens in a plain session.
    """

    JWTPayload: ClassVar[type[JWTPayloadBase]] = JWTPayloadBase
    jwt_key_purpose: ClassVar[Enum | str]
    jwt_lifetime_seconds: ClassVar[int] = 900

    jwt_version: Mapped[int] = mapped_column(default=0, server_default="0", sort_order=93)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if hasattr(cls, "metadata") and not hasattr(cls, "jwt_key_purpose"):
            raise TypeError(f"{cls.__name__} needs jwt_key_purpose: what its tokens are for")
        super().__init_subclass__(**kwargs)

    @dual
    def issue_jwt(self, session: orm.Session, *, lifetime_seconds: int | None = None) -> str:
        """Return a token for this record, which must be stored and active."""
        if not sa.inspect(self).persistent:
            raise ValueError(f"this {type(self).__name__} is not stored: save it first")
        if isinstance(session, VerifiedSession):
            bulk_verify("impersonate", [self], session.accessor)
        if not self.may_use_jwt():
            raise AccessError(f"This {type(self).__name__} is not active, so it gets no token.")
        purpose, seconds = purpose_name(self.jwt_key_purpose), self.jwt_lifetime_seconds
        seconds = seconds if lifetime_seconds is None else lifetime_seconds
        return signed(session, purpose, _payload(self, purpose, seconds).model_dump(mode="json"))

    @dual_of_class
    def from_jwt(cls: Any, session: orm.Session, token: str) -> Any:  # noqa: N805 (bound to the class)
        """Return the record that `token` was made for, as it is stored now.

        InvalidTokenError whatever is wrong: forged, revoked, for another purpose, its record gone,
        inactive or not to be seen in this session. ExpiredTokenError when it was good.
        """
        claims = verified_claims(session, purpose_name(cls.jwt_key_purpose), token)
        try:
            payload = cls.JWTPayload.model_validate(claims)
        except ValidationError:
            raise invalid_token() from None
        record = _found(cls, session, payload)
        if record is None or not record.may_use_jwt() or record.jwt_version != payload.version:
            raise invalid_token()
        return record

    @dual
    def revoke_jwts(self, session: orm.Session, *, commit: bool = True) -> Self:
        """Let no token that this record was given so far be valid from now on."""
        self.jwt_version = type(self).jwt_version + 1
        record: Self = saved(self, session, commit=commit)
        return record

    def may_use_jwt(self) -> bool:
        """Tell whether this record may act: what its `is_active`, if it has one, says."""
        active = getattr(self, "is_active", True)
        return bool(active() if callable(active) else active)


def _payload(record: Any, purpose: str, lifetime_seconds: int) -> JWTPayloadBase:
    now = int(time.time())
    further = record.JWTPayload.model_fields.keys() - JWTPayloadBase.model_fields.keys()
    payload: JWTPayloadBase = record.JWTPayload(
        sub="/".join(map(str, sa.inspect(record).identity)),
        aud=purpose,
        entity=_entity(type(record)),
        version=record.jwt_version,
        iat=now,
        exp=now + lifetime_seconds,
        jti=uuid4().hex,
        **{name: getattr(record, name) for name in further},
    )
    return payload


def _found(cls: Any, session: orm.Session, payload: JWTPayloadBase) -> Any:
    identity = as_identity(cls, tuple(payload.sub.split("/")))
    if identity is None or payload.entity != _entity(cls):
        return None
    return fetched(cls, session, among(cls, {identity}), populate_existing=True)


def _entity(cls: type) -> str:
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    return str(mapper.base_mapper.local_table)
