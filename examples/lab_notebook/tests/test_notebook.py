"""Who sees, writes and shares what in the notebook."""

import base64
from collections.abc import Iterator

import pytest
import requests

from baselayer.app.access import needs_of
from baselayer.app.controls.checking import check_policies
from baselayer.app.models import Base
from lab_notebook import notes, projects
from people import Lab, data

SECRET = b"\x00\x01 not text"


@pytest.fixture
def project(lab: Lab) -> Iterator[int]:
    """A project of mira's that nobody else sees yet."""
    ident = lab.mira.post("/lab/projects", name="crystals")["id"]
    yield ident
    lab.mira.call("DELETE", f"/lab/projects/{ident}")


def share(lab: Lab, project: int, *, can_write: bool) -> None:
    groups = [{"group_id": lab.team_id, "can_write": can_write}]
    data(lab.mira.call("PUT", f"/lab/projects/{project}/shares", {"groups": groups}))


def refused(answer: requests.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["data"]["code"]) == (status, code), answer.text


def test_project_is_its_owners_until_it_is_shared(lab: Lab, project: int) -> None:
    path = f"/lab/projects/{project}"
    assert lab.mira.get(path)["name"] == "crystals"
    assert lab.adam.get(path)["name"] == "crystals"
    for stranger in (lab.noor, lab.odd):
        refused(stranger.call("GET", path), 404, "not_found")
        assert stranger.get("/lab/projects")["items"] == []
    share(lab, project, can_write=False)
    assert [item["id"] for item in lab.noor.get("/lab/projects")["items"]] == [project]
    refused(lab.odd.call("GET", path), 404, "not_found")


def test_what_is_hidden_looks_like_what_is_not_there(lab: Lab, project: int) -> None:
    hidden = lab.odd.call("GET", f"/lab/projects/{project}")
    absent = lab.odd.call("GET", "/lab/projects/999999")
    assert hidden.content == absent.content


def test_only_the_owner_changes_shares_and_deletes(lab: Lab, project: int) -> None:
    share(lab, project, can_write=True)
    path = f"/lab/projects/{project}"
    refused(lab.noor.call("PATCH", path, {"name": "mine"}), 403, "access_denied")
    refused(lab.noor.call("PUT", f"{path}/shares", {"groups": []}), 403, "access_denied")
    refused(lab.noor.call("DELETE", path), 403, "access_denied")
    assert data(lab.mira.call("PATCH", path, {"name": "salts"}))["name"] == "salts"


def test_project_is_not_shared_with_a_group_of_others(lab: Lab, project: int) -> None:
    foreign = lab.adam.post("/api/groups", name="board")["id"]
    body = {"groups": [{"group_id": foreign, "can_write": True}]}
    refused(lab.mira.call("PUT", f"/lab/projects/{project}/shares", body), 403, "access_denied")
    assert lab.mira.get(f"/lab/projects/{project}/shares") == {"groups": []}


def test_who_may_read_may_not_write(lab: Lab, project: int) -> None:
    share(lab, project, can_write=False)
    path = f"/lab/projects/{project}/notes"
    refused(lab.noor.call("POST", path, {"title": "x"}), 403, "access_denied")
    share(lab, project, can_write=True)
    assert lab.noor.post(path, title="x")["is_draft"]


def test_draft_is_its_authors_alone(lab: Lab, project: int) -> None:
    share(lab, project, can_write=True)
    listed = f"/lab/projects/{project}/notes"
    note = lab.noor.post(listed, title="growth", text="slow")
    path = f"/lab/notes/{note['id']}"
    refused(lab.mira.call("GET", path), 404, "not_found")
    assert lab.mira.get(listed) == []
    data(lab.noor.call("PATCH", path, {"is_draft": False}))
    assert lab.mira.get(path)["text"] == "slow"
    refused(lab.mira.call("PATCH", path, {"text": "fast"}), 403, "access_denied")


def test_author_who_loses_the_project_loses_the_right_to_change(lab: Lab, project: int) -> None:
    share(lab, project, can_write=True)
    path = f"/lab/notes/{lab.noor.post(f'/lab/projects/{project}/notes', title='x')['id']}"
    data(lab.mira.call("PUT", f"/lab/projects/{project}/shares", {"groups": []}))
    refused(lab.noor.call("PATCH", path, {"text": "y"}), 403, "access_denied")


def test_file_goes_with_its_note(lab: Lab, project: int) -> None:
    share(lab, project, can_write=True)
    note = lab.noor.post(f"/lab/projects/{project}/notes", title="x")["id"]
    content = base64.b64encode(SECRET).decode()
    files = f"/lab/notes/{note}/attachments"
    made = lab.noor.post(files, name="run 1.bin", content=content)
    path = f"/lab/attachments/{made['id']}"
    answer = lab.noor.call("GET", path)
    assert (answer.content, answer.headers["Content-Type"]) == (SECRET, made["media_type"])
    refused(lab.mira.call("GET", path), 404, "not_found")
    data(lab.noor.call("PATCH", f"/lab/notes/{note}", {"is_draft": False}))
    assert lab.mira.call("GET", path).content == SECRET
    assert [file["name"] for file in lab.mira.get(files)] == ["run 1.bin"]
    refused(lab.mira.call("DELETE", path), 403, "access_denied")
    refused(lab.odd.call("GET", path), 404, "not_found")
    data(lab.noor.call("DELETE", f"/lab/notes/{note}"))
    refused(lab.noor.call("GET", path), 404, "not_found")


def test_bad_input_is_told_and_nothing_is_lost(lab: Lab, project: int) -> None:
    refused(lab.mira.call("POST", "/lab/projects", {"name": "crystals"}), 409, "conflict")
    refused(lab.mira.call("POST", "/lab/projects", {"nmae": "x"}), 422, "request_invalid")
    body = {"name": "x", "content": "no base64!"}
    note = lab.mira.post(f"/lab/projects/{project}/notes", title="x")["id"]
    refused(lab.mira.call("POST", f"/lab/notes/{note}/attachments", body), 422, "request_invalid")
    assert lab.mira.get(f"/lab/notes/{note}/attachments") == []


def test_notebook_stands_beside_what_baselayer_serves(lab: Lab) -> None:
    described = requests.get(f"{lab.mira.base}/openapi.json", timeout=60).json()
    assert {"/lab/projects", "/lab/attachments/{id}", "/api/connections"} <= set(described["paths"])
    refused(requests.get(f"{lab.mira.base}/lab/projects", timeout=60), 401, "unauthenticated")


def test_every_act_is_in_the_audit(lab: Lab, project: int) -> None:
    actions = {line["action"] for line in lab.adam.get("/api/audit?limit=1000")["items"]}
    assert {"project.create", "project.share"} <= actions


def test_every_policy_compiles_and_every_route_says_who_may_call() -> None:
    check_policies(Base.registry)
    for route in [*projects.routes, *notes.routes]:
        assert all(needs_of(function) for _, function in route.operations().values())
