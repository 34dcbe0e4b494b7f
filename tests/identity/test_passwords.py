"""Who may read what people log in with: nobody; and their sessions: themselves."""

import pytest
import sqlalchemy as sa

from baselayer.app.controls.constant import restricted
from baselayer.app.identity.principals import Principal
from baselayer.app.models import LoginAttempt, LoginSession, SetupLink, UserPassword

ALICE = Principal(1, "alice", 1, None, frozenset({"Manage users", "Run queries"}))


@pytest.mark.parametrize("model", [UserPassword, LoginAttempt, SetupLink])
@pytest.mark.parametrize("mode", ["create", "read", "update", "delete"])
def test_what_guards_the_door_is_closed_to_all(model: type, mode: str) -> None:
    assert getattr(model, mode).declared is restricted


def test_sessions_are_seen_and_ended_by_their_user_only() -> None:
    for mode in ("read", "delete"):
        condition = str(getattr(LoginSession, mode).predicate(LoginSession, ALICE))
        assert condition.startswith("login_sessions.user_id = :")
    for mode in ("create", "update"):
        condition = getattr(LoginSession, mode).predicate(LoginSession, ALICE)
        assert condition.compare(sa.false())


def test_hash_is_never_shown() -> None:
    assert "password_hash" not in UserPassword(password_hash="x", user_id=1).to_dict()
