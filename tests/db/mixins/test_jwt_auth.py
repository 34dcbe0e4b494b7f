"""Tokens of records: given, checked, revoked; and every way in which one is no good."""

import base64
import hmac
import json
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import orm
from sqlalchemy.orm import Mapped

from baselayer.app.db.base import GatedMeta, Record
from baselayer.app.db.mixins.jwt_auth import JWTAuthMixin, TokenResponse
from baselayer.app.db.mixins.jwt_keys import JWTKey
from baselayer.app.errors import AccessError, ExpiredTokenError, InvalidTokenError
from tests.factories.gate import Caller
from tests.factories.places import Place
from tests.factories.workshop import Machine, Purpose, Worker

OWNER, ADMIN = Caller(1), Caller(9, frozenset({"System admin"}))
SAID = "The token is not valid: get a new one."


@pytest.fixture
def keyed(workshop: Place, key: JWTKey) -> Place:
    """The workshop, with a key for workers."""
    return workshop


def token_of(place: Place, ident: int = 1, cls: Any = Worker, **how: Any) -> str:
    with place.plain() as session:
        token: str = session.get_one(cls, ident).issue_jwt(session, **how)
        return token


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def refused(place: Place, token: str, cls: Any = Worker) -> None:
    with place.plain() as session, pytest.raises(InvalidTokenError) as caught:
        cls.from_jwt(session, token)
    assert str(caught.value) == SAID


def test_token_leads_back_to_its_record(keyed: Place, world: str) -> None:
    def log_in(session: Any) -> Any:
        worker = session.get(Worker, 1)
        return Worker.from_jwt(session, worker.issue_jwt(session)) is worker

    assert keyed.run(world, ADMIN, log_in)


def test_in_coroutines(keyed: Place) -> None:
    async def log_in(session: Any) -> str:
        worker = await session.get(Worker, 1)
        token = await worker.issue_jwt(session)
        return str((await Worker.from_jwt(session, token)).name)

    assert keyed.run_async(ADMIN, log_in) == "owner"


def test_what_a_token_says(keyed: Place, key: JWTKey) -> None:
    token = token_of(keyed, lifetime_seconds=60)
    claims = claims_of(token)
    assert claims["exp"] - claims["iat"] == 60
    assert {name: claims[name] for name in ("sub", "aud", "entity", "version", "is_lead")} == {
        "sub": "1",
        "aud": "worker",
        "entity": "workers",
        "version": 0,
        "is_lead": True,
    }
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "typ": "JWT", "kid": str(key.id)}
    assert claims_of(token_of(keyed))["jti"] != claims["jti"]
    answer = TokenResponse(access_token=token, expires_in=60)
    assert answer.token_type == "bearer"


def test_expired(keyed: Place) -> None:
    token = token_of(keyed, lifetime_seconds=-1)
    with keyed.plain() as session, pytest.raises(ExpiredTokenError):
        Worker.from_jwt(session, token)


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "ä.ö.ü", "." * 9, "eyJhbGciOiJFZERTQSJ9..", "A" * 9000, "\0.\0.\0"],
)
def test_rubbish(keyed: Place, token: str) -> None:
    refused(keyed, token)


def test_unsigned_and_confused_tokens(keyed: Place, key: JWTKey) -> None:
    """`none`, and the public key used as the secret of a symmetric algorithm (RFC 8725, 2.1)."""
    claims, kid = claims_of(token_of(keyed)), {"kid": str(key.id)}
    for algorithm in ("none", "None", "NONE", ""):
        header = {"alg": algorithm, "typ": "JWT", **kid}
        refused(keyed, f"{encoded(header)}.{encoded(claims)}.")
    for algorithm in ("HS256", "HS512"):
        header = {"alg": algorithm, "typ": "JWT", **kid}
        signing_input = f"{encoded(header)}.{encoded(claims)}"
        secret, digest = key.public_key.encode(), algorithm.replace("HS", "sha")
        mac = hmac.digest(secret, signing_input.encode(), digest)
        refused(keyed, f"{signing_input}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}")


def test_forged_parts(keyed: Place) -> None:
    token = token_of(keyed, 2)
    header, _, signature = token.split(".")
    refused(keyed, f"{header}.{encoded(claims_of(token) | {'sub': '1'})}.{signature}")
    refused(keyed, f"{header}.{encoded(claims_of(token))}.")


def test_foreign_and_unknown_keys(keyed: Place) -> None:
    token = token_of(keyed)
    kid = jwt.get_unverified_header(token)["kid"]
    own = Ed25519PrivateKey.generate()
    headers: list[dict[str, Any] | None] = [
        {"kid": kid},
        {"kid": "00000000-0000-7000-8000-000000000000"},
        {"kid": "../../etc/passwd"},
        {"kid": "' OR 1=1 --"},
        None,
    ]
    for header in headers:
        refused(keyed, jwt.encode(claims_of(token), own, algorithm="EdDSA", headers=header))


@pytest.mark.parametrize("claim", ["aud", "entity", "exp", "iat", "jti", "sub", "version"])
def test_every_claim_is_required(keyed: Place, signed: Any, claim: str) -> None:
    claims = claims_of(token_of(keyed))
    with keyed.plain() as session:
        assert Worker.from_jwt(session, signed(claims)).id == 1
    refused(keyed, signed({name: it for name, it in claims.items() if name != claim}))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "machine"},
        {"aud": ["worker", "machine"]},
        {"entity": "machines"},
        {"sub": "999"},
        {"sub": "x"},
        {"sub": ""},
        {"sub": "1/2"},
        {"sub": "9" * 30},
        {"version": 1},
        {"extra": 1},
        {"is_lead": "perhaps"},
        {"iat": 2**40},
        {"nbf": 2**40},
        {"exp": "soon"},
    ],
    ids=str,
)
def test_claims_that_were_signed_but_are_wrong(
    keyed: Place, signed: Any, changes: dict[str, Any]
) -> None:
    refused(keyed, signed(claims_of(token_of(keyed)) | changes))


def test_record_of_another_class_with_the_same_purpose(keyed: Place) -> None:
    refused(keyed, token_of(keyed, 2, Machine))
    refused(keyed, token_of(keyed, 2), Machine)


def test_purpose_has_keys_of_its_own(keyed: Place, ring: Any) -> None:
    with keyed.plain() as session:
        other = JWTKey.rotate(session, Purpose.machine)
        private = ring.open(other)
    claims = claims_of(token_of(keyed))
    refused(keyed, jwt.encode(claims, private, algorithm="EdDSA", headers={"kid": str(other.id)}))


@pytest.mark.parametrize("change", [{"is_active": False}, {"jwt_version": 1}])
def test_stored_record_decides(keyed: Place, change: dict[str, Any]) -> None:
    """Also when this session has the record in memory as it was."""
    token = token_of(keyed)
    with keyed.plain() as session:
        worker = session.get_one(Worker, 1)
        with keyed.engine.begin() as connection:
            connection.execute(sa.update(Worker).where(Worker.id == 1).values(change))
        with pytest.raises(InvalidTokenError):
            Worker.from_jwt(session, token)
        assert worker in session


def test_revoking_all_of_a_record(keyed: Place, world: str) -> None:
    token, others = token_of(keyed), token_of(keyed, 2)

    def revoke(session: Any) -> Any:
        worker = session.get(Worker, 1).revoke_jwts(session)
        return worker.jwt_version, Worker.from_jwt(session, worker.issue_jwt(session)).id

    assert keyed.run(world, ADMIN, revoke) == (1, 1)
    refused(keyed, token)
    with keyed.plain() as session:
        assert Worker.from_jwt(session, others).id == 2


def test_deleted_record(keyed: Place) -> None:
    token = token_of(keyed, 2)
    with keyed.plain() as session:
        Worker.delete(session, condition=Worker.id == 2)
    refused(keyed, token)


def test_unseen_record_is_as_one_that_is_gone(keyed: Place) -> None:
    token = token_of(keyed, 3)
    with keyed.verified(OWNER) as session, pytest.raises(InvalidTokenError) as caught:
        Worker.from_jwt(session, token)
    assert str(caught.value) == SAID
    with keyed.plain() as session:
        assert Worker.from_jwt(session, token).id == 3


@pytest.mark.parametrize("accessor", [OWNER, Caller(2), Caller(1, frozenset({"Run queries"}))])
def test_nobody_issues_for_others_unless_declared(
    keyed: Place, world: str, accessor: Caller
) -> None:
    """Who can read a record could otherwise become it."""

    def issue(session: Any) -> str:
        return str(session.get(Worker, 2).issue_jwt(session))

    with pytest.raises(AccessError, match="may not impersonate Worker 2"):
        keyed.run(world, accessor, issue)
    assert keyed.run(world, ADMIN, issue)

    def issue_for_machine(session: Any) -> str:
        return str(session.get(Machine, 1).issue_jwt(session))

    assert keyed.run(world, accessor, issue_for_machine)


def test_who_is_not_stored_or_not_active_gets_none(keyed: Place) -> None:
    with keyed.plain() as session:
        with pytest.raises(ValueError, match="not stored"):
            Worker(name="new").issue_jwt(session)
        worker = session.get_one(Worker, 2)
        worker.is_active = False
        with pytest.raises(AccessError, match="not active"):
            worker.issue_jwt(session)


def test_purpose_must_be_said() -> None:
    class Own(Record, orm.DeclarativeBase, metaclass=GatedMeta):
        """A base."""

        __abstract__ = True

    with pytest.raises(TypeError, match="needs jwt_key_purpose"):

        class Nobody(JWTAuthMixin, Own):
            """A model that forgot."""

            name: Mapped[str]

    class Upstreams(JWTAuthMixin, Own):
        """One whose `is_active` is a method, as upstream's users have."""

        jwt_key_purpose = "user"

        def is_active(self) -> bool:
            """Tell."""
            return False

    assert not Upstreams().may_use_jwt()
