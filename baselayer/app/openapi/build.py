"""build: the OpenAPI 3.1 document of a list of routes."""

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from baselayer.app.access import ANYBODY, needs_of
from baselayer.app.openapi.routes import Operation, Route

REF = "#/components/schemas/{model}"
ERROR = {
    "type": "object",
    "required": ["status", "message", "data"],
    "properties": {
        "status": {"const": "error"},
        "message": {"type": "string"},
        "data": {
            "type": "object",
            "required": ["code"],
            "properties": {"code": {"type": "string"}},
        },
    },
}


def build(routes: Sequence[Route], *, title: str, version: str) -> dict[str, Any]:
    """Return the document; every operation names who may call it."""
    schemas = _schemas(routes)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": {route.path: _path(route) for route in routes},
        "components": {
            "schemas": {**schemas, "Error": ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _models(routes: Sequence[Route]) -> list[type[BaseModel]]:
    found: dict[type[BaseModel], None] = {}
    for route in routes:
        for declared, _ in route.operations().values():
            for model in (declared.request, declared.parameters):
                if model is not None:
                    found[model] = None
    return list(found)


def _schemas(routes: Sequence[Route]) -> dict[str, Any]:
    _, requests = models_json_schema(
        [(model, "validation") for model in _models(routes)], ref_template=REF
    )
    schemas: dict[str, Any] = dict(requests.get("$defs", {}))
    for route in routes:
        for declared, _ in route.operations().values():
            if declared.response is not None:
                schema = TypeAdapter(declared.response).json_schema(
                    ref_template=REF, mode="serialization"
                )
                schemas.update(schema.pop("$defs", {}))
                schemas[_name(declared.response)] = schema
    return dict(sorted(schemas.items()))


def _name(response: Any) -> str:
    """Return a name of its own for every response: `list_TokenRead` for a list of tokens."""
    items = [item.__name__ for item in get_args(response)]
    name = "_".join([str(getattr(response, "__name__", response)), *items])
    return "".join(c if c.isalnum() else "_" for c in name).strip("_")


def _path(route: Route) -> dict[str, Any]:
    item: dict[str, Any] = {
        method: _operation(declared, function, method, route)
        for method, (declared, function) in route.operations().items()
    }
    if route.names:
        item["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in route.names
        ]
    return item


def _operation(declared: Operation, function: Any, method: str, route: Route) -> dict[str, Any]:
    needs = needs_of(function) or ANYBODY
    item: dict[str, Any] = {
        "summary": declared.summary,
        "description": f"May be called by: {needs}.",
        "operationId": f"{method}_{'_'.join(p.strip('{}.') for p in route.path.split('/') if p)}",
        "responses": _responses(declared),
        "security": [] if needs == ANYBODY else [{"token": []}],
    }
    if declared.request is not None:
        schema = {"$ref": REF.format(model=declared.request.__name__)}
        content = {"application/json": {"schema": schema}}
        item["requestBody"] = {"required": True, "content": content}
    if declared.parameters is not None:
        item["parameters"] = _parameters(declared.parameters)
    return item


def _parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": described}
        for name, described in schema["properties"].items()
    ]


def _responses(declared: Operation) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if declared.media_type == "application/json":
        data = {"$ref": REF.format(model=_name(declared.response))} if declared.response else {}
        properties = {"status": {"const": "success"}, "data": data}
        envelope = {"type": "object", "required": ["status", "data"], "properties": properties}
        body = {"application/json": {"schema": envelope}}
    else:
        body = {declared.media_type: {}}
    error = {"application/json": {"schema": {"$ref": REF.format(model="Error")}}}
    return {
        str(declared.status): {"description": "Done.", "content": body},
        "default": {"description": "Refused or failed; docs/errors.md.", "content": error},
    }
