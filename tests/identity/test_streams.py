"""Streams: who has them, whose group may have them, and what that keeps, in both worlds."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.errors import AccessError
from baselayer.app.models import GroupStream, GroupUser, Stream, StreamUser, Token, User
from tests.identity.conftest import People


@pytest.fixture
def stream(people: People) -> int:
    """A stream that the owner and the member have."""
    ident = people.add(Stream(account_id=people.account_id, name="radar"))
    for name in ("owner", "member"):
        people.add(StreamUser(stream_id=ident, user_id=people.ids[name]))
    return ident


def ids_of(people: People, name: str, model: Any, mode: str) -> set[int]:
    with people.place.plain() as session:
        return set(session.scalars(model.select(people.principal(name), mode, columns=[model.id])))


def adding(record: Callable[[], object]) -> Callable[[Any], None]:
    def write(session: Any) -> None:
        session.add(record())
        session.commit()

    return write


def test_stream_is_seen_by_who_has_it_and_written_by_administrators(
    people: People, stream: int
) -> None:
    for mode in ("read", "update", "delete"):
        seen = {name for name in people.ids if ids_of(people, name, Stream, mode)}
        assert seen == ({"owner", "member", "admin"} if mode == "read" else {"admin"})
    token = people.principal("member", "Run queries", token_id=1)
    with people.place.plain() as session:
        assert len(session.scalars(Stream.select(token)).all()) == 1


@pytest.mark.parametrize("name", ["owner", "stranger", "manager"])
def test_nobody_gives_himself_a_stream(people: People, world: str, stream: int, name: str) -> None:
    other = people.add(Stream(account_id=people.account_id, name="sonar"))
    link = adding(lambda: StreamUser(stream_id=other, user_id=people.ids[name]))
    with pytest.raises(AccessError):
        people.place.run(world, people.principal(name), link)
    people.place.run(world, people.principal("admin"), link)


def test_open_stream_is_taken_for_oneself_only(people: People, world: str) -> None:
    ident = people.add(Stream(account_id=people.account_id, name="open", auto_join=True))
    assert ids_of(people, "stranger", Stream, "read") == {ident}
    for name in ("stranger", "member"):
        write = adding(lambda name=name: StreamUser(stream_id=ident, user_id=people.ids[name]))  # type: ignore[misc] # mypy cannot infer the default
        if name == "stranger":
            people.place.run(world, people.principal("stranger"), write)
            continue
        with pytest.raises(AccessError):
            people.place.run(world, people.principal("stranger"), write)


def test_group_has_streams_that_all_members_have(people: People, world: str, stream: int) -> None:
    group = people.new_group("night", owner=True, stranger=False)
    write = adding(lambda: GroupStream(group_id=group, stream_id=stream))
    for name in ("owner", "admin", "member", "stranger"):
        with pytest.raises(AccessError):
            people.place.run(world, people.principal(name), write)
    crew = adding(lambda: GroupStream(group_id=people.crew_id, stream_id=stream))
    with pytest.raises(AccessError):
        people.place.run(world, people.principal("member"), crew)  # no admin
    people.place.run(world, people.principal("owner"), crew)


@pytest.mark.parametrize("name", ["owner", "admin"])
def test_who_lacks_a_stream_of_the_group_is_not_let_in(
    people: People, world: str, stream: int, name: str
) -> None:
    people.add(GroupStream(group_id=people.crew_id, stream_id=stream))
    enter = adding(lambda: GroupUser(group_id=people.crew_id, user_id=people.ids["stranger"]))
    with pytest.raises(AccessError):
        people.place.run(world, people.principal(name), enter)
    people.add(StreamUser(stream_id=stream, user_id=people.ids["stranger"]))
    people.place.run(world, people.principal(name), enter)


@pytest.mark.parametrize("name", ["member", "admin"])
def test_stream_is_kept_while_a_group_has_it(
    people: People, world: str, stream: int, name: str
) -> None:
    link = people.add(GroupStream(group_id=people.crew_id, stream_id=stream))

    def give_up(session: Any) -> None:
        wanted = sa.select(StreamUser).where(StreamUser.user_id == people.ids["member"])
        session.delete(session.scalars(wanted).one())
        session.commit()

    with pytest.raises(AccessError):
        people.place.run(world, people.principal(name), give_up)
    with people.place.plain() as session:
        session.execute(sa.delete(GroupStream).where(GroupStream.id == link))
        session.commit()
    people.place.run(world, people.principal(name), give_up)


def test_streams_and_groups_that_somebody_reaches(people: People, stream: int) -> None:
    people.add(Stream(account_id=people.account_id, name="sonar"))
    with people.place.plain() as session:
        wanted = sa.select(User).where(User.id == people.ids["member"])
        member = session.scalars(wanted).one()
        admin = session.get_one(User, people.ids["admin"])
        assert [it.name for it in member.accessible_streams] == ["radar"]
        assert {it.name for it in member.accessible_groups} == {"member", "crew"}
        assert [it.name for it in admin.accessible_streams] == ["radar", "sonar"]
        assert {it.name for it in admin.accessible_groups} == {*people.ids, "crew"}
        token = Token(
            name="t", created_by_id=member.id, account_id=people.account_id, value_hash="x"
        )
        session.add(token)
        session.flush()
        assert token.accessible_streams == member.streams
        assert token.groups == token.accessible_groups == member.groups
        # An administrator's token that was not given System admin reaches what he is in.
        token.created_by = admin
        assert {it.name for it in token.accessible_groups} == {"admin"}
        assert member.single_user_group is not None
        assert member.single_user_group.name == "member"
