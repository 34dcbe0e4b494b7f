"""Streams: who has them, and groups whose members must have them."""

import itertools

import pytest

from tests.handlers.conftest import new_person
from tests.server import Caller, Served, data, refusal

_numbers = itertools.count()


def new_stream(house: Served, **values: object) -> int:
    body = {"name": f"stream {next(_numbers)}"} | values
    return int(data(house.admin.post("/api/streams", body), 201)["id"])


def grant(house: Served, stream: int, *callers: Caller) -> None:
    for caller in callers:
        data(house.admin.put(f"/api/streams/{stream}/users", {"username": caller.name}))


@pytest.fixture
def stream(house: Served) -> int:
    """A stream that the owner has."""
    ident = new_stream(house)
    grant(house, ident, house.owner)
    return ident


@pytest.fixture
def group(house: Served, stream: int) -> int:
    """A group of the owner's that has the stream."""
    name = f"streamed {next(_numbers)}"
    ident = int(data(house.owner.post("/api/groups", {"name": name}), 201)["id"])
    data(house.owner.put(f"/api/groups/{ident}/streams", {"stream_id": stream}))
    return ident


def test_stream_is_seen_by_who_has_it(house: Served, stream: int) -> None:
    path = f"/api/streams/{stream}"
    assert data(house.owner.get(path))["id"] == data(house.admin.get(path))["id"] == stream
    refusal(house.stranger.get(path), 404, "not_found")
    for caller, is_seen in [(house.owner, True), (house.stranger, False)]:
        found = data(caller.get("/api/streams?limit=100"))["items"]
        assert (stream in {item["id"] for item in found}) is is_seen


def test_only_an_administrator_writes_streams(house: Served, stream: int) -> None:
    path = f"/api/streams/{stream}"
    refusal(house.owner.post("/api/streams", {"name": "mine"}), 403, "permission_missing")
    refusal(house.owner.patch(path, {"auto_join": True}), 403, "access_denied")
    refusal(house.owner.delete(path), 403, "access_denied")
    refusal(house.stranger.patch(path, {"auto_join": True}), 404, "not_found")
    assert data(house.admin.patch(path, {"description": "daily"}))["description"] == "daily"
    data(house.admin.delete(path))
    refusal(house.owner.get(path), 404, "not_found")


def test_nobody_gives_himself_a_stream(house: Served, stream: int) -> None:
    path = f"/api/streams/{stream}/users"
    refusal(house.stranger.put(path, {"username": "stranger"}), 404, "not_found")
    refusal(house.owner.put(path, {"username": "stranger"}), 403, "access_denied")
    refusal(house.stranger.get(f"/api/streams/{stream}"), 404, "not_found")


def test_open_stream_is_taken_and_given_up_by_oneself(house: Served) -> None:
    stream = new_stream(house, auto_join=True)
    path = f"/api/streams/{stream}/users"
    refusal(house.stranger.put(path, {"username": "member"}), 403, "access_denied")
    data(house.stranger.put(path, {"username": "stranger"}))
    assert [it["username"] for it in data(house.stranger.get(path))] == ["stranger"]
    refusal(house.member.delete(f"{path}/{house.stranger.user_id}"), 404, "not_found")
    data(house.stranger.delete(f"{path}/{house.stranger.user_id}"))
    assert data(house.admin.get(path)) == []


def test_who_lacks_a_stream_of_a_group_does_not_get_in(
    house: Served, group: int, stream: int
) -> None:
    path = f"/api/groups/{group}/members"
    for caller in (house.owner, house.admin):
        answer = caller.put(path, {"username": "stranger"})
        assert "has no access to" in refusal(answer, 409, "conflict")
    asked = house.stranger.post(f"/api/groups/{group}/admission-requests", {})
    request = f"/api/admission-requests/{data(asked, 201)['id']}"
    refusal(house.owner.patch(request, {"status": "accepted"}), 409, "conflict")
    assert data(house.stranger.get(request))["status"] == "pending"
    grant(house, stream, house.stranger)
    data(house.owner.patch(request, {"status": "accepted"}))
    assert len(data(house.owner.get(path))) == 2


def test_group_gets_a_stream_that_every_member_has(house: Served) -> None:
    person = new_person(house, "Manager")
    group = data(house.owner.post("/api/groups", {"name": f"of {person.name}"}), 201)["id"]
    data(house.owner.put(f"/api/groups/{group}/members", {"username": person.name}))
    stream = new_stream(house)
    path, body = f"/api/groups/{group}/streams", {"stream_id": stream}
    refusal(house.owner.put(path, body), 404, "not_found")  # he does not have it himself
    grant(house, stream, house.owner)
    assert person.name in refusal(house.owner.put(path, body), 409, "conflict")
    refusal(house.admin.put(path, body), 409, "conflict")
    grant(house, stream, person)
    refusal(person.put(path, body), 403, "access_denied")  # a member, no admin
    data(house.owner.put(path, body))
    assert [it["id"] for it in data(person.get(path))] == [stream]
    refusal(person.delete(f"{path}/{stream}"), 403, "access_denied")
    data(house.owner.delete(f"{path}/{stream}"))
    refusal(house.owner.delete(f"{path}/{stream}"), 404, "not_found")


def test_stream_stays_with_who_is_in_a_group_that_has_it(
    house: Served, group: int, stream: int
) -> None:
    path = f"/api/streams/{stream}/users/{house.owner.user_id}"
    for caller in (house.owner, house.admin):
        assert "needs it" in refusal(caller.delete(path), 409, "conflict")
    data(house.owner.delete(f"/api/groups/{group}/streams/{stream}"))
    data(house.owner.delete(path))
    refusal(house.owner.get(f"/api/streams/{stream}"), 404, "not_found")


def test_changes_are_in_the_audit(house: Served, group: int, stream: int) -> None:
    for action, ident in {"stream.create": stream, "stream.grant": stream}.items():
        assert house.audit(action=action, object_id=str(ident))
    assert house.audit(action="group.stream", object_id=str(group))
