"""Rights over HTTP: given by who has them, and never to oneself."""

import pytest

from tests.factories.staff import Staff
from tests.server import Served, data, refusal


@pytest.fixture
def staff(house: Served) -> Staff:
    return Staff(house)


def test_roles_and_permissions_are_known_to_all(house: Served) -> None:
    found = {role["id"]: role["acls"] for role in data(house.viewer.get("/api/roles"))}
    assert found["Analyst"] == ["Manage connections", "Run queries", "Share results"]
    assert found["Viewer"] == []
    assert {"id": "System admin"} in data(house.viewer.get("/api/acls"))
    refusal(house.nobody.get("/api/roles"), 401, "unauthenticated")
    refusal(house.nobody.get("/api/acls"), 401, "unauthenticated")


def test_manager_gives_and_takes_what_he_has(house: Served, staff: Staff) -> None:
    manager, viewer = staff.person("Manager"), staff.person("Viewer")
    base = f"/api/users/{viewer.user_id}"
    for _ in range(2):  # the second time it is there already
        data(manager.post(f"{base}/roles", {"role": "Analyst"}))
    data(manager.post(f"{base}/acls", {"acl": "Read audit log"}))
    shown = data(manager.get(base))
    assert (shown["roles"], shown["acls"]) == (["Analyst", "Viewer"], ["Read audit log"])
    data(manager.delete(f"{base}/roles/Analyst"))
    data(manager.delete(f"{base}/acls/Read audit log"))
    shown = data(manager.get(base))
    assert (shown["roles"], shown["acls"], shown["permissions"]) == (["Viewer"], [], [])
    refusal(manager.delete(f"{base}/roles/Analyst"), 404, "not_found")
    line = house.audit(action="user.role_add", object_id=str(viewer.user_id))[0]
    assert line["details"] == {"username": viewer.name, "role": "Analyst"}


@pytest.mark.parametrize(
    ("kind", "right"), [("role", "Super admin"), ("acl", "System admin"), ("role", "Analyst")]
)
def test_nobody_gives_what_he_lacks(staff: Staff, kind: str, right: str) -> None:
    manager, viewer = staff.person("Manager"), staff.person("Viewer")
    caller = staff.with_token(manager, only={"Manage users"})
    answer = caller.post(f"/api/users/{viewer.user_id}/{kind}s", {kind: right})
    assert "do not have" in refusal(answer, 403, "access_denied")
    assert data(manager.get(f"/api/users/{viewer.user_id}"))["permissions"] == []


@pytest.mark.parametrize("role", ["Manager", "Super admin"])
def test_nobody_changes_his_own_rights(staff: Staff, role: str) -> None:
    person = staff.person(role)
    base = f"/api/users/{person.user_id}"
    for answer in (
        person.post(f"{base}/roles", {"role": "Analyst"}),
        person.post(f"{base}/acls", {"acl": "Run queries"}),
        person.delete(f"{base}/roles/{role}"),
    ):
        assert "his own rights" in refusal(answer, 403, "access_denied")


def test_nobody_demotes_who_is_above_him(staff: Staff) -> None:
    manager, admin = staff.person("Manager"), staff.person("Super admin")
    base = f"/api/users/{admin.user_id}"
    refusal(manager.delete(f"{base}/roles/Super admin"), 403, "access_denied")
    refusal(manager.post(f"{base}/roles", {"role": "Viewer"}), 403, "access_denied")


def test_rights_stay_within_the_account(staff: Staff) -> None:
    manager = staff.person("Manager")
    foreigner = staff.person("Viewer", staff.account())
    base = f"/api/users/{foreigner.user_id}"
    refusal(manager.post(f"{base}/roles", {"role": "Analyst"}), 404, "not_found")
    refusal(manager.delete(f"{base}/roles/Viewer"), 404, "not_found")


def test_without_the_permission_nothing_is_given(staff: Staff) -> None:
    analyst, viewer = staff.person("Analyst"), staff.person("Viewer")
    base = f"/api/users/{viewer.user_id}"
    for answer in (
        analyst.post(f"{base}/roles", {"role": "Viewer"}),
        analyst.post(f"{base}/acls", {"acl": "Run queries"}),
        analyst.delete(f"{base}/roles/Viewer"),
        analyst.delete(f"{base}/acls/Run queries"),
    ):
        refusal(answer, 403, "permission_missing")


def test_unknown_right_is_named_with_those_that_there_are(staff: Staff) -> None:
    manager, viewer = staff.person("Manager"), staff.person("Viewer")
    base = f"/api/users/{viewer.user_id}"
    answer = manager.post(f"{base}/roles", {"role": "Boss"})
    assert "Analyst" in refusal(answer, 404, "not_found")
    answer = manager.post(f"{base}/acls", {"acl": "Fly"})
    assert "Run queries" in refusal(answer, 404, "not_found")


def test_admin_makes_an_admin_and_takes_it_back(house: Served, staff: Staff) -> None:
    viewer = staff.person("Viewer")
    base = f"/api/users/{viewer.user_id}"
    data(house.admin.post(f"{base}/acls", {"acl": "System admin"}))
    data(house.admin.delete(f"{base}/acls/System admin"))
    assert data(house.admin.get(base))["permissions"] == []
