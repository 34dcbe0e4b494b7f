"""The keys that tokens are signed with: made, replaced, revoked, sealed, and closed to callers."""

from typing import Any

import jwt
import pytest
import sqlalchemy as sa

from baselayer.app.db.mixins.jwt_keys import JWTKey
from baselayer.app.errors import AccessError, InvalidTokenError, JWTKeyMissingError, SealError
from baselayer.app.sealing.ring import KeyRing
from tests.factories.gate import Caller
from tests.factories.places import Place
from tests.factories.workshop import Purpose, Worker

OWNER, ADMIN = Caller(1), Caller(9, frozenset({"System admin"}))


def token_of(session: Any) -> str:
    return str(session.get(Worker, 1).issue_jwt(session))


def test_new_key_signs_and_the_old_one_still_verifies(
    workshop: Place, key: JWTKey, world: str
) -> None:
    def replace(session: Any) -> Any:
        before = token_of(session)
        made = JWTKey.rotate(session, Purpose.worker)
        after = token_of(session)
        assert jwt.get_unverified_header(after)["kid"] == str(made.id) != str(key.id)
        return [Worker.from_jwt(session, token).id for token in (before, after)]

    assert workshop.run(world, ADMIN, replace) == [1, 1]
    assert workshop.scalar(sa.select(sa.func.count(JWTKey.id))) == 2


def test_revoked_key_verifies_nothing(workshop: Place, key: JWTKey, world: str) -> None:
    def revoke(session: Any) -> str:
        token = token_of(session)
        JWTKey.revoke(session, key.id)
        with pytest.raises(InvalidTokenError):
            Worker.from_jwt(session, token)
        return token_of(session)

    with pytest.raises(JWTKeyMissingError, match=r"JWTKey.rotate\(session, 'worker'\)"):
        workshop.run(world, ADMIN, revoke)


def test_one_key_at_a_time_is_in_force(workshop: Place, key: JWTKey) -> None:
    again = JWTKey(purpose="worker", public_key="x", sealed_private_key="y")
    with workshop.plain() as session, pytest.raises(sa.exc.IntegrityError):
        again.save(session)


def test_private_key_is_sealed_for_its_row(
    workshop: Place, key: JWTKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "PRIVATE" not in key.sealed_private_key and "PUBLIC" in key.public_key
    with workshop.plain() as session:
        other = JWTKey.rotate(session, Purpose.machine)
        with workshop.engine.begin() as connection:
            moved = sa.update(JWTKey).where(JWTKey.id == key.id)
            connection.execute(moved.values(sealed_private_key=other.sealed_private_key))
        with pytest.raises(SealError):
            token_of(session)
        monkeypatch.setattr(JWTKey, "ring", KeyRing("two", {"two": b"x" * 32}))
        with pytest.raises(SealError):
            token_of(session)
        monkeypatch.setattr(JWTKey, "ring", None)
        with pytest.raises(JWTKeyMissingError, match=r"JWTKey.ring is not set"):
            token_of(session)


@pytest.mark.parametrize("accessor", [OWNER, Caller(2), Caller(1, frozenset({"Run queries"}))])
def test_keys_are_closed_to_callers(
    workshop: Place, key: JWTKey, world: str, accessor: Caller
) -> None:
    def look(session: Any) -> int:
        return int(JWTKey.count(session))

    def take_over(session: Any) -> None:
        JWTKey.rotate(session, Purpose.worker)

    def revoke(session: Any) -> None:
        JWTKey.revoke(session, key.id)

    assert workshop.run(world, accessor, look) == 0
    with pytest.raises((AccessError, sa.exc.IntegrityError)):
        workshop.run(world, accessor, take_over)
    workshop.run(world, accessor, revoke)  # of what he cannot see, nothing
    assert workshop.scalar(sa.select(JWTKey.revoked_at)) is None
    assert workshop.run(world, ADMIN, look) == 1


def test_callers_token_is_checked_although_he_cannot_see_the_key(
    workshop: Place, key: JWTKey, world: str
) -> None:
    with workshop.plain() as session:
        token = token_of(session)

    def use(session: Any) -> Any:
        return Worker.from_jwt(session, token).id

    assert workshop.run(world, OWNER, use) == 1
