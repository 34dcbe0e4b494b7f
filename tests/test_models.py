"""The facade: what the documents of both traditions show, run on the models that it gives."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app import models
from baselayer.app.db.base import GatedMeta, Record
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.errors import AccessError, NotFoundError
from baselayer.app.models import (
    AutoPolymorphicIdentityMixin,
    DBSession,
    JWTAuthMixin,
    JWTKey,
    JWTPayloadBase,
    M,
    PolymorphicBaseMixin,
    T,
    TableBaseMixin,
    TableViewRequest,
    UserAccessControl,
    UUIDIdDatetimeInfoMixin,
    UUIDTableBaseMixin,
    accessible_by_owner,
    create_subclass_id_mixin,
    now,
    now_date,
    public,
)
from baselayer.app.sealing.ring import KeyRing
from tests.factories.gate import Caller
from tests.factories.metadata import fresh_database
from tests.factories.places import Place, sync_url

ALICE, BOB = Caller(1), Caller(2)


class Own(Record, orm.DeclarativeBase, metaclass=GatedMeta):
    """A declarative base beside the product's, which these examples are not to fill."""

    __abstract__ = True


class JWTKeyPurposeEnum(Enum):
    """What tokens are for."""

    user = "user"


class UserJWTPayload(JWTPayloadBase):
    """A user's token."""

    is_admin: bool


class UserUpdateRequest(BaseModel):
    """What a user may change."""

    name: str | None = None


class User(JWTAuthMixin, Own):
    """A user, with tokens."""

    is_user_class: ClassVar[bool] = True
    create = read = update = delete = public

    JWTPayload = UserJWTPayload
    jwt_key_purpose: ClassVar[JWTKeyPurposeEnum] = JWTKeyPurposeEnum.user

    name: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    is_admin: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)


class CharacterBase(BaseModel):
    """The fields of a character."""

    name: str
    description: str | None = None


class CharacterInfoResponse(CharacterBase, UUIDIdDatetimeInfoMixin):
    """A character, as it is answered with."""


class Character(UUIDTableBaseMixin, Own):
    """The class that both traditions are shown on."""

    create = read = update = delete = accessible_by_owner

    name: Mapped[str]
    description: Mapped[str | None]
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    owner: Mapped[User] = relationship()


class ToolSet(Own):
    """Tools of several kinds."""

    create = read = public
    tools: Mapped[list["Tool"]] = relationship(order_by="Tool.name")


class Tool(PolymorphicBaseMixin, UUIDTableBaseMixin, Own, ABC):
    """The root of the tools."""

    create = read = public
    name: Mapped[str]
    tool_set_id: Mapped[int | None] = mapped_column(sa.ForeignKey("toolsets.id"))

    @abstractmethod
    async def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Execute the tool."""


ToolSubclassIdMixin: Any = create_subclass_id_mixin("tools")


class Function(Tool, AutoPolymorphicIdentityMixin, polymorphic_abstract=True):
    """Tools that are functions."""

    async def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        return params | {"by": type(self).__name__}


class GetWeatherFunction(
    ToolSubclassIdMixin,  # type: ignore[misc] # a base that is made
    Function,
):
    """One with a table of its own."""

    default_location: Mapped[str | None]


class CodeInterpreterFunction(Function):
    """One without."""


class CustomTool(Tool, AutoPolymorphicIdentityMixin, polymorphic_identity="custom_name"):
    """One under a name that was chosen."""

    async def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        return {}


@pytest.fixture(scope="module")
def made(metadata_cluster: Cluster) -> Iterator[Place]:
    """The database of these examples."""
    with fresh_database(metadata_cluster) as url:
        engine = sa.create_engine(sync_url(url))
        Own.metadata.create_all(engine)
        JWTKey.metadata.create_all(engine, tables=[JWTKey.metadata.tables["jwt_keys"]])
        with orm.Session(engine) as session:
            session.add_all([User(name="alice", is_admin=True), User(name="bob")])
            session.commit()
        yield Place(url, engine)
        engine.dispose()


@pytest.fixture
def place(made: Place) -> Iterator[Place]:
    """The same, emptied of what a test has made, and bound to DBSession as `init_db` does."""
    DBSession.remove()
    DBSession.configure(bind=made.engine)
    yield made
    DBSession.remove()
    DBSession.configure(bind=None)
    with made.engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE characters, toolsets, tools, jwt_keys CASCADE"))


def test_every_name_is_there() -> None:
    assert all(getattr(models, name) is not None for name in models.__all__)
    assert sorted(models.__all__) == sorted(set(models.__all__))


def test_both_traditions_on_one_class(place: Place) -> None:
    """The one asks what an accessor may; the other tells a record what to do."""
    with place.verified(ALICE, expire_on_commit=False) as session:
        ada = Character(name="Ada", owner_id=1)
        ada = ada.save(session)
        ada = Character.get(session, Character.id == ada.id, fetch_mode="one")
        ada = ada.update(session, UserUpdateRequest(name="Ada Lovelace"))
        assert Character.count(session, Character.name == "Ada Lovelace") == 1

    assert isinstance(Character.update, UserAccessControl)
    assert Character.get(ada.id, ALICE).name == "Ada Lovelace"
    assert [c.id for c in Character.get([ada.id, ada.id], ALICE, mode="update")] == [ada.id] * 2
    assert Character.get(ada.id, BOB) is None
    with pytest.raises(NotFoundError):
        Character.get(ada.id, BOB, raise_if_none=True)
    assert Character.get_if_accessible_by(ada.id, ALICE, mode="delete") is not None
    assert Character.get_if_readable_by(ada.id, BOB) is None
    assert [c.id for c in Character.get_all(ALICE)] == [ada.id]
    assert Character.get_records_accessible_by(BOB) == []
    found = DBSession().scalars(Character.query_records_accessible_by(ALICE, mode="read")).one()
    assert found.is_accessible_by(ALICE, mode="update") and not found.is_readable_by(BOB)
    assert Character.create_or_get(ada.id) is found
    assert found.to_dict()["name"] == "Ada Lovelace"
    assert found.updated_at == found.modified > found.created_at

    with place.verified(BOB) as session:
        assert Character.get(session) is None
        with pytest.raises(NotFoundError):
            Character.get_exist_one(session, ada.id)
        with pytest.raises(AccessError):
            Character(name="Eve", owner_id=1).save(session)
        assert Character.delete(session, condition=Character.id == ada.id) == 0
    with place.verified(ALICE) as session:
        assert Character.delete(session, Character.get_exist_one(session, ada.id)) == 1
    DBSession.remove()
    assert Character.get(ada.id, ALICE) is None


def test_both_traditions_in_coroutines(place: Place) -> None:
    async def work(session: Any) -> Any:
        ada = await Character(name="Ada", owner_id=1).save(session)
        ada = await ada.update(session, UserUpdateRequest(name="Ada Lovelace"))
        found = await Character.get_if_accessible_by(session, ada.id, ALICE)
        assert await found.is_accessible_by(session, ALICE, mode="update")
        assert not await found.is_readable_by(session, BOB)
        assert await Character.get_all(session, BOB) == []
        ada = await Character.get_exist_one(session, ada.id)
        return ada.name, await Character.delete(session, ada), await Character.count(session)

    assert place.run_async(ALICE, work) == ("Ada Lovelace", 1, 0)


def test_lists(place: Place) -> None:
    async def work(session: Any) -> Any:
        await Character.add(session, [Character(name=str(n), owner_id=1) for n in range(25)])
        table_view = TableViewRequest(offset=0, limit=20, desc=True, order="created_at")
        viewed = await Character.get(session, fetch_mode="all", table_view=table_view)
        by_hand = await Character.get(
            session,
            fetch_mode="all",
            offset=0,
            limit=20,
            order_by=[sa.desc(Character.created_at), sa.desc(Character.id)],
        )
        responses = [CharacterInfoResponse.model_validate(one) for one in viewed]
        assert all(isinstance(one, CharacterBase) for one in responses)
        return [one.name for one in viewed], [one.name for one in by_hand]

    expected = [str(n) for n in range(24, 4, -1)]
    assert place.run_async(ALICE, work) == (expected, expected)


@pytest.mark.parametrize("kinds", ["all", [GetWeatherFunction, CodeInterpreterFunction]], ids=str)
def test_kinds(place: Place, kinds: Any) -> None:
    assert Tool.get_identity_to_class_map() == {
        "function.getweatherfunction": GetWeatherFunction,
        "function.codeinterpreterfunction": CodeInterpreterFunction,
        "custom_name": CustomTool,
    }
    assert set(Function.get_concrete_subclasses()) == {GetWeatherFunction, CodeInterpreterFunction}

    async def work(session: Any) -> Any:
        tools: list[Tool] = [
            GetWeatherFunction(name="a", default_location="Kyiv"),
            CodeInterpreterFunction(name="b"),
            CustomTool(name="c"),
        ]
        tool_set = await ToolSet(tools=tools).save(session)
        session.expunge_all()
        tool_set = await ToolSet.get(
            session, ToolSet.id == tool_set.id, load=ToolSet.tools, load_polymorphic=kinds
        )
        weather = tool_set.tools[0]
        return weather.default_location, [await tool.execute({}) for tool in tool_set.tools]

    assert place.run_async(ALICE, work) == (
        "Kyiv",
        [{"by": "GetWeatherFunction"}, {"by": "CodeInterpreterFunction"}, {}],
    )


def test_tokens(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JWTKey, "ring", KeyRing("one", {"one": bytes(32)}))

    async def log_in(session: Any, user: User) -> str:
        return str(await user.issue_jwt(session))

    async def verify(session: Any, token: str) -> User:
        user: User = await User.from_jwt(session, token)
        return user

    async def work(session: Any) -> Any:
        await JWTKey.rotate(session, JWTKeyPurposeEnum.user)
        user = await User.get(session, User.id == 1)
        return await verify(session, await log_in(session, user)) is user

    assert place.run_async(Caller(1, frozenset({"System admin"})), work)


def test_small_things() -> None:
    assert issubclass(Character, TableBaseMixin)
    assert (T.__name__, M.__bound__) == ("T", BaseModel)
    assert isinstance(now(), datetime) and now().tzinfo is UTC
    assert isinstance(now_date(), date) and not isinstance(now_date(), datetime)
