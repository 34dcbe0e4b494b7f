"""The OpenAPI document: valid, whole, and true to the routes."""

from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from baselayer.app.app_server import all_routes
from baselayer.app.openapi.build import build

DOCUMENT: dict[str, Any] = build(all_routes(), title="test", version="1")


def test_document_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_every_route_is_in_it_with_who_may_call_it() -> None:
    for route in all_routes():
        item = DOCUMENT["paths"][route.path]
        for method in route.operations():
            assert item[method]["summary"]
            assert "May be called by: " in item[method]["description"]
            assert item[method]["responses"]["default"]
        assert {p["name"] for p in item.get("parameters", [])} == set(route.names)


def test_operations_have_names_of_their_own() -> None:
    names = [
        operation["operationId"]
        for item in DOCUMENT["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert len(names) == len(set(names))


ENTRANCES = ("/api/setup", "/api/invitations/offer", "/api/invitations/accept")


def test_open_routes_ask_for_nothing_and_others_for_a_token() -> None:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                is_open = not path.startswith("/api/") or path in ENTRANCES
                assert operation["security"] == ([] if is_open else [{"token": []}])


def test_no_answer_has_a_field_for_a_secret() -> None:
    requests = {"ConnectionCreate", "ConnectionUpdate", "LoginRequest", "SetupRequest"}
    requests |= {"InvitationAccept"}
    for name, schema in DOCUMENT["components"]["schemas"].items():
        fields = set(schema.get("properties", {}))
        if name not in requests:
            assert not fields & {"password", "tls_key", "sealed_password", "value_hash"}, name


def test_every_reference_leads_somewhere() -> None:
    def references(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    schemas = DOCUMENT["components"]["schemas"]
    for reference in references(DOCUMENT):
        assert reference.rpartition("/")[2] in schemas
